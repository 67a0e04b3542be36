/*
 * What was in flight on lost connections is read back, at the end of a lane's
 * work: where a late, older value won, the right one is stored again, and read
 * back once more. What cannot be settled is told, and failed.
 *
 * Called by the lane's writer, when all that the lane was given has its
 * outcome; blocks. A server that does not answer is tried again until
 * --max-outage, or, when the load is to stop, for --timeout.
 */
#ifndef LOAD_SETTLE_H
#define LOAD_SETTLE_H

#include "load/suspects.h"
#include "memc/shard_map.h"
#include "sink/sink.h"

struct settle_input {
    const struct shards *shards;
    size_t server;                    /* index in shards */
    const struct sink_config *config; /* of the lane: how long to try */
    int64_t lost_at_ms;               /* when the last connection was lost */

    /* Stores these items again, a list; false: it cannot be done. Blocks. */
    bool (*store)(void *ctx, struct item *first, struct item *last, size_t n,
        size_t n_bytes);
    void *ctx;
};

/* Returns how many keys may hold an older value. */
uint64_t settle(struct suspects *suspects, const struct settle_input *input);

#endif
