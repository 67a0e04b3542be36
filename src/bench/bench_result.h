/*
 * What a benchmark measured: settings, single runs, floors, and the figures
 * computed from them.
 *
 * Runs and floors are added while measuring; table, files, plot and
 * recommendation only read them. struct bench_results is the caller's,
 * zero-initialised is empty; its pointers are freed by bench_results_release(),
 * except for those that are static. All functions work after any run, also when
 * the benchmark was interrupted or runs failed.
 *
 * Seconds, bytes, lines; CPU is user and system time. One thread. Memory that
 * runs out ends the process.
 */
#ifndef BENCH_BENCH_RESULT_H
#define BENCH_BENCH_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* As many as there are options that can be swept. */
enum { BENCH_MAX_SWEEPS = 7 };

/* --sweep OPTION=VALUE,...: values as typed, each good for that option. */
struct bench_sweep {
    const char *option; /* long name without dashes, static */
    char **values;
    size_t n_values;
};

/* A combination: one value of every sweep. */
struct bench_setting {
    size_t value[BENCH_MAX_SWEEPS]; /* by sweep: index into its values */
};

/* A load, from its fork to its end, or a floor. Warm-up runs are not kept. */
struct bench_run {
    size_t setting; /* index into the settings; of a floor: 0 */
    unsigned round; /* from 0 */
    size_t order;   /* from 0: its place in time among all runs and floors */
    double wall_s;
    double client_user_s, client_system_s; /* the program and its workers */
    double server_cpu_s;                   /* of all servers; < 0: not known */
    uint64_t peak_rss_bytes; /* of its largest process; 0: not known */
    uint64_t lines;          /* that were loaded, packed or inflated */
    uint64_t text_bytes;     /* inflated */
    uint64_t gz_bytes;       /* of the files */
    bool failed;             /* it is listed, but its figures do not count */
    char why[256];           /* why it failed; one line */
};

/* The steps that every loader needs, each measured alone on the same cores. */
enum bench_floor_kind {
    FLOOR_INFLATE, /* the files inflated */
    FLOOR_PACK,    /* inflated, lines, records, values */
    FLOOR_SERVERS, /* requests built beforehand sent to the servers */
    N_FLOORS
};

struct bench_floor {
    struct bench_run *runs; /* in the order made */
    size_t n_runs;          /* 0: not measured */
};

/* What it ran on (machine.h fills it in); "": not known. */
struct bench_machine {
    char cpu[128];
    unsigned cores; /* that this process may run on */
    uint64_t memory_bytes;
    char kernel[256];   /* "Linux 6.1.0-18-amd64 x86_64" */
    char memcached[64]; /* version; of the servers that were used */
    char libmemcached[64];
    char protobuf_c[64];
    char zlib[64];
    char isal[64]; /* "" where not built in */
};

/* An option of load in all runs; value NULL: it takes none. */
struct bench_option {
    const char *name; /* long name without dashes, static */
    char *value;
};

struct bench_results {
    struct bench_sweep sweeps[BENCH_MAX_SWEEPS]; /* the first is the x axis */
    size_t n_sweeps; /* 0: one setting, the one given */
    struct bench_setting *settings;
    size_t n_settings;
    struct bench_run *runs; /* in the order made, failed ones too */
    size_t n_runs;
    struct bench_floor floors[N_FLOORS];

    unsigned rounds; /* wanted (--repeat) */
    uint64_t seed;   /* of the order, and of generated data */
    bool is_interrupted;

    /* the data: each run loads all of it */
    size_t n_files;
    bool is_generated;
    uint64_t lines;
    char **operands; /* FILEs as the user gave them; none when generated */
    size_t n_operands;

    size_t n_servers;
    bool has_own_servers; /* else the user named them */

    /* What the user set for all runs, in the order given, with the names of
     * the servers; neither swept options nor those that bench itself sets. */
    struct bench_option *options;
    size_t n_options;

    /* YAML: the sections of the mapping, and `servers:`; empty when no file has
     * them */
    struct text mapping, servers;
    /* " --mapping FILE": the files that have them, for a shell */
    struct text file_words;

    char *command_line; /* of the benchmark, for a shell */
    int64_t started_s;  /* since 1970 */
    double elapsed_s;
    struct bench_machine machine;
};

void bench_results_release(struct bench_results *results);

/* Adds a copy of the run to the runs, or to those of a floor. */
void bench_add_run(struct bench_results *results, const struct bench_run *run);
void bench_add_floor(struct bench_results *results, enum bench_floor_kind kind,
    const struct bench_run *run);

/* "inflate", "pack", "servers" */
const char *bench_floor_name(enum bench_floor_kind kind);

/* The value of that sweep in that setting, as typed. */
const char *bench_value(const struct bench_results *results, size_t setting,
    size_t sweep);

/* "processes=2 mode=multi"; without sweeps "as given". The caller frees it. */
char *bench_setting_text(const struct bench_results *results, size_t setting);

/* Every run and floor, failed ones too, in the order made. The caller frees
 * the array. */
struct bench_in_order {
    const char *floor; /* its name; NULL: a load */
    const struct bench_run *run;
};
struct bench_in_order *bench_in_order(const struct bench_results *results,
    size_t *n);

/* ------------------------------------------------------------- figures --- */

/* Of n numbers; all 0 for n = 0. The median of an even n is the mean of the
 * two in the middle. */
struct bench_figure {
    double median, min, max;
    size_t n;
};

struct bench_figure bench_figure_of(const double *numbers, size_t n);

/* A number of one run; 0 where it cannot be computed. */
double bench_lines_per_s(const struct bench_run *run);
double bench_text_mb_per_s(const struct bench_run *run); /* 10^6 bytes */
double bench_client_cpu(const struct bench_run *run);    /* s a million lines */
double bench_server_cpu(const struct bench_run *run);    /* likewise; < 0: ? */

/* The figures of the good runs of one setting. */
struct bench_row {
    size_t setting;
    size_t n_failed;
    size_t n_runs; /* good ones; 0: the figures are 0 */
    struct bench_figure lines_per_s, wall_s;
    struct bench_figure client_cpu, server_cpu; /* .n = 0: not known */
    double text_mb_per_s;                       /* median */
    uint64_t peak_rss_bytes;                    /* of any run */
    double share; /* of the ceiling, by medians; 0: there is no ceiling */
};

/*
 * All settings that were run, the fastest by median first, those without a good
 * run last. The caller frees the array; NULL and *n = 0 when nothing was run.
 */
struct bench_row *bench_rows(const struct bench_results *results, size_t *n);

/* A floor's figures, as of a setting; false when no run of it was good. */
bool bench_floor_row(const struct bench_results *results,
    enum bench_floor_kind kind, struct bench_row *row);

/*
 * The lines per second that no setting can be expected to exceed: those of the
 * slowest floor (*kind), since every load has to do that step and the floor had
 * the machine to itself. 0 when none was measured. It is a measurement too, so
 * a share slightly over 1 is possible and shown as it is.
 */
double bench_ceiling(const struct bench_results *results,
    enum bench_floor_kind *kind);

#endif
