/*
 * A run: what is known of it while it goes on. One owner, the supervisor's
 * thread; what it came to is copied out at the end (run/result.h), and nobody
 * else sees this.
 *
 * A run has one task (task.h), the load or the verification that was asked for;
 * where all of a load is read back, a second one follows it.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "memc/shard_map.h"
#include "run/baseline.h"
#include "run/task.h"
#include "settings/settings.h"
#include "verify/sample.h"
#include "verify/verify_log.h"
#include "verify/verify_result.h"

struct run {
    const struct settings *settings;
    struct shards shards;
    struct baseline *baselines; /* a server each */
    struct task task;
    int64_t started_ns, ended_ns;
    /* has a stop been asked for before that? NULL: nobody can */
    bool (*is_stopped)(void *ctx);
    void *stop_ctx;
    bool has_begun;   /* preflight passed, the task was started */
    bool has_evicted; /* more than --max-evictions */

    /* verification (supervise/readback.h) */
    struct sample *sample;         /* of all processes that ended */
    bool has_lost_sample;          /* one ended well and could not give it */
    uint64_t n_unread;             /* files that could not be read once more */
    struct verify_log *verify_log; /* of a full one, shared with processes */
    struct verify_result verify;   /* when is_verified */
    bool is_verified;
    const char *unverified; /* why not, for people; NULL: not asked for */
};

/* The shard map, of the settings' servers. Inputs come by task_take(). */
void run_init(struct run *run, const struct settings *settings);
void run_release(struct run *run);

/* Sums over all inputs that have a report. */
void run_totals(const struct run *run, struct counts *out);

/* Counts of one server: the sum over all inputs. */
void run_server(const struct run *run, size_t server,
    struct server_counts *out);

/* Seconds from start to end; 0 for what did not begin or has not ended. */
double run_elapsed_s(const struct run *run);

/* Processes at a time: --processes, but no more than there are inputs (if
 * there are any). */
size_t run_places(const struct run *run);

#endif
