/* The schedule: every combination, whole rounds, shuffled by the seed alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/schedule.h"

static void
add_sweep(struct bench_results *results, const char *option,
    const char *const *values)
{
    struct bench_sweep *sweep = &results->sweeps[results->n_sweeps++];

    sweep->option = option;
    for (; *values; values++) {
        sweep->values = mem_grow(sweep->values, sweep->n_values + 1,
            sizeof(*sweep->values));
        sweep->values[sweep->n_values++] = mem_text(*values);
    }
}

static void
init(struct bench_results *results, unsigned rounds, uint64_t seed)
{
    static const char *const processes[] = {"1", "2", "3", NULL};
    static const char *const modes[] = {"set", "multi", NULL};
    static const char *const threads[] = {"0", "1", NULL};

    *results = (struct bench_results){.rounds = rounds, .seed = seed};
    add_sweep(results, "processes", processes);
    add_sweep(results, "mode", modes);
    add_sweep(results, "threads", threads);
    schedule_make_settings(results);
}

static void
test_all_combinations_once(void **state)
{
    struct bench_results results;
    static const char *const want[] = {"processes=1 mode=set threads=0",
        "processes=1 mode=set threads=1", "processes=1 mode=multi threads=0",
        "processes=1 mode=multi threads=1", "processes=2 mode=set threads=0",
        "processes=2 mode=set threads=1", "processes=2 mode=multi threads=0",
        "processes=2 mode=multi threads=1", "processes=3 mode=set threads=0",
        "processes=3 mode=set threads=1", "processes=3 mode=multi threads=0",
        "processes=3 mode=multi threads=1"};

    (void)state;
    init(&results, 1, 1);
    assert_int_equal(schedule_count_settings(&results), 12);
    assert_int_equal(results.n_settings, 12);
    for (size_t i = 0; i < 12; i++) {
        char *text = bench_setting_text(&results, i);

        assert_string_equal(text, want[i]);
        free(text);
    }
    bench_results_release(&results);
}

static void
test_no_sweep_is_one_setting(void **state)
{
    struct bench_results results = {.rounds = 2};
    struct schedule schedule;

    (void)state;
    schedule_make_settings(&results);
    schedule_make(&schedule, &results);
    assert_int_equal(results.n_settings, 1);
    assert_int_equal(schedule.n, 2 * (1 + N_FLOORS));
    schedule_release(&schedule);
    bench_results_release(&results);
}

/* So that each round is a benchmark of its own, and a bad minute is shared. */
static void
test_each_round_has_all(void **state)
{
    enum { ROUNDS = 7, EACH = 12 + N_FLOORS };
    struct bench_results results;
    struct schedule schedule;

    (void)state;
    init(&results, ROUNDS, 42);
    schedule_make(&schedule, &results);
    assert_int_equal(schedule.n, ROUNDS * EACH);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned settings[12] = {0}, floors[N_FLOORS] = {0};

        for (size_t i = 0; i < EACH; i++) {
            const struct turn *turn = &schedule.turns[round * EACH + i];

            assert_int_equal(turn->round, round);
            if (turn->is_floor)
                floors[turn->which]++;
            else
                settings[turn->which]++;
        }
        for (size_t i = 0; i < 12; i++)
            assert_int_equal(settings[i], 1);
        for (size_t i = 0; i < N_FLOORS; i++)
            assert_int_equal(floors[i], 1);
    }
    schedule_release(&schedule);
    bench_results_release(&results);
}

static size_t
count_same_places(uint64_t seed, uint64_t other_seed)
{
    struct bench_results results;
    struct schedule schedule, other;
    size_t n = 0;

    init(&results, 4, seed);
    schedule_make(&schedule, &results);
    results.seed = other_seed;
    schedule_make(&other, &results);
    for (size_t i = 0; i < schedule.n; i++)
        n += schedule.turns[i].is_floor == other.turns[i].is_floor &&
             schedule.turns[i].which == other.turns[i].which;
    assert_int_equal(schedule.n, other.n);
    schedule_release(&schedule);
    schedule_release(&other);
    bench_results_release(&results);
    return n;
}

static void
test_order_follows_from_the_seed(void **state)
{
    enum { N = 4 * (12 + N_FLOORS) };

    (void)state;
    assert_int_equal(count_same_places(7, 7), N);
    assert_true(count_same_places(7, 8) < N / 2);
}

/* Shuffled anew in every round, and anything may come first. */
static void
test_rounds_differ(void **state)
{
    enum { ROUNDS = 200, EACH = 12 + N_FLOORS };
    struct bench_results results;
    unsigned first[EACH] = {0}, n_same = 0;
    struct schedule schedule;

    (void)state;
    init(&results, ROUNDS, 1);
    schedule_make(&schedule, &results);
    for (unsigned round = 0; round < ROUNDS; round++) {
        const struct turn *turns = &schedule.turns[round * EACH];

        first[turns->is_floor ? 12 + turns->which : turns->which]++;
        for (size_t i = 0; round && i < EACH; i++)
            n_same += turns[i].is_floor == turns[i - EACH].is_floor &&
                      turns[i].which == turns[i - EACH].which;
    }
    /* one in EACH by chance */
    assert_in_range(n_same, ROUNDS / 2, ROUNDS * 2);
    for (size_t i = 0; i < EACH; i++)
        assert_in_range(first[i], 1, ROUNDS / 4);
    schedule_release(&schedule);
    bench_results_release(&results);
}

static void
test_too_many_are_counted_as_such(void **state)
{
    struct bench_results results = {.n_sweeps = BENCH_MAX_SWEEPS};

    (void)state;
    for (size_t i = 0; i < BENCH_MAX_SWEEPS; i++)
        results.sweeps[i].n_values = (size_t)1 << 10;
    assert_true(schedule_count_settings(&results) == SIZE_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_combinations_once),
        cmocka_unit_test(test_no_sweep_is_one_setting),
        cmocka_unit_test(test_each_round_has_all),
        cmocka_unit_test(test_order_follows_from_the_seed),
        cmocka_unit_test(test_rounds_differ),
        cmocka_unit_test(test_too_many_are_counted_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
