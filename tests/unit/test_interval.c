/* Exact intervals, and how many to sample. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verify/beta.h"
#include "verify/interval.h"

static void
test_closed_forms_at_none_and_all(void **state)
{
    struct interval interval;

    (void)state;
    interval = interval_of(0, 0, 0.99);
    assert_true(interval.low == 0 && interval.high == 1);
    for (uint64_t n = 1; n <= 1000000000; n *= 10) {
        double most = 1 - pow(0.005, 1 / (double)n);

        interval = interval_of(0, n, 0.99);
        assert_true(interval.low == 0);
        assert_true(fabs(interval.high - most) < 1e-12);
        interval = interval_of(n, n, 0.99);
        assert_true(interval.high == 1);
        assert_true(fabs(interval.low - (1 - most)) < 1e-12);
    }
}

/* The definition, by the sum of the binomial's terms. */
static void
test_each_bound_leaves_its_half_of_the_doubt(void **state)
{
    enum { N = 40 };

    (void)state;
    for (unsigned k = 1; k < N; k++) {
        struct interval interval = interval_of(k, N, 0.95);
        double at_least = 0, at_most = 0;

        for (unsigned i = 0; i <= N; i++) {
            double ways =
                exp(lgamma(N + 1) - lgamma(i + 1) - lgamma(N - i + 1));

            if (i >= k)
                at_least +=
                    ways * pow(interval.low, i) * pow(1 - interval.low, N - i);
            if (i <= k)
                at_most += ways * pow(interval.high, i) *
                           pow(1 - interval.high, N - i);
        }
        assert_true(fabs(at_least - 0.025) < 1e-12);
        assert_true(fabs(at_most - 0.025) < 1e-12);
    }
}

static void
test_intervals_nest_and_mirror(void **state)
{
    (void)state;
    for (uint64_t k = 0; k <= 300; k += 7) {
        struct interval wide = interval_of(k, 300, 0.999);
        struct interval narrow = interval_of(k, 300, 0.9);
        struct interval mirror = interval_of(300 - k, 300, 0.9);

        assert_true(wide.low <= narrow.low && narrow.high <= wide.high);
        assert_true(narrow.low <= (double)k / 300);
        assert_true(narrow.high >= (double)k / 300);
        assert_true(fabs(mirror.low - (1 - narrow.high)) < 1e-15);
        assert_true(fabs(mirror.high - (1 - narrow.low)) < 1e-15);
    }
}

static void
test_beta_at_the_ends(void **state)
{
    (void)state;
    assert_true(beta_below(0, 3, 4) == 0 && beta_above(0, 3, 4) == 1);
    assert_true(beta_below(1, 3, 4) == 1 && beta_above(1, 3, 4) == 0);
    assert_true(fabs(beta_below(0.3, 1, 1) - 0.3) < 1e-15);
    assert_true(fabs(beta_below(0.5, 1e9, 1e9) - 0.5) < 1e-10);
}

static void
test_sample_size_is_the_least_that_shows_the_margin(void **state)
{
    static const double margins[] = {0.5, 0.1, 0.03, 0.01, 0.001, 1e-4, 1e-6};
    static const double confidences[] = {0.5, 0.9, 0.99, 0.999999};

    (void)state;
    for (size_t i = 0; i < sizeof(margins) / sizeof(margins[0]); i++)
        for (size_t c = 0; c < 4; c++) {
            uint64_t n = sample_size(margins[i], confidences[c]);

            assert_true(interval_of(0, n, confidences[c]).high <= margins[i]);
            assert_true(n == 1 || interval_of(0, n - 1, confidences[c]).high >
                                      margins[i]);
        }
    assert_int_equal(sample_size(0.001, 0.99), 5296);
    assert_int_equal(sample_size(1e-15, 0.99), SAMPLE_SIZE_MOST);
}

/* The numbers that docs/verification.md gives. */
static void
test_documented_sample_sizes(void **state)
{
    static const double confidences[] = {0.9, 0.95, 0.99, 0.999};
    static const struct {
        double margin;
        uint64_t sizes[4];
    } rows[] = {
        {0.05, {59, 72, 104, 149}},
        {0.01, {299, 368, 528, 757}},
        {0.001, {2995, 3688, 5296, 7598}},
        {0.0001, {29956, 36887, 52981, 76006}},
        {0.00001, {299572, 368887, 529830, 760087}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t c = 0; c < 4; c++)
            assert_int_equal(sample_size(rows[i].margin, confidences[c]),
                rows[i].sizes[c]);
    assert_int_equal(sample_size_at(0.999, 0.001, 0.99), 12164);
    assert_int_equal(sample_size_at(0.99, 0.001, 0.99), 71496);
    assert_int_equal(sample_size_at(0.9, 0.001, 0.99), 603744);
    assert_int_equal(sample_size_at(0.5, 0.001, 0.99), 1662944);
}

static void
test_sample_size_where_some_are_missing(void **state)
{
    static const double rates[] = {0.5, 0.9, 0.99, 0.9999};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        uint64_t n = sample_size_at(rates[i], 0.001, 0.99);
        uint64_t k = (uint64_t)(rates[i] * (double)n + 0.5);
        struct interval at = interval_of(k, n, 0.99);
        double estimate = (double)k / (double)n;

        assert_true(estimate - at.low <= 0.001 && at.high - estimate <= 0.001);
        /* the normal distribution's number, and not much more */
        assert_true((double)n >= 6.63 * rates[i] * (1 - rates[i]) / 1e-6);
        assert_true(n < 2 * sample_size(0.001, 0.99) ||
                    (double)n < 1.1 * 6.64 * rates[i] * (1 - rates[i]) / 1e-6);
    }
    assert_int_equal(sample_size_at(1, 0.001, 0.99), 5296);
    assert_int_equal(sample_size_at(0, 0.001, 0.99), 5296);
    assert_int_equal(sample_size_at(0.5, 1e-6, 0.99), SAMPLE_SIZE_MOST);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_forms_at_none_and_all),
        cmocka_unit_test(test_each_bound_leaves_its_half_of_the_doubt),
        cmocka_unit_test(test_intervals_nest_and_mirror),
        cmocka_unit_test(test_beta_at_the_ends),
        cmocka_unit_test(test_sample_size_is_the_least_that_shows_the_margin),
        cmocka_unit_test(test_documented_sample_sizes),
        cmocka_unit_test(test_sample_size_where_some_are_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
