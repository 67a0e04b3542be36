/*
 * The seed of a test with random cases: another one each time, printed, so that
 * a failure can be made again; SEED=N in the environment sets it.
 */
#ifndef UNIT_SEED_H
#define UNIT_SEED_H

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rng.h"

static inline void
seed_rng(struct rng *rng)
{
    const char *text = getenv("SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10)
                         : (uint64_t)clock_ns() ^ (uint64_t)getpid();

    print_message("SEED=%" PRIu64 "\n", seed);
    rng_init(rng, seed);
}

#endif
