/* Medians, rows by speed, the ceiling; and what is noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "bench/noise.h"
#include "unit/bench_cases.h"

#define SIZE(array) (sizeof(array) / sizeof((array)[0]))

static void
assert_near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
        fail_msg("%.12g, wanted %.12g", a, b);
}

static void
test_figures(void **state)
{
    static const struct {
        double numbers[5];
        size_t n;
        double median, min, max;
    } cases[] = {
        {{0}, 0, 0, 0, 0},
        {{7}, 1, 7, 7, 7},
        {{3, 1}, 2, 2, 1, 3},
        {{3, 1, 2}, 3, 2, 1, 3},
        {{9, 1, 4, 2}, 4, 3, 1, 9},
        {{5, 5, 1, 5, 5}, 5, 5, 1, 5},
    };

    (void)state;
    for (size_t i = 0; i < SIZE(cases); i++) {
        struct bench_figure figure =
            bench_figure_of(cases[i].numbers, cases[i].n);

        assert_int_equal(figure.n, cases[i].n);
        assert_near(figure.median, cases[i].median);
        assert_near(figure.min, cases[i].min);
        assert_near(figure.max, cases[i].max);
    }
}

static void
test_rows_are_sorted_by_median_speed(void **state)
{
    struct bench_results results = {0};
    struct bench_row *rows;
    size_t n;

    (void)state;
    case_sweep(&results, "processes", "1,2,3,4");
    case_settings(&results, 3);
    assert_null(bench_rows(&results, &n));
    assert_int_equal(n, 0);
    /* the largest single run is not what counts */
    for (int i = 0; i < 3; i++) {
        case_load(&results, 0, i == 1 ? 900000 : 100000, 1);
        case_load(&results, 1, 300000 + i, 2);
    }
    case_failure(&results, 2, "no servers");
    case_failure(&results, 1, "no servers");
    rows = bench_rows(&results, &n);
    assert_int_equal(n, 3); /* the fourth was not run at all */
    assert_int_equal(rows[0].setting, 1);
    assert_int_equal(rows[0].n_runs, 3);
    assert_int_equal(rows[0].n_failed, 1);
    assert_near(rows[0].lines_per_s.median, 300001);
    assert_near(rows[0].client_cpu.median, 2);
    assert_near(rows[0].server_cpu.median, 2.5);
    assert_near(rows[0].text_mb_per_s, 313 * 0.300001);
    assert_int_equal(rows[0].peak_rss_bytes, 50 << 20);
    assert_int_equal(rows[1].setting, 0);
    assert_near(rows[1].lines_per_s.max, 900000);
    assert_int_equal(rows[2].setting, 2);
    assert_int_equal(rows[2].n_runs, 0);
    assert_true(rows[0].share == 0); /* no floor was measured */
    free(rows);
    bench_results_release(&results);
}

static void
test_unknown_server_cpu_is_not_zero(void **state)
{
    struct bench_results results = {0};
    struct bench_row *rows;
    struct bench_run run;
    size_t n;

    (void)state;
    case_settings(&results, 1);
    run = case_run(&results, 1000, 1);
    run.server_cpu_s = -1;
    bench_add_run(&results, &run);
    rows = bench_rows(&results, &n);
    assert_int_equal(rows[0].server_cpu.n, 0);
    assert_int_equal(rows[0].client_cpu.n, 1);
    free(rows);
    bench_results_release(&results);
}

static void
test_ceiling_is_the_slowest_floor(void **state)
{
    struct bench_results results = {0};
    enum bench_floor_kind kind;
    struct bench_row *rows;
    struct bench_run failed;
    size_t n;

    (void)state;
    case_settings(&results, 2);
    assert_true(bench_ceiling(&results, &kind) == 0);
    case_floor(&results, FLOOR_INFLATE, 3000000);
    case_floor(&results, FLOOR_SERVERS, 500000);
    case_floor(&results, FLOOR_PACK, 1500000);
    failed = case_run(&results, 1, 1);
    failed.failed = true;
    bench_add_floor(&results, FLOOR_PACK, &failed);
    assert_near(bench_ceiling(&results, &kind), 500000);
    assert_int_equal(kind, FLOOR_SERVERS);
    /* a share over 1 is not hidden */
    case_load(&results, 0, 550000, 1);
    rows = bench_rows(&results, &n);
    assert_near(rows[0].share, 1.1);
    free(rows);
    bench_results_release(&results);
}

static void
test_all_runs_in_the_order_made(void **state)
{
    struct bench_results results = {0};
    struct bench_in_order *made;
    size_t n;

    (void)state;
    case_sweep(&results, "mode", "set,multi");
    case_settings(&results, 1);
    case_load(&results, 1, 1000, 1);
    case_floor(&results, FLOOR_PACK, 2000);
    case_failure(&results, 0, "died");
    case_floor(&results, FLOOR_INFLATE, 3000);
    made = bench_in_order(&results, &n);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(made[i].run->order, i);
    assert_null(made[0].floor);
    assert_string_equal(made[1].floor, "pack");
    assert_null(made[2].floor);
    assert_string_equal(made[3].floor, "inflate");
    free(made);
    bench_results_release(&results);
}

