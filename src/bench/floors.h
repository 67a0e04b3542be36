/*
 * The floors: the steps that every loader needs, each measured alone on the
 * same cores (bench_result.h), to compare the loads with.
 *
 * Each runs in a process of its own, a thread a file, as many at a time as
 * there are cores. Its time begins when the process is ready: for the servers'
 * floor, when all requests are built. One thread.
 */
#ifndef BENCH_FLOORS_H
#define BENCH_FLOORS_H

#include "bench/bench_result.h"
#include "bench/child.h"
#include "bench/data.h"
#include "memc/shard_map.h"
#include "settings/settings.h"

/* Fills in the run, but for the CPU of the servers; a failure is in the run.
 * shards: those of the lines; for FLOOR_SERVERS with the servers' facts. True
 * when a stop was asked for: then the run must not be used. */
bool floors_measure(enum bench_floor_kind kind, const struct bench_data *data,
    const struct settings *settings, const struct shards *shards,
    struct waiter *waiter, struct bench_run *run);

#endif
