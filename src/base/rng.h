/*
 * Random numbers for jitter: splitmix64. Not for secrets. One thread a state;
 * the caller owns it. Cannot fail.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

void rng_init(struct rng *rng, uint64_t seed);

/* With a seed of the kernel's: no two processes of the world have the same. */
void rng_init_random(struct rng *rng);

uint64_t rng_next(struct rng *rng);

/* From 0 up to, but not, n; 0 for n = 0. */
uint64_t rng_below(struct rng *rng, uint64_t n);

#endif
