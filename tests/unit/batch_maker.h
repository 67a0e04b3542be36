/*
 * Batches of items made by hand, as a packer would have made them, of a real
 * pool; for tests of what happens to a batch after that.
 */
#ifndef UNIT_BATCH_MAKER_H
#define UNIT_BATCH_MAKER_H

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "default_mapping.h"
#include "load/batch.h"
#include "load/lane_map.h"

enum { MAKER_LINES = 64 };

/* n shards of one address each, where nobody listens. */
static inline void
maker_shards(struct shards *shards, size_t n)
{
    static char texts[8][16] = {"unix:/0", "unix:/1", "unix:/2", "unix:/3",
        "unix:/4", "unix:/5", "unix:/6", "unix:/7"};
    static struct address addresses[8];

    must(n <= 8);
    shards_init(shards);
    for (size_t i = 0; i < n; i++) {
        addresses[i] = (struct address){
            .text = texts[i], .host = texts[i] + 5, .is_unix = true};
        shards_add(shards, texts[i] + 6, &addresses[i], 1);
    }
}

/* Of small batches; the mapping is the default record's. */
static inline struct settings
maker_settings(unsigned connections, unsigned threads)
{
    struct settings settings = {
        .tuning = {.connections = connections,
            .threads = threads,
            .batch_lines = MAKER_LINES},
        .failure = {.timeout_ms = 20000},
        .input = {.max_line_bytes = 1000, .mapping = default_mapping()},
    };

    return settings;
}

/* An empty batch of the pool, which must have one. */
static inline struct batch *
maker_batch(struct batch_pool *pool, uint64_t number)
{
    struct batch *batch = batch_pool_get(pool, false);

    must(batch);
    batch->number = number;
    batch->block.n_lines = 0;
    batch->block.first_line = (number - 1) * MAKER_LINES + 1;
    memcpy(batch->block.text, "a row", 5);
    return batch;
}

/* One more line of the batch. */
static inline size_t
maker_line(struct batch *batch)
{
    must(batch->block.n_lines < MAKER_LINES);
    batch->block.lines[batch->block.n_lines] = (struct line){.n_bytes = 5};
    batch->counts.lines++;
    return batch->block.n_lines++;
}

/* A line that becomes an item of this lane. */
static inline struct item *
maker_item(struct batch *batch, size_t lane, const char *key, const char *value)
{
    size_t key_bytes = strlen(key), value_bytes = strlen(value);
    struct item *item = batch_item(batch, lane, key_bytes + value_bytes);

    memset(item, 0, sizeof(*item));
    item->line = (uint32_t)maker_line(batch);
    item->key_bytes = (uint8_t)key_bytes;
    item->value_bytes = (uint32_t)value_bytes;
    item->key_hash = (uint32_t)hash_bytes(key, key_bytes);
    memcpy(item->bytes, key, key_bytes);
    memcpy(item->bytes + key_bytes, value, value_bytes);
    batch_append(batch, lane, item);
    return item;
}

#endif
