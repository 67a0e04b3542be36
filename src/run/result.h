/*
 * What a run came to: immutable, complete, and without ties to the run, the
 * inputs or the servers it came from. The report, the summary and whatever
 * keeps a history are made of it.
 *
 * Owned by whoever asked for the run; run_result_free(). Any thread may read.
 */
#ifndef RUN_RESULT_H
#define RUN_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "input/input.h"
#include "load/counts.h"
#include "load/reject_file.h"
#include "run/input_state.h"
#include "settings/settings.h"
#include "verify/verify_result.h"

struct run;

/* A file of bad lines that was written. */
struct rejects_result {
    char *path; /* NULL: there is none */
    uint64_t n_lines;
};

struct input_result {
    char *path;       /* as given or matched; "-" = standard input */
    char *base;       /* its last component; "stdin" */
    char *shown_name; /* what messages call it */
    const struct input_type *type;

    enum input_state state;
    enum input_reason reason;
    char *message;    /* "" where there is nothing to say */
    bool lacks_right; /* bad lines could not be written for want of a right */
    bool is_partial;  /* its process died: counts are of whole batches */
    struct counts counts;
    double elapsed_s;
    uint64_t lost;    /* records that were stored and are gone with a server */
    char *renamed_to; /* NULL: it has its name still */
    struct rejects_result rejects[N_REJECTS_KINDS];
};

/* What was seen of a server from first to last. */
struct server_losses {
    bool is_watched; /* it answered to the end; else restarts and evictions say
                        nothing */
    uint64_t restarts, evictions;
    uint64_t reloaded; /* items stored there again after a restart */
    uint64_t lost;     /* items that it lost and were not stored again */
};

struct server_result {
    char *address;
    struct server_counts counts;
    struct server_losses losses;
    bool is_away; /* did not answer the probe, or was given up */
};

struct shard_result {
    char *name;
    char *address; /* of all its servers, with commas between */
    struct server_counts counts;
    struct server_losses losses;
    size_t first_server, n_servers;
};

struct run_result {
    enum purpose purpose;
    enum mode mode;
    int exit_code;
    bool has_begun; /* inputs had their turns: there is something to report */

    double elapsed_s;
    double user_s, system_s; /* of all processes at inputs */
    uint64_t max_rss_bytes;  /* the largest one's */

    struct counts totals;
    struct input_result *inputs;
    size_t n_inputs;
    struct shard_result *shards;
    size_t n_shards;
    struct server_result *servers; /* of all shards, in their order */
    size_t n_servers;

    bool is_verified;
    struct verify_result verify; /* when is_verified */
    const char *unverified;      /* why not, static; NULL: not asked for */
};

/* Of a run that has ended; what it holds may then be released. */
struct run_result *run_result_new(const struct run *run, int exit_code);
/* Of one that could not even be begun. */
struct run_result *run_result_of_none(const struct settings *settings,
    int exit_code);
void run_result_free(struct run_result *result);

/* How many inputs have this word: done counts DONE and FINISHED. */
size_t run_result_count(const struct run_result *result,
    enum input_state state);

#endif
