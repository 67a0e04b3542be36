/*
 * The draw: which keys are the sample (DESIGN A.6), and what they should hold.
 *
 * Of all keys offered, those N with the smallest hash under the seed are kept.
 * That is a uniform sample of distinct keys, whatever order they come in and
 * however often; and the draws of several processes make one when the smallest
 * of all are taken. A key keeps its last value in each file, by line number,
 * since batches come home in any order.
 *
 * Memory is bounded: N keys with their values. What is not among the smallest
 * is turned away at the gate, draw_wants(), which costs a hash of a hash, so
 * that of a long file hardly a line gets any further.
 *
 * draw_hash(), draw_wants() and draw_add() may be called by any thread, the
 * rest by one. Memory that runs out ends the process.
 */
#ifndef VERIFY_SAMPLE_H
#define VERIFY_SAMPLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Where a value comes from, and when: see draw_keep(). */
struct draw_origin {
    uint32_t file, server;
    uint32_t life; /* of the server (run/baseline.h); a later one replaces */
    uint64_t line;
};

/* An item offered; bytes are copied. */
struct draw_item {
    uint64_t hash; /* draw_hash() */
    struct draw_origin origin;
    uint64_t n_lines; /* that it stands for: 1, or those of a whole file */
    const char *key;
    const void *value;
    uint32_t value_bytes;
    uint8_t key_bytes;
};

/* The last one in its file. */
struct draw_value {
    struct draw_value *next; /* in another file */
    struct draw_origin origin;
    uint64_t n_lines; /* of this key in that file */
    uint32_t n_bytes;
    char bytes[];
};

struct draw_key {
    uint64_t hash;
    struct draw_value *values; /* at least one */
    char *bytes;
    uint8_t n_bytes;
};

struct draw {
    _Atomic uint64_t limit; /* no larger hash gets in any more */
    uint64_t seed;
    struct draw_pile *pile;
};

/* Of at most n keys, n > 0. */
struct draw *draw_new(size_t n, uint64_t seed);
void draw_free(struct draw *draw);

/* Two rounds of splitmix64's mixer, the seed before the first. */
static inline uint64_t
draw_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The key's hash under the seed, from hash_bytes() of it. */
static inline uint64_t
draw_hash(const struct draw *draw, uint64_t key_hash)
{
    return draw_mix(draw_mix(key_hash + draw->seed) + 0x9e3779b97f4a7c15u);
}

/* False: it is not among the smallest, and never will be. */
static inline bool
draw_wants(const struct draw *draw, uint64_t hash)
{
    return hash <= atomic_load_explicit(&draw->limit, memory_order_relaxed);
}

void draw_add(struct draw *draw, const struct draw_item *item);

/* A key was turned away at the gate: there are more than were kept. */
void draw_pass(struct draw *draw);

/* Keeps of all values only those of which keep() says so, and of keys only
 * those that have one left. */
void draw_keep(struct draw *draw,
    bool (*keep)(void *ctx, const struct draw_origin *origin), void *ctx);

size_t draw_count(const struct draw *draw);
const struct draw_key *draw_at(const struct draw *draw, size_t i);

/*
 * Distinct keys among n_items that were offered. When more were offered than
 * kept it is an estimate, by how often the kept ones occur (*is_about): right
 * where no key does twice.
 */
uint64_t draw_population(const struct draw *draw, uint64_t n_items,
    bool *is_about);

/*
 * A worker hands its draw over through a file of the supervisor's, which is
 * empty or of an earlier one. draw_read() adds what is in it to another draw
 * with the same seed and at least as much room; origin's file is the one given,
 * its life that of its server. False: nothing whole is in it (the worker died).
 */
int draw_write(const struct draw *draw, int fd, struct err *err);
bool draw_read(struct draw *draw, int fd, uint32_t file, const unsigned *lives);

#endif
