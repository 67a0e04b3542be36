/*
 * The regularised incomplete beta function I_x(a, b), for the tails of the
 * binomial distribution: P(at least k of n) = I_p(k, n - k + 1).
 *
 * The relative error is about 1e-11 for a and b up to 1e9, since no difference
 * of large logarithms is taken. The work grows with the square root of a + b.
 * Pure, any thread, cannot fail.
 */
#ifndef VERIFY_BETA_H
#define VERIFY_BETA_H

/* I_x(a, b); a, b >= 1, 0 <= x <= 1. */
double beta_below(double x, double a, double b);

/* 1 - I_x(a, b), without cancellation where that is small. */
double beta_above(double x, double a, double b);

#endif
