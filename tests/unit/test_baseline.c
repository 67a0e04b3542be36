/* What a server says of itself, held against what it acknowledged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "run/baseline.h"

static struct server_facts
facts(uint64_t cmd_set, uint64_t evictions)
{
    return (struct server_facts){
        .is_known = true,
        .has_counters = true,
        .pid = 100,
        .started_at = 1000,
        .cmd_set = cmd_set,
        .evictions = evictions,
        .total_connections = 10,
    };
}

static struct baseline
opened(uint64_t cmd_set, uint64_t evictions)
{
    struct server_facts base = facts(cmd_set, evictions);
    struct baseline baseline;

    baseline_open(&baseline, &base);
    return baseline;
}

static void
take(struct baseline *baseline, struct server_facts now, uint64_t acked,
    enum baseline_result wanted, uint64_t wanted_missing)
{
    uint64_t missing;

    assert_int_equal(baseline_take(baseline, &now, acked, &missing), wanted);
    assert_int_equal(missing, wanted_missing);
}

static void
test_balanced(void **state)
{
    struct baseline baseline = opened(50, 5);

    (void)state;
    take(&baseline, facts(50, 5), 0, BASELINE_BALANCED, 0);
    take(&baseline, facts(150, 5), 100, BASELINE_BALANCED, 0);
    assert_int_equal(baseline.sets, 100);
    take(&baseline, facts(157, 8), 100, BASELINE_BALANCED, 0);
    assert_int_equal(baseline.sets, 107);
    assert_int_equal(baseline_evictions(&baseline), 3);
    assert_int_equal(baseline.generation, 0);
    assert_int_equal(baseline.period, 0);
}

/* One set less than was acknowledged is one too few; told once. */
static void
test_short(void **state)
{
    struct baseline baseline = opened(50, 0);

    (void)state;
    take(&baseline, facts(149, 2), 100, BASELINE_SHORT, 1);
    assert_int_equal(baseline.period, 1);
    assert_int_equal(baseline.generation, 0);
    take(&baseline, facts(149, 3), 0, BASELINE_BALANCED, 0);
    take(&baseline, facts(159, 3), 10, BASELINE_BALANCED, 0);
    take(&baseline, facts(160, 3), 20, BASELINE_SHORT, 9);
    assert_int_equal(baseline_evictions(&baseline), 3);
}

static void
test_restarted(void **state)
{
    struct server_facts other;
    struct baseline baseline = opened(50, 9);

    (void)state;
    take(&baseline, facts(70, 10), 20, BASELINE_BALANCED, 0);
    baseline.acked = 20;
    other = facts(3, 2);
    other.pid = 101;
    other.started_at = 1001;
    take(&baseline, other, 20, BASELINE_LOST, 0);
    assert_int_equal(baseline.generation, 1);
    assert_int_equal(baseline.period, 1);
    assert_int_equal(baseline.restarts, 1);
    assert_int_equal(baseline.acked, 0);
    /* one before, two after */
    assert_int_equal(baseline_evictions(&baseline), 3);
    /* in a container all are process 1 */
    other.started_at = 1060;
    take(&baseline, other, 0, BASELINE_LOST, 0);
    assert_int_equal(baseline.restarts, 2);
    /* time and uptime are read apart */
    other.started_at = 1061;
    take(&baseline, other, 0, BASELINE_BALANCED, 0);
    other.started_at = 1060;
    take(&baseline, other, 0, BASELINE_BALANCED, 0);
}

static void
test_flushed(void **state)
{
    struct server_facts now = facts(50, 9);
    struct baseline baseline = opened(50, 9);

    (void)state;
    now.cmd_flush = 1;
    take(&baseline, now, 0, BASELINE_LOST, 0);
    take(&baseline, now, 0, BASELINE_BALANCED, 0);
    now.evictions = 11;
    take(&baseline, now, 0, BASELINE_BALANCED, 0);
    assert_int_equal(baseline_evictions(&baseline), 2);
}

/* `stats reset` makes counters smaller and loses nothing. */
static void
test_reset(void **state)
{
    struct server_facts base = facts(50, 9), now = facts(60, 10);
    struct baseline baseline;

    (void)state;
    base.cmd_flush = 4;
    baseline_open(&baseline, &base);
    now.cmd_flush = 4;
    take(&baseline, now, 10, BASELINE_BALANCED, 0);
    take(&baseline, facts(1, 0), 11, BASELINE_RESET, 0);
    assert_int_equal(baseline.generation, 0);
    assert_int_equal(baseline.period, 1);
    assert_int_equal(baseline_evictions(&baseline), 1);
    /* nothing but the connections shows it */
    baseline = opened(0, 0);
    now = facts(5, 0);
    now.total_connections = 1;
    take(&baseline, now, 10, BASELINE_RESET, 0);
}

/* A proxy or an odd server that counts nothing is not judged. */
static void
test_without_counters(void **state)
{
    struct server_facts now = facts(0, 0);
    struct baseline baseline;

    (void)state;
    now.has_counters = false;
    baseline_open(&baseline, &now);
    take(&baseline, now, 1000, BASELINE_BALANCED, 0);
}

static void
test_lost(void **state)
{
    struct baseline baseline = opened(50, 9);
    struct server_facts none = {0};

    (void)state;
    assert_true(baseline.is_watched);
    assert_true(baseline.silent_since_ms == CLOCK_NEVER);
    baseline_lose(&baseline);
    assert_true(baseline.is_lost);
    assert_int_equal(baseline.generation, 1);
    baseline_open(&baseline, &none);
    assert_false(baseline.is_watched);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balanced),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_restarted),
        cmocka_unit_test(test_flushed),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_without_counters),
        cmocka_unit_test(test_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
