/*
 * The keys of a sample: as many as it has room for, found by their hash, the
 * one with the largest hash replaced first.
 *
 * An array of keys, a hash table to find them and a heap with the largest hash
 * on top; both of these hold indices into the array. For sample.c, whose lock
 * guards it, and sample_file.c. Memory that runs out ends the process.
 */
#ifndef VERIFY_SAMPLE_HEAP_H
#define VERIFY_SAMPLE_HEAP_H

#include "verify/sample_key.h"

struct sample_heap_node {
    uint64_t hash; /* the key's, so that comparing does not fetch the key */
    uint32_t key;  /* index */
};

/* The caller's; set `most`, the rest is zero-initialised. */
struct sample_heap {
    struct sample_key *keys; /* n of at most `most`, in memory for `room` */
    size_t n, room, most;
    struct sample_heap_node *nodes; /* n of them, the largest hash first */
    uint32_t *table; /* open addressing: 0 is free, else index + 1 */
    size_t table_size;
    bool has_more; /* there are keys that were not kept */
};

void sample_heap_release(struct sample_heap *heap);

void sample_heap_add(struct sample_heap *heap, const struct sample_item *item);

/* The largest hash; there is at least one key. */
uint64_t sample_heap_top(const struct sample_heap *heap);

/* Keeps only the values for which keep() is true, and the keys that still have
 * one. */
void sample_heap_keep(struct sample_heap *heap,
    bool (*keep)(void *ctx, const struct sample_origin *origin), void *ctx);

#endif
