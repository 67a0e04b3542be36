/*
 * One run of `memc_load load`: what progress, report and summary look at.
 * Owned and written by the supervisor alone; they only read it.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "settings/settings.h"
#include "load/report.h"
#include "memc/shard_map.h"
#include "run/baseline.h"
#include "input/list.h"
#include "verify/sample.h"
#include "verify/verify_result.h"
#include "verify/verify_log.h"

/* A running child. */
struct worker {
    pid_t pid;         /* 0 = the place is free */
    struct file *file; /* the list's */
    struct slot *slot; /* ours, for the whole run */
    unsigned
        *periods;  /* of each server's baseline, when it was started; ours */
    int sample_fd; /* where it hands over its sample; -1: not yet made */
};

struct run {
    const struct settings *settings;
    struct shards shards;
    struct baseline *baselines; /* a server each; NULL when none is watched */
    struct file_list files;
    struct worker *workers; /* settings->tuning.processes places */
    size_t n_workers;       /* places */
    int64_t started_ns, ended_ns;
    int exit_code;
    bool has_begun;   /* the servers were fit, files had their turns */
    bool has_fault;   /* a worker ended as a broken program does */
    bool has_evicted; /* more than --max-evictions */

    /* verification (supervise/readback.h) */
    struct sample *sample; /* of all workers that ended */
    struct verify_log
        *verify_log; /* of a full verification, shared with workers */
    struct verify_result verify; /* when is_verified */
    bool is_verified;
    const char *unverified; /* why not, for people; NULL: not asked for */

    /* of all workers that ended, from wait4(2) */
    double user_s, system_s;
    uint64_t max_rss_bytes; /* the largest worker's */
};

/* "set", "multi", "noreply"; "dry", "verify" for what stores nothing. */
const char *run_mode(const struct run *run);

/* Sums over all files that have a report. */
void run_totals(const struct run *run, struct counts *out);

/* Counts of one server: the sum over all files. */
void run_server(const struct run *run, size_t server,
    struct server_counts *out);

/* Counts of one shard: the sum over its servers and all files. */
void run_shard(const struct run *run, size_t shard, struct server_counts *out);

/* Workers at a time: --processes, but no more than there are files (if there
 * are any). */
size_t run_places(const struct run *run);

/* How many files have this status. */
size_t run_files(const struct run *run, enum file_status status);

/* Seconds from start to end; 0 for what did not begin or has not ended. */
double run_elapsed_s(const struct run *run);
double file_elapsed_s(const struct file *file);

#endif
