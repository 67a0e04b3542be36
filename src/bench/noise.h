/*
 * Is one setting slower than another, or is the difference noise? Pure
 * functions, any thread; memory that runs out ends the process.
 *
 * The one-sided Mann-Whitney rank test, exact for up to NOISE_EXACT runs each,
 * by the normal approximation beyond. It assumes nothing about the distribution
 * of the times (they have long tails), only that the runs of two settings met
 * the same conditions, as their interleaved, random order ensures. Medians that
 * differ can still be noise; so can ranges that do not overlap, once in 20
 * times for three runs each.
 */
#ifndef BENCH_NOISE_H
#define BENCH_NOISE_H

#include <stdbool.h>
#include <stddef.h>

enum { NOISE_EXACT = 20 };

/* Fewer runs each cannot reach this level. */
enum { NOISE_LEAST_RUNS = 3 };
#define NOISE_LEVEL 0.05

/* A larger difference is never called noise. */
#define NOISE_MOST 0.10

/*
 * The probability of numbers that are at least as low as these, compared with
 * the others, if all came from one distribution. 1 when either has none.
 */
double noise_p_lower(const double *numbers, size_t n, const double *others,
    size_t n_others);

/*
 * Are the numbers lower than the others beyond the noise? Yes if the test says
 * so; and, since with few runs the test has little power and one outlier is
 * enough to fail it, also if their median is below the lowest of the others, or
 * more than NOISE_MOST below the median of these. False when either has fewer
 * than NOISE_LEAST_RUNS.
 */
bool noise_is_lower(const double *numbers, size_t n, const double *others,
    size_t n_others);

#endif
