/*
 * WHAT to do: every setting of a run, frozen before work starts.
 *
 * job_defaults() fills it, options (options.h) and the config file change it,
 * job_finish() checks it as a whole and works out what depends on several
 * settings; after that it is const for everyone: supervisor, workers and all
 * their threads. The core never sees argv or the environment. Owned by the
 * command in src/cmd; job_release() frees what it holds. Each field's comment
 * names its option.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/err.h"

enum mode {
    MODE_SET,     /* a reply an item: the reference */
    MODE_MULTI,   /* windows of quiet sets closed by a fence */
    MODE_NOREPLY, /* processed, not known to be kept */
};

/* What becomes of what a server lost when it was restarted or flushed. */
enum on_restart {
    ON_RESTART_RELOAD, /* it is loaded again, for that server alone */
    ON_RESTART_FAIL,   /* it is failed, and its files with it */
};

enum progress_when { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* A list of texts, each owned. */
struct words {
    char **items;
    size_t n;
};
void words_add(struct words *words, const char *word);
void words_release(struct words *words);

/* As many as a pool can hash (POOL_MAX_SERVERS in memc/shard_map.h). */
enum { SHARD_MAX_ADDRESSES = 100 };

/* More is a matter for --verify all: a sample is held in memory. */
enum { VERIFY_MOST = 10000000 };

struct yaml_file; /* base/yaml.h */
struct mapping;   /* record/mapping.h, which is none of this room's */

/* A named part of the key space, served by one address or a pool. */
struct shard_spec {
    char *name;
    struct address *addresses;
    size_t n_addresses;
};

/* An option that was set, here or in the config file; owns its value. */
struct option;
struct given {
    const struct option *option;
    char *value; /* "true" or "false" for a flag */
};

/* Of `bench`: values of one option to try, in the order given. */
struct sweep {
    const char *option; /* long name, static */
    struct words values;
};

/* As many as options that can be swept (bench_setters.c). */
enum { MAX_SWEEPS = 7 };

struct bench_job {
    struct sweep sweeps[MAX_SWEEPS]; /* --sweep */
    size_t n_sweeps;
    unsigned repeat;         /* --repeat */
    uint64_t generate_lines; /* --generate; 0 = not given */
    bool may_fill;           /* --yes: servers that were named */
    char *json_path;         /* --json, --csv, --plot, --write-config */
    char *csv_path;          /* NULL = not wanted */
    char *plot_path;
    char *config_path;
};

struct job {
    /* input */
    struct words patterns; /* --pattern */
    struct words files;    /* FILE..., or KEY... of `get` */
    bool rename;           /* off by --no-rename, --dry */

    /*
     * What the columns mean: the file whose sections input, record, key and
     * route say it (--mapping, else --config), as it was read; NULL = the
     * default record's, which is built in.
     */
    char *mapping_path;
    struct yaml_file *mapping_file;
    struct words columns; /* --columns; none = the mapping's own */
    bool skip_header;     /* --skip-header */
    /* all that, compiled: the command's, set before anything is read */
    const struct mapping *mapping;
    uint32_t flags; /* its: what memcached keeps beside each value */

    /* servers */
    struct shard_spec *shards; /* --shard --idfa --gaid --adid --dvid */
    size_t n_shards;
    struct shard_spec *default_shards; /* `servers:`; until job_finish() */
    size_t n_default_shards;
    bool has_servers;           /* a file has that section */
    unsigned retries;           /* --retries: of refused items */
    int64_t retry_delay_ms;     /* --retry-delay */
    int64_t timeout_ms;         /* --timeout */
    int64_t max_outage_ms;      /* --max-outage (seconds there) */
    bool degraded;              /* --degraded */
    bool require_capacity;      /* --require-capacity */
    enum on_restart on_restart; /* --on-restart */
    uint64_t max_evictions;     /* --max-evictions; UINT64_MAX = any */
    uint64_t ttl_s;             /* --ttl; 0 = none */
    bool dry;                   /* --dry */

    /* concurrency */
    enum mode mode;       /* --mode */
    unsigned processes;   /* --processes; 0 until job_finish() */
    unsigned threads;     /* --threads: packing; 0 = all in one thread */
    unsigned connections; /* --connections: a server and process */
    size_t batch_lines;   /* --batch */
    size_t window_bytes;  /* --window */
    const char *inflate;  /* --inflate: "isal" or "zlib" */

    /* what a line may be */
    bool strict;           /* --strict */
    size_t max_line_bytes; /* --max-line */
    double max_error_rate; /* --max-error-rate */

    /* rejected and failed lines */
    bool rejects;      /* are written to files; off by --no-rejects */
    char *rejects_dir; /* --rejects; NULL = beside the input */

    /* verification */
    bool only_verifies; /* the command verify: nothing is stored */
    uint64_t verify_n;  /* --verify N; 0 = none, or as --margin chooses */
    bool verify_all;    /* --verify all */
    double margin;      /* --margin; 0 = none */
    double confidence;  /* --confidence */
    double min_success; /* --min-success; below 0 = none */
    uint64_t seed;      /* --seed; without it another one each time */
    bool has_seed;

    /* what people see */
    char *log_path;              /* --log; NULL = standard error */
    char *summary_path;          /* --summary; "-" = standard output */
    char *config_path;           /* --config */
    bool verbose;                /* -v */
    bool quiet;                  /* -q */
    enum progress_when progress; /* --progress */

    uint64_t explain_lines; /* --lines, of explain */
    char *output_name;      /* --output, of init; NULL = by the file's name */

    struct bench_job bench;

    /* as they were set: those of the config file first */
    struct given *given;
    size_t n_given;
};

void job_defaults(struct job *job);

/*
 * Adds or replaces one shard: "NAME=ADDR[,ADDR…]". -1 with ERR_USAGE, and the
 * job is as before. The default shards, those of `servers:` in the file of the
 * mapping or the config, come in at job_finish(), while every shard set is one
 * of them.
 */
int job_set_shard(struct job *job, const char *spec, struct err *err);

/*
 * Checks the settings against each other and fills in what follows from them
 * (default pattern, default shards, processes by cores). Once, last.
 */
int job_finish(struct job *job, struct err *err);

/* For a mapping that routes by hash: is there but one shard? -1 with ERR_USAGE,
 * and what to do. After job_finish(). */
int job_check_one_shard(const struct job *job, struct err *err);

void job_release(struct job *job);

/* Takes down that this option was set, for who starts a load like this one. */
void job_note(struct job *job, const struct option *option, const char *value);

/*
 * --ttl as memcached wants it: 0 for never; seconds up to 30 days; above that
 * the time since 1970, because a longer relative one would be taken for a time
 * long past and the item dropped at once.
 */
uint32_t job_exptime(const struct job *job, int64_t now_s);

/* Does it store anything, or only read? */
static inline bool
job_stores(const struct job *job)
{
    return !job->dry && !job->only_verifies;
}

/* Is anything to be read back? */
static inline bool
job_verifies(const struct job *job)
{
    return job->verify_n > 0 || job->verify_all || job->margin > 0;
}

/* What to say when it ends before it began. */
const char *job_undone(const struct job *job);

/* Cores that this process may run on. */
unsigned job_cores(void);

/* "set", "multi", "noreply". */
const char *mode_name(enum mode mode);

#endif
