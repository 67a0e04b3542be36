/*
 * What is to be measured, and in which order.
 *
 * A round measures every setting and every floor once, in an order of its own,
 * shuffled: so a noisy minute falls on all of them and not on one setting. All
 * follows from the seed. One thread. Cannot fail.
 */
#ifndef BENCH_SCHEDULE_H
#define BENCH_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/bench_result.h"

/* One thing to measure. */
struct turn {
    bool is_floor;
    size_t which; /* index of the setting, or enum bench_floor_kind */
    unsigned round;
};

/* Owned by the caller. */
struct schedule {
    struct turn *turns;
    size_t n;
};

/* How many combinations the sweeps have; 1 for none; SIZE_MAX is too many. */
size_t schedule_count_settings(const struct bench_results *results);

/* Fills in the settings: all combinations, the last sweep's values varying
 * fastest. */
void schedule_make_settings(struct bench_results *results);

/* The rounds of results, one behind the other. */
void schedule_make(struct schedule *schedule,
    const struct bench_results *results);
void schedule_release(struct schedule *schedule);

#endif
