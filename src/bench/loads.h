/*
 * The runs that are measured: this very program, started as users start it,
 * `memc_load load`, with nothing renamed and no rejects files.
 *
 * What it did is taken from its summary and held against what was done before:
 * a run that did not store everything has failed, and says why. One thread.
 */
#ifndef BENCH_LOADS_H
#define BENCH_LOADS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/child.h"
#include "bench/data.h"
#include "bench/work_dir.h"
#include "bench/bench_result.h"
#include "settings/settings.h"
#include "memc/shard_map.h"

struct loads {
    int program_fd;
    const struct work_dir *work_dir;
    const char *mapping_path; /* NULL: that of the default record */
    const struct bench_results *results;
    struct bench_data *data; /* its lines are known after the first good run */
    bool knows_good;
    uint64_t good;      /* items that each run must store or send */
    uint64_t evictions; /* most of any run */
};

/* The program stays what it is now, though its file be replaced. */
int loads_open(struct loads *loads, struct err *err);
void loads_close(struct loads *loads);

/*
 * One load with that setting; failures are told in the run, all but the
 * servers' CPU is filled in. own: the shards on servers of ours, NULL for those
 * that the user named. True when a stop was asked for: the run is nothing then.
 */
bool loads_measure(struct loads *loads, size_t setting,
    const struct shards *own, struct waiter *waiter, struct bench_run *run);

#endif
