/*
 * How memcached lays out items in memory, for forecasts.
 *
 * Its limit (-m) is one on slab memory: pages of 1 MiB, each cut into chunks
 * of one class; the hash table and buffers come on top. An item takes the
 * smallest chunk that holds its header, CAS, key and value; one larger than
 * the largest chunk takes a small chunk for header and key, and as many large
 * ones as its value needs. A page that a class has taken is not shared with
 * others, so each class is rounded up to whole pages.
 *
 * Held against real servers by tests/server/test_slabs.c. Pure functions;
 * any thread; cannot fail.
 */
#ifndef MEMC_SLABS_H
#define MEMC_SLABS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SLABS_MAX_CLASSES = 63,
    SLABS_PAGE_BYTES = 1 << 20,
    SLABS_CHUNK_MAX_BYTES = SLABS_PAGE_BYTES / 2, /* unless it says otherwise */
};

/* As a server tells of itself; 0 = memcached's default. */
struct slab_settings {
    double growth_factor; /* -f */
    uint64_t least_bytes; /* -n: key and value in the smallest chunk */
    uint64_t chunk_max;   /* -o slab_chunk_max, bytes */
    bool has_no_cas;      /* -C */
};

struct slabs {
    size_t n;
    uint64_t chunk_bytes[SLABS_MAX_CLASSES]; /* ascending */
    uint64_t page_bytes;
    bool has_no_cas;
};

void slabs_init(struct slabs *slabs, const struct slab_settings *settings);

/* Adds the chunks of so many items of these sizes, by class. */
void slabs_add(const struct slabs *slabs, size_t key_bytes, size_t value_bytes,
    double items, double chunks[SLABS_MAX_CLASSES]);

/* Whole pages for these chunks, in bytes. *fits_always_out: none of the classes
 * needs more than the one page that memcached gives it whatever its limit. */
uint64_t slabs_bytes(const struct slabs *slabs,
    const double chunks[SLABS_MAX_CLASSES], bool *fits_always_out);

/* The hash table of a server with so many items, which is beside the limit. */
uint64_t slabs_hash_bytes(double items);

#endif
