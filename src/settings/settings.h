/*
 * WHAT to do: every setting of a run, frozen before work starts.
 *
 * settings_defaults() fills it, options (options.h) and the config file change
 * it, settings_finish() checks it as a whole and works out what depends on
 * several settings. Two things come from rooms above this one and are set then
 * by cmd/complete.c: the compiled mapping and the size of the sample. After
 * that it is const for everyone: commands, supervisor, workers and all their
 * threads. The core never sees argv or the environment. Owned by main();
 * settings_release() frees what it holds. Each field's comment names its
 * option; its default, range and type are in the option's row (option.h).
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "settings/purpose.h"
#include "settings/shard_spec.h"
#include "settings/words.h"

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

/* More is a matter for --verify all: a sample is held in memory. */
enum { VERIFY_MOST = 10000000 };

struct yaml_file; /* base/yaml.h */
struct mapping;   /* record/mapping.h, which is none of this room's */

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

/* As many as options that can be swept (sweeps.c). */
enum { MAX_SWEEPS = 7 };

struct bench_settings {
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

/* What is read, and what a line may be. */
struct input_settings {
    struct words patterns; /* --pattern */
    struct words files;    /* FILE..., or KEY... of `get` */
    bool rename;           /* off by --no-rename */
    int64_t settle_ms;     /* --settle (seconds there) */
    const char *inflate;   /* --inflate: "isal" or "zlib" */

    /*
     * What the columns mean: the file whose sections input, record, key and
     * route say it (--mapping, else --config), as it was read; NULL = the
     * default record's, which is built in.
     */
    char *mapping_path;
    struct yaml_file *mapping_file;
    struct words columns; /* --columns; none = the mapping's own */
    bool skip_header;     /* --skip-header */
    /* all that, compiled: settings_set_mapping() */
    const struct mapping *mapping;
    uint32_t flags; /* its: what memcached keeps beside each value */

    bool strict;           /* --strict */
    size_t max_line_bytes; /* --max-line */
    bool rejects;          /* bad lines go to files; off by --no-rejects */
    char *rejects_dir;     /* --rejects; NULL = beside the input */
};

/* Where it goes, and what must be there before. */
struct server_settings {
    struct shard_spec *shards; /* --shard --idfa --gaid --adid --dvid */
    size_t n_shards;
    struct shard_spec *default_shards; /* `servers:`; until settings_finish() */
    size_t n_default_shards;
    bool has_section;      /* a file has `servers:` */
    bool degraded;         /* --degraded */
    bool require_capacity; /* --require-capacity */
    uint64_t ttl_s;        /* --ttl; 0 = none */
};

/* How fast: what bench measures. */
struct tuning_settings {
    enum mode mode;       /* --mode */
    unsigned processes;   /* --processes; 0 until settings_finish() */
    unsigned threads;     /* --threads: packing; 0 = all in one thread */
    unsigned connections; /* --connections: a server and process */
    size_t batch_lines;   /* --batch */
    size_t window_bytes;  /* --window */
};

/* How long to try, and when a file has failed. */
struct failure_settings {
    unsigned retries;           /* --retries: of refused items */
    int64_t retry_delay_ms;     /* --retry-delay */
    int64_t timeout_ms;         /* --timeout */
    int64_t max_outage_ms;      /* --max-outage (seconds there) */
    enum on_restart on_restart; /* --on-restart */
    bool canary;                /* off by --no-canary */
    uint64_t max_evictions;     /* --max-evictions; UINT64_MAX = any */
    double max_error_rate;      /* --max-error-rate */
};

/* What is read back. */
struct verification_settings {
    uint64_t n;         /* --verify N, or as --margin needs; 0 = none */
    bool all;           /* --verify all */
    double margin;      /* --margin; 0 = none */
    double confidence;  /* --confidence */
    double min_success; /* --min-success; below 0 = none */
    uint64_t seed;      /* --seed; without it another one each time */
    bool has_seed;
};

/* What people see. */
struct output_settings {
    char *log_path;              /* --log; NULL = standard error */
    char *summary_path;          /* --summary; "-" = standard output */
    char *config_path;           /* --config */
    bool verbose;                /* -v */
    bool quiet;                  /* -q */
    enum progress_when progress; /* --progress */
};

struct explain_settings {
    uint64_t lines; /* --lines */
};

struct init_settings {
    char *output_name; /* --output; NULL = by the file's name */
};

struct settings {
    struct input_settings input;
    struct server_settings servers;
    struct tuning_settings tuning;
    struct failure_settings failure;
    struct verification_settings verification;
    struct output_settings output;
    bool dry;             /* --dry; for `purpose` alone */
    enum purpose purpose; /* by the command, and --dry */

    /* of one command each */
    struct explain_settings explain;
    struct init_settings init;
    struct bench_settings bench;

    /* as they were set: those of the config file first */
    struct given *given;
    size_t n_given;
};

/* What every option's row says where nothing is given (defaults.c). */
void settings_defaults(struct settings *settings);
void settings_release(struct settings *settings);

/*
 * Adds or replaces one shard: "NAME=ADDR[,ADDR…]". -1 with ERR_USAGE, and the
 * settings are as before. The default shards, those of `servers:` in the file
 * of the mapping or the config, come in at settings_finish(), while every shard
 * set is one of them (shards.c).
 */
int settings_set_shard(struct settings *settings, const char *spec,
    struct err *err);

/*
 * Checks the settings against each other and fills in what follows from them
 * (default pattern, default shards, processes by cores). -1 with ERR_USAGE.
 * Once, when all options are set (finish.c).
 */
int settings_finish(struct settings *settings, struct err *err);

/*
 * What rooms above this one make of finished settings, set once, before the
 * settings are const: the mapping, which stays the caller's and must outlive
 * them, with the flags of its items; and how many items --margin needs.
 */
void settings_set_mapping(struct settings *settings,
    const struct mapping *mapping, uint32_t flags);
void settings_set_sample(struct settings *settings, uint64_t n);

/* For a mapping that routes by hash: is there but one shard? -1 with ERR_USAGE,
 * and what to do. After settings_finish(). */
int settings_check_one_shard(const struct settings *settings, struct err *err);

/* Notes that this option was set, for bench, which starts loads like this. */
void settings_note(struct settings *settings, const struct option *option,
    const char *value);

/*
 * --ttl as memcached wants it: 0 for never; seconds up to 30 days; above that
 * the time since 1970, because a longer relative one would be taken for a time
 * long past and the item dropped at once. now_s: by the server's clock, which
 * may be wrong, but is the one that items expire by.
 */
uint32_t settings_exptime(const struct settings *settings, int64_t now_s);

/* Is anything to be read back? */
static inline bool
settings_verifies(const struct settings *settings)
{
    return settings->verification.n > 0 || settings->verification.all ||
           settings->verification.margin > 0;
}

/* Cores that this process may run on. */
unsigned settings_cores(void);

/* "set", "multi", "noreply". */
const char *mode_name(enum mode mode);

/* The same, or "dry", "verify" for purposes that store nothing. */
const char *settings_mode_word(const struct settings *settings,
    enum purpose purpose);

#endif
