/*
 * Sends requests that were built before as a loader would: a window to each
 * server in turn, and a fence at the end.
 *
 * Blocks; one thread a file, with connections of its own. ERR_PEER when a
 * server does not answer or refuses a request.
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
