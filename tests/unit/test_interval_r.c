/* Intervals and the incomplete beta function, held against R's. */
// LDFLAGS: -Wl,--no-as-needed -lRmath
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "verify/beta.h"
#include "verify/interval.h"

static const double confidences[] = {0.5, 0.9, 0.95, 0.99, 0.999, 0.999999};
static const uint64_t sizes[] = {1, 2, 3, 4, 5, 7, 10, 30, 99, 100, 1000, 5296,
    20000, 100000, 1000000, 10000000, 100000000, 1000000000};
/* and their mirror images, n - k */
static const double shares[] = {0.00001, 0.001, 0.01, 0.1, 0.25, 0.5};

enum {
    N_CONFIDENCES = sizeof(confidences) / sizeof(confidences[0]),
    N_SIZES = sizeof(sizes) / sizeof(sizes[0]),
    N_SHARES = sizeof(shares) / sizeof(shares[0]),
};

static double worst, worst_relative;

static void
compare(double ours, double theirs, uint64_t k, uint64_t n, double confidence,
    const char *which)
{
    double off = fabs(ours - theirs), least = fmin(theirs, 1 - theirs);

    if (!(off <= 1e-9))
        fail_msg("%s of %ju of %ju at %g: %.17g, R says %.17g", which,
            (uintmax_t)k, (uintmax_t)n, confidence, ours, theirs);
    /* neighbours of 1 are further apart than those of 0 */
    if (!(off <= 1e-8 * least + 2e-16))
        fail_msg("%s of %ju of %ju at %g: %.17g, R says %.17g (relative)",
            which, (uintmax_t)k, (uintmax_t)n, confidence, ours, theirs);
    worst = fmax(worst, off);
    if (least > 1e-7)
        worst_relative = fmax(worst_relative, off / least);
}

static void
check(uint64_t k, uint64_t n, double confidence)
{
    struct interval interval = interval_of(k, n, confidence);
    double chance = (1 - confidence) / 2;

    compare(interval.low,
        k == 0 ? 0 : qbeta(chance, (double)k, (double)(n - k) + 1, 1, 0), k, n,
        confidence, "low");
    compare(interval.high,
        k == n ? 1 : qbeta(chance, (double)k + 1, (double)(n - k), 0, 0), k, n,
        confidence, "high");
}

static void
test_intervals_are_those_of_r(void **state)
{
    size_t n_checked = 0;

    (void)state;
    for (size_t c = 0; c < N_CONFIDENCES; c++)
        for (size_t s = 0; s < N_SIZES; s++) {
            uint64_t n = sizes[s], least = n < 20 ? n / 2 : 5;

            for (uint64_t k = 0; k <= least; k++) {
                check(k, n, confidences[c]);
                check(n - k, n, confidences[c]);
                n_checked += 2;
            }
            for (size_t i = 0; i < N_SHARES; i++) {
                uint64_t k = (uint64_t)(shares[i] * (double)n);

                check(k, n, confidences[c]);
                check(n - k, n, confidences[c]);
                n_checked += 2;
            }
        }
    print_message("%zu intervals, off by %.2g at most, %.2g of it\n", n_checked,
        worst, worst_relative);
    assert_true(n_checked > 2000);
}

static void
test_beta_is_that_of_r(void **state)
{
    static const double sides[] = {
        1, 2, 3.5, 15, 16, 40, 1e3, 12345.5, 1e6, 1e9};
    enum { N_SIDES = sizeof(sides) / sizeof(sides[0]) };
    /* standard deviations from the mean */
    static const double away[] = {-8, -3, -1, -0.1, 0, 0.1, 1, 3, 8};

    (void)state;
    for (size_t i = 0; i < N_SIDES; i++)
        for (size_t j = 0; j < N_SIDES; j++)
            for (size_t k = 0; k < sizeof(away) / sizeof(away[0]); k++) {
                double a = sides[i], b = sides[j], n = a + b;
                double x = a / n + away[k] * sqrt(a / n * (b / n) / (n + 1));
                double below, above;

                if (x <= 0 || x >= 1)
                    continue;
                below = pbeta(x, a, b, 1, 0);
                above = pbeta(x, a, b, 0, 0);
                if (fabs(beta_below(x, a, b) - below) > 1e-7 * below ||
                    fabs(beta_above(x, a, b) - above) > 1e-7 * above)
                    fail_msg("I_%.17g(%g, %g): %.17g and %.17g, R says %.17g "
                             "and %.17g",
                        x, a, b, beta_below(x, a, b), beta_above(x, a, b),
                        below, above);
            }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intervals_are_those_of_r),
        cmocka_unit_test(test_beta_is_that_of_r),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
