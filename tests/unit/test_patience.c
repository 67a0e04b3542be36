/*
 * What is progress and what is none, by a clock that the test sets and a peer
 * that acknowledges what the test says.
 */
// LDFLAGS: -Wl,--wrap=conn_unacked
#include "memc/patience.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TIMEOUT_MS = 5000, START_MS = 1000000, STEP_MS = 500 };

static size_t unacked;
static struct patience patience;
static int64_t now_ms;

size_t __wrap_conn_unacked(const struct conn *conn);

size_t
__wrap_conn_unacked(const struct conn *conn)
{
    (void)conn;
    return unacked;
}

static int
set_up(void **state)
{
    (void)state;
    now_ms = START_MS;
    unacked = 0;
    patience_begin(&patience, now_ms);
    return 0;
}

static void
send_bytes(size_t n)
{
    patience.sent += n;
    unacked += n;
}

/* In steps, of which each has so many bytes acknowledged. When it is over, or
 * 0 if it is not before `most_ms`. */
static int64_t
over_after(size_t acked_bytes, uint64_t goal, int64_t most_ms)
{
    int64_t from_ms = now_ms;

    while (now_ms < from_ms + most_ms) {
        now_ms += STEP_MS;
        unacked -= acked_bytes < unacked ? acked_bytes : unacked;
        if (patience_is_over(&patience, NULL, goal, TIMEOUT_MS, now_ms))
            return now_ms - from_ms;
    }
    return 0;
}

/* The socket took all of it, its peer none. */
static void
test_a_black_hole(void **state)
{
    (void)state;
    send_bytes(1 << 20);
    assert_int_equal(over_after(0, UINT64_MAX, 60000), TIMEOUT_MS);
}

/* What is sent behind it changes nothing. */
static void
test_more_into_a_black_hole(void **state)
{
    (void)state;
    send_bytes(300);
    for (int64_t ms = 0; ms < TIMEOUT_MS - STEP_MS; ms += STEP_MS) {
        assert_int_equal(over_after(0, 300, STEP_MS), 0);
        send_bytes(300);
    }
    assert_int_equal(over_after(0, 300, 60000), STEP_MS);
}

/* 60 s for a window, ten times as long as the timeout, and a bit. */
static void
test_a_slow_link(void **state)
{
    (void)state;
    send_bytes(1 << 20);
    assert_int_equal(over_after((1 << 20) / 120, 1 << 20, 60000), 0);
    assert_in_range(over_after(0, 1 << 20, 60000), TIMEOUT_MS - STEP_MS,
        TIMEOUT_MS + 2 * STEP_MS);
}

/* Progress, but so little that it would never end. */
static void
test_drops(void **state)
{
    (void)state;
    send_bytes(1 << 20);
    assert_int_equal(over_after(1, UINT64_MAX, 60000), TIMEOUT_MS);
}

/* The whole of a window is progress however small it is; later ones are none,
 * since its answer is due. */
static void
test_a_server_that_hangs(void **state)
{
    (void)state;
    send_bytes(300);
    assert_int_equal(over_after(0, 300, TIMEOUT_MS / 2), 0);
    send_bytes(1 << 20);
    assert_in_range(over_after(10000, 300, 60000), TIMEOUT_MS,
        TIMEOUT_MS + 2 * STEP_MS);
}

static void
test_replies(void **state)
{
    (void)state;
    send_bytes(300);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(over_after(0, 300, TIMEOUT_MS - STEP_MS), 0);
        patience_renew(&patience, now_ms);
    }
}

/* It asks to be called in time, never for nothing, and seldom. */
static void
test_wakes(void **state)
{
    unsigned calls = 0;
    int64_t wake_at;

    (void)state;
    send_bytes(300);
    while (!patience_is_over(&patience, NULL, 300, TIMEOUT_MS, now_ms)) {
        wake_at = patience_wake_at(&patience, TIMEOUT_MS);
        assert_true(wake_at > now_ms);
        now_ms = wake_at;
        assert_true(calls++ < 20);
    }
    assert_int_equal(now_ms, START_MS + TIMEOUT_MS);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_black_hole),
        TEST(test_more_into_a_black_hole),
        TEST(test_a_slow_link),
        TEST(test_drops),
        TEST(test_a_server_that_hangs),
        TEST(test_replies),
        TEST(test_wakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
