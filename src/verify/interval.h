/*
 * What a sample proves: the exact (Clopper-Pearson) interval of a rate, and the
 * sample size that an interval needs.
 *
 * The interval is two-sided: at confidence C the true rate lies beyond each
 * bound with a probability of (1 - C) / 2 at most, whatever the rate is. It is
 * that of the binomial distribution; sampling without replacement, as is done
 * with keys, only makes it safer. So there is no correction for a finite
 * population.
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
 * The interval of the rate of k successes in n, 0 < confidence < 1. {0, 1} for
 * n = 0; low is exactly 0 for k = 0 and high exactly 1 for k = n.
 */
struct interval interval_of(uint64_t k, uint64_t n, double confidence);

/*
 * The sample size for --margin, 0 < margin < 1: the smallest that shows, when
 * all of the sample matches, that no more than `margin` of all items can be
 * missing; that is, low >= 1 - margin. 0.001 at 0.99 takes 5,296.
 *
 * This is for a load that is expected to be complete. Where items are missing
 * the interval is wider (sample_size_at() gives the size that would do). The
 * size for the worst rate, one half, would be 1.7 million in every case.
 */
uint64_t sample_size(double margin, double confidence);

/*
 * The sample size at which, when `rate` of the sample matches, both bounds are
 * within margin of it; right to a hundred or so, since k is a whole number.
 * sample_size() for a rate of 0 or 1. Never more than SAMPLE_SIZE_MOST.
 */
#define SAMPLE_SIZE_MOST UINT64_C(1000000000)
uint64_t sample_size_at(double rate, double margin, double confidence);

#endif
