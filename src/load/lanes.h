/*
 * The lanes of a load (load/lane_map.h), and the writers that drive them.
 *
 * Each lane has a sink, and the batches whose items that still has, so items
 * come out of a lane in the order they were given. Sinks that never block share
 * one writer, which polls for all of them; each sink that blocks has a writer
 * to itself.
 *
 * The pipeline owns it. lanes_take(): one call at a time; lanes_starve(),
 * lanes_close(): any thread; all else: the thread that made it. Nothing here
 * fails: a server that stays away becomes an outcome of items, and without
 * memory or descriptors the process ends.
 */
#ifndef LOAD_LANES_H
#define LOAD_LANES_H

#include <stdbool.h>

#include "settings/settings.h"
#include "load/batch.h"
#include "load/ledger.h"
#include "memc/shard_map.h"
#include "sink/sink.h"

struct lanes;

/* What lanes are made of; all outlives them. */
struct lanes_input {
    const struct settings *settings;
    const struct shards *shards;
    const struct sink_type *sink; /* where items go */
    struct batch_pool *pool;
    struct ledger *ledger;
    /* Readable when the load is to stop; from then on what is out has
     * timeout_ms to come home, less what a call that blocks had lasted by
     * then. */
    int stop_fd;
};

/* Starts no thread. */
struct lanes *lanes_new(const struct lanes_input *input);
void lanes_free(struct lanes *lanes);

/* Threads for all writers; without it, call lanes_work(). */
void lanes_start(struct lanes *lanes);

/* Takes a packed batch; calls must be in the order of batch numbers, one at a
 * time. */
void lanes_take(struct lanes *lanes, struct batch *batch);

/* The reader waits for a batch, or no longer does: while it waits, windows that
 * are not full are sent, too. */
void lanes_starve(struct lanes *lanes, bool is_starved);

/* No more batches will come: writers end when all is done. */
void lanes_close(struct lanes *lanes);

/* Without threads: one turn of the only writer, waiting for an event when there
 * is nothing else to do. False when its work is over. */
bool lanes_work(struct lanes *lanes, bool may_wait);

/* After lanes_close(): joins all writers. False when a stop ran out of time
 * and batches were given up. */
bool lanes_join(struct lanes *lanes);

#endif
