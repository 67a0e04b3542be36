/*
 * Is one setting slower than another, or is it noise? Pure functions, any
 * thread; memory that runs out ends the process.
 *
 * Nothing is assumed of how times scatter (they have long tails), only that
 * the runs of two settings met the same machine, which their interleaved,
 * random order sees to: the Mann-Whitney rank test, one-sided, exact for up to
 * NOISE_EXACT runs each, by the normal approximation above. Medians that
 * differ can still be noise; so can ranges that do not overlap, once in 70
 * times for three runs each.
 */
#ifndef BENCH_NOISE_H
#define BENCH_NOISE_H

#include <stdbool.h>
#include <stddef.h>

enum { NOISE_EXACT = 20 };

/* Of fewer runs each nothing can be told at this level. */
enum { NOISE_LEAST_RUNS = 3 };
#define NOISE_LEVEL 0.05

/* What differs by more is never called noise. */
#define NOISE_MOST 0.10

/*
 * How likely numbers at least as low as these are, compared with the others,
 * if all were drawn from one lot. 1 when there are none of either.
 */
double noise_p_lower(const double *numbers, size_t n, const double *others,
    size_t n_others);

/*
 * Are the numbers lower than the others beyond the noise? So they are when the
 * test says so; and, because with few runs the test sees little and a single
 * hiccup blinds it, also when their median lies below the lowest of the others
 * or more than NOISE_MOST below their median. False when either has fewer than
 * NOISE_LEAST_RUNS.
 */
bool noise_is_lower(const double *numbers, size_t n, const double *others,
    size_t n_others);

#endif
