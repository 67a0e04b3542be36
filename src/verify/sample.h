/*
 * The sample of a verification (docs/contract.md 6): which keys are in it, and
 * what their servers should hold.
 *
 * Of all keys offered, those N with the smallest hash under the seed are kept.
 * That is a uniform sample of distinct keys, in whatever order and however
 * often they come; and the samples of several processes make one when the
 * smallest of all are kept. A key keeps its last value in each file, by line
 * number, since batches come home in any order.
 *
 * Memory is bounded: N keys with their values. sample_wants() turns the other
 * keys away for the price of hashing a hash, so that of a long file hardly any
 * line gets further.
 *
 * sample_hash(), sample_wants(), sample_add() and sample_pass() may be called
 * by any thread, the rest by one. Memory that runs out ends the process.
 */
#ifndef VERIFY_SAMPLE_H
#define VERIFY_SAMPLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "verify/sample_key.h"

struct sample {
    _Atomic uint64_t limit; /* no larger hash is added any more */
    uint64_t seed;
    pthread_mutex_t lock;     /* guards the heap while threads add */
    struct sample_heap *heap; /* sample_heap.h */
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

/* A key was not added because sample_wants() said no: there are more keys than
 * were kept. */
void sample_pass(struct sample *sample);

/* Keeps only the values for which keep() is true, and the keys that still have
 * one. */
void sample_keep(struct sample *sample,
    bool (*keep)(void *ctx, const struct sample_origin *origin), void *ctx);

size_t sample_count(const struct sample *sample);
const struct sample_key *sample_at(const struct sample *sample, size_t i);

/*
 * Distinct keys among n_items that were offered. When more were offered than
 * kept it is an estimate (*is_about), made from how often the kept keys occur;
 * exact where no key occurs twice.
 */
uint64_t sample_population(const struct sample *sample, uint64_t n_items,
    bool *is_about);

/*
 * A worker hands its sample over through a file of the supervisor's, which is
 * empty or holds that of an earlier worker. sample_read() adds what is in it to
 * another sample with the same seed and at least as much room; the origin's
 * file is the one given, its generation that of its server. False: the file is
 * not complete (the worker died). Both are in sample_file.c.
 */
int sample_write(const struct sample *sample, int fd, struct err *err);
bool sample_read(struct sample *sample, int fd, uint32_t file,
    const unsigned *generations);

#endif