/* --------------------------------------------------------------- noise --- */

/* Tables of the Mann-Whitney U, one-sided: 1/20, 1/252, 2/252, 4/252 ... */
static void
test_exact_probabilities(void **state)
{
    static const double low3[] = {1, 2, 3}, high3[] = {4, 5, 6};
    static const double low5[] = {1, 2, 3, 4, 5}, high5[] = {6, 7, 8, 9, 10};
    static const double one_in[] = {1, 2, 3, 4, 6},
                        one_out[] = {5, 7, 8, 9, 10};
    static const double same[] = {4, 4, 4};

    (void)state;
    assert_near(noise_p_lower(low3, 3, high3, 3), 1.0 / 20);
    assert_near(noise_p_lower(high3, 3, low3, 3), 1);
    assert_near(noise_p_lower(low5, 5, high5, 5), 1.0 / 252);
    assert_near(noise_p_lower(one_in, 5, one_out, 5), 2.0 / 252);
    assert_near(noise_p_lower(low3, 1, high3, 3), 1.0 / 4);
    assert_near(noise_p_lower(low3, 0, high3, 3), 1);
    assert_true(noise_p_lower(same, 3, same, 3) > 0.5); /* ties tell nothing */
}

/* Where both ways of computing it apply they agree, near enough. */
static void
test_many_runs(void **state)
{
    double numbers[NOISE_EXACT + 1], others[NOISE_EXACT + 1];

    (void)state;
    for (size_t i = 0; i <= NOISE_EXACT; i++) {
        numbers[i] = (double)i * 3;
        others[i] = (double)i * 3 + 12;
    }
    double exact = noise_p_lower(numbers, NOISE_EXACT, others, NOISE_EXACT);
    double normal =
        noise_p_lower(numbers, NOISE_EXACT + 1, others, NOISE_EXACT + 1);

    assert_true(exact > 0.005 && exact < 0.05);
    assert_true(fabs(exact - normal) < 0.01);
}

/* Two settings that are equally fast are told apart as seldom as promised. */
static void
test_level_holds(void **state)
{
    enum { TRIALS = 20000, N = 5 };
    struct rng rng;
    unsigned told = 0;

    (void)state;
    rng_init(&rng, 20);
    for (int i = 0; i < TRIALS; i++) {
        double numbers[N], others[N];

        for (int j = 0; j < N; j++) {
            numbers[j] = (double)rng_below(&rng, 1 << 30);
            others[j] = (double)rng_below(&rng, 1 << 30);
        }
        told += noise_p_lower(numbers, N, others, N) <= NOISE_LEVEL;
    }
    /* of 252 orders 12 are at most so likely: 0.0476, and 5 sigma around */
    assert_true(told > TRIALS * (0.0476 - 0.0076));
    assert_true(told < TRIALS * (0.0476 + 0.0076));
}

static void
test_lower_beyond_the_noise(void **state)
{
    static const struct {
        double numbers[5], others[5];
        size_t n;
        bool is_lower;
    } cases[] = {
        /* too few to tell, whatever they are */
        {{1, 1}, {9, 9}, 2, false},
        {{1, 2, 3}, {4, 5, 6}, 3, true},
        /* overlapping, but the median lies below all others */
        {{1, 2, 5}, {4, 5, 6}, 3, true},
        {{41, 47, 50}, {45, 50, 55}, 3, false},
        /* one hiccup of the others does not make noise of everything */
        {{10, 11, 12, 13, 14}, {9, 20, 21, 22, 23}, 5, true},
        {{17, 18, 19.5, 21.5, 24}, {9, 20, 21, 22, 23}, 5, false},
        {{91, 92, 93, 104, 105}, {90, 100, 101, 102, 103}, 5, false},
        {{88, 89, 90, 104, 105}, {87, 100, 101, 102, 103}, 5, true},
        {{4, 5, 6}, {1, 2, 3}, 3, false},
    };

    (void)state;
    for (size_t i = 0; i < SIZE(cases); i++)
        if (noise_is_lower(cases[i].numbers, cases[i].n, cases[i].others,
                cases[i].n) != cases[i].is_lower)
            fail_msg("case %zu", i);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_rows_are_sorted_by_median_speed),
        cmocka_unit_test(test_unknown_server_cpu_is_not_zero),
        cmocka_unit_test(test_ceiling_is_the_slowest_floor),
        cmocka_unit_test(test_all_runs_in_the_order_made),
        cmocka_unit_test(test_exact_probabilities),
        cmocka_unit_test(test_many_runs),
        cmocka_unit_test(test_level_holds),
        cmocka_unit_test(test_lower_beyond_the_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
