#include "base/rng.h"

#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"

void
rng_init(struct rng *rng, uint64_t seed)
{
    rng->state = seed;
}

void
rng_init_random(struct rng *rng)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        seed = (uint64_t)clock_ns() ^ ((uint64_t)getpid() << 32);
    rng_init(rng, seed);
}

uint64_t
rng_next(struct rng *rng)
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t
rng_below(struct rng *rng, uint64_t n)
{
    return n ? rng_next(rng) % n : 0;
}
