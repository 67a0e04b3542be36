/*
 * What is measured, and in which order.
 *
 * A round measures every setting and every floor once, in its own random order,
 * so that a noisy minute affects all of them and not one setting. The order
 * depends on the seed alone. One thread. Cannot fail.
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

/* The number of combinations of the sweeps: 1 without sweeps; SIZE_MAX when
 * they are too many to count. */
size_t schedule_count_settings(const struct bench_results *results);

/* Fills in the settings of the results: all combinations, the values of the
 * last sweep changing fastest. */
void schedule_make_settings(struct bench_results *results);

/* All rounds of the results, one after the other. */
void schedule_make(struct schedule *schedule,
    const struct bench_results *results);
void schedule_release(struct schedule *schedule);

#endif
