/*
 * How sure a sample makes us: the exact (Clopper-Pearson) interval of a rate,
 * and how many to sample.
 *
 * The interval is two-sided: at confidence C each bound is missed with a
 * chance of (1 - C) / 2 at most, whatever the true rate is. It is that of the
 * binomial distribution; drawing without replacement, as a sample of keys
 * does, only makes it safer. So there is no correction for a finite
 * population: a bound never promises more than the interval that is shown.
 *
 * Pure functions, any thread; they cannot fail. Bounds are right to 1e-9 and
 * better, up to n = 1e9.
 */
#ifndef VERIFY_INTERVAL_H
#define VERIFY_INTERVAL_H

#include <stdint.h>

struct interval {
    double low, high;
};

/*
 * Of the rate of successes, k of n, 0 < confidence < 1. {0, 1} for n = 0; low
 * is 0 for k = 0 and high is 1 for k = n, exactly.
 */
struct interval interval_of(uint64_t k, uint64_t n, double confidence);

/*
 * How many to sample for --margin, 0 < margin < 1: the fewest that show, when
 * all of them match, that no more than `margin` of all items can be missing;
 * that is, low >= 1 - margin. 0.001 at 0.99 takes 5,296.
 *
 * This is what one asks for who expects a load to be whole. Where items are
 * missing the interval is wider (sample_size_at() says how many would do): a
 * number for the worst rate, one half, would be 1.7 million, for everybody.
 */
uint64_t sample_size(double margin, double confidence);

/*
 * How many to sample so that, where `rate` of them match, both bounds are
 * within margin of it; to the next hundred or so, since k is whole.
 * sample_size() for a rate of 0 or 1. Never more than SAMPLE_SIZE_MOST.
 */
#define SAMPLE_SIZE_MOST UINT64_C(1000000000)
uint64_t sample_size_at(double rate, double margin, double confidence);

#endif
