/*
 * The sample: which keys are in it (DESIGN A.6), and what they should
 * hold.
 *
 * Of all keys offered, those N with the smallest hash under the seed are kept.
 * That is a uniform sample of distinct keys, whatever order they come in and
 * however often; and the samples of several processes make one when the
 * smallest of all are taken. A key keeps its last value in each file, by line
 * number, since batches come home in any order.
 *
 * Memory is bounded: N keys with their values. What is not among the smallest
 * is turned away at the gate, sample_wants(), which costs a hash of a hash, so
 * that of a long file hardly a line gets any further.
 *
 * sample_hash(), sample_wants() and sample_add() may be called by any thread,
 * the rest by one. Memory that runs out ends the process.
 */
#ifndef VERIFY_SAMPLE_H
#define VERIFY_SAMPLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Where a value comes from, and when: see sample_keep(). */
struct sample_origin {
    uint32_t file, server;
    uint32_t
        generation; /* of the server (run/baseline.h); a later one replaces */
    uint64_t line;
};

/* An item offered; bytes are copied. */
struct sample_item {
    uint64_t hash; /* sample_hash() */
    struct sample_origin origin;
    uint64_t n_lines; /* that it stands for: 1, or those of a whole file */
    const char *key;
    const void *value;
    uint32_t value_bytes;
    uint8_t key_bytes;
};

/* The last one in its file. */
struct sample_value {
    struct sample_value *next; /* in another file */
    struct sample_origin origin;
    uint64_t n_lines; /* of this key in that file */
    uint32_t n_bytes;
    char bytes[];
};

struct sample_key {
    uint64_t hash;
    struct sample_value *values; /* at least one */
    char *bytes;
    uint8_t n_bytes;
};

struct sample {
    _Atomic uint64_t limit; /* no larger hash gets in any more */
    uint64_t seed;
    struct sample_heap *pile;
};

/* Of at most n keys, n > 0. */
struct sample *sample_new(size_t n, uint64_t seed);
void sample_free(struct sample *sample);

/* Two rounds of splitmix64's mixer, the seed before the first. */
static inline uint64_t
sample_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The key's hash under the seed, from hash_bytes() of it. */
static inline uint64_t
sample_hash(const struct sample *sample, uint64_t key_hash)
{
    return sample_mix(sample_mix(key_hash + sample->seed) +
                      0x9e3779b97f4a7c15u);
}

/* False: it is not among the smallest, and never will be. */
static inline bool
sample_wants(const struct sample *sample, uint64_t hash)
{
    return hash <= atomic_load_explicit(&sample->limit, memory_order_relaxed);
}

void sample_add(struct sample *sample, const struct sample_item *item);

/* A key was turned away at the gate: there are more than were kept. */
void sample_pass(struct sample *sample);

/* Keeps of all values only those of which keep() says so, and of keys only
 * those that have one left. */
void sample_keep(struct sample *sample,
    bool (*keep)(void *ctx, const struct sample_origin *origin), void *ctx);

size_t sample_count(const struct sample *sample);
const struct sample_key *sample_at(const struct sample *sample, size_t i);

/*
 * Distinct keys among n_items that were offered. When more were offered than
 * kept it is an estimate, by how often the kept ones occur (*is_about): right
 * where no key does twice.
 */
uint64_t sample_population(const struct sample *sample, uint64_t n_items,
    bool *is_about);

/*
 * A worker hands its sample over through a file of the supervisor's, which is
 * empty or of an earlier one. sample_read() adds what is in it to another
 * sample with the same seed and at least as much room; origin's file is the one
 * given, its generation that of its server. False: nothing whole is in it (the
 * worker died).
 */
int sample_write(const struct sample *sample, int fd, struct err *err);
bool sample_read(struct sample *sample, int fd, uint32_t file,
    const unsigned *generations);

#endif
