/*
 * The floors: what no loader can do without, each alone on the same cores
 * (bench_result.h), so that every result can be held against them.
 *
 * Each runs in a process of its own, a thread a file, as many at a time as
 * there are cores. What is timed begins when the process is ready: of the
 * servers' floor, when all requests were built. One thread.
 */
#ifndef BENCH_FLOORS_H
#define BENCH_FLOORS_H

#include "bench/child.h"
#include "bench/data.h"
#include "bench/bench_result.h"
#include "settings/settings.h"
#include "memc/shard_map.h"

/* All but the servers' CPU; failures are told in the run. shards: those that
 * the lines go to; of FLOOR_SERVERS with the servers' facts. True when a stop
 * was asked for: the run is nothing then. */
bool floors_measure(enum bench_floor_kind kind, const struct bench_data *data,
    const struct settings *settings, const struct shards *shards,
    struct waiter *waiter, struct bench_run *run);

#endif
