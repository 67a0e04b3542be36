/*
 * The servers alone: requests that were built before are sent, as a loader
 * would, a window to each server in turn, with a fence at the end.
 *
 * Blocking, one file a thread, with connections of its own. ERR_PEER when a
 * server is not there, or refuses anything.
 */
#ifndef BENCH_FLOOR_SEND_H
#define BENCH_FLOOR_SEND_H

#include "base/err.h"
#include "bench/floor_file.h"
#include "memc/shard_map.h"

/* requests: of one file, by server. */
int floor_send_file(const struct requests *requests,
    const struct shards *shards, struct err *err);

#endif
