/*
 * The loads that are measured: this program run as users run it, `memc_load
 * load`, with --no-rename and --no-rejects.
 *
 * What it did is read from its summary and compared with the first load: a run
 * that did not store as much has failed, with a reason. One thread.
 */
#ifndef BENCH_LOADS_H
#define BENCH_LOADS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/bench_result.h"
#include "bench/child.h"
#include "bench/data.h"
#include "bench/work_dir.h"
#include "memc/shard_map.h"
#include "settings/settings.h"

struct loads {
    int program_fd;
    const struct work_dir *work_dir;
    const char *mapping_path; /* NULL: the built-in one */
    const struct bench_results *results;
    struct bench_data *data; /* its lines are set by the first good run */
    bool knows_good;
    uint64_t good;      /* items that each run must store or send */
    uint64_t evictions; /* most of any run */
};

/* Opens the program, so that its file may be replaced meanwhile. */
int loads_open(struct loads *loads, struct err *err);
void loads_close(struct loads *loads);

/*
 * One load with that setting. Fills in the run, but for the CPU of the servers;
 * a failure is in the run. own: the shards on the benchmark's own servers, NULL
 * for those that the user named. True when a stop was asked for: then the run
 * must not be used.
 */
bool loads_measure(struct loads *loads, size_t setting,
    const struct shards *own, struct waiter *waiter, struct bench_run *run);

#endif
