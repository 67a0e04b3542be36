/*
 * The writers: threads that drive the sinks.
 *
 * A lane is one ordered way to a server: a sink, and the batches whose items
 * it still has. Lane = server x connections + hash of the key, so a key always
 * travels on the same one. Sinks that never block share one writer, which
 * polls for all of them; each sink that blocks has a writer to itself.
 */
#ifndef LOAD_LANES_H
#define LOAD_LANES_H

#include <stdbool.h>

#include "settings/settings.h"
#include "load/batch.h"
#include "load/ledger.h"
#include "memc/shard_map.h"

struct lanes;

/* How many lanes such a job has, and whose server each is. */
size_t lanes_count(const struct settings *settings,
    const struct shards *shards);
size_t lanes_server(const struct settings *settings, size_t lane);
/* The lane of a key at this server. */
size_t lanes_find(const struct settings *settings, size_t server,
    uint64_t key_hash);

/*
 * stop_fd becomes readable when the run is to stop; from then on what is out
 * has timeout_ms to come home, less what a call that blocks had lasted by then.
 * Starts no thread.
 */
struct lanes *lanes_new(const struct settings *settings, enum purpose purpose,
    const struct shards *shards, struct batch_pool *pool, struct ledger *ledger,
    int stop_fd);
void lanes_free(struct lanes *lanes);

/* Threads for all writers; without it, call lanes_work(). */
void lanes_start(struct lanes *lanes);

/* Takes a packed batch; calls must be in the order of batch numbers, one at a
 * time. */
void lanes_take(struct lanes *lanes, struct batch *batch);

/* The reader waits for a batch, or not any more: windows at hand are closed. */
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
