/*
 * An old connection of which nothing is acknowledged any more, and another one
 * that is tried beside it: which of them is used, and when.
 */
// LDFLAGS: -Wl,--wrap=clock_ms -Wl,--wrap=conn_finish
// LDFLAGS: -Wl,--wrap=conn_unheard_ms
#include "unit/link_peer.h"

static int64_t unheard_ms;
static int old_peer; /* the other end of the old connection */

int64_t __wrap_conn_unheard_ms(const struct conn *conn);

int64_t
__wrap_conn_unheard_ms(const struct conn *conn)
{
    (void)conn;
    return unheard_ms;
}

/* A connection that is drained. */
static int
set_up_drain(void **state)
{
    if (set_up_link(state))
        return -1;
    unheard_ms = 0;
    link_up();
    link_lose(&link_, TROUBLE_SILENT, "no reply", now_ms);
    assert_int_equal(link_.state, LINK_DRAINING);
    old_peer = peer;
    peer = -1;
    return 0;
}

static int
tear_down_drain(void **state)
{
    if (old_peer >= 0)
        close(old_peer);
    return tear_down_link(state);
}

static void
look(void)
{
    now_ms = link_wake_at(true);
    link_run(true);
}

/* It is dead, and the other one is greeted. */
static void
prove(void)
{
    unheard_ms = TIMEOUT_MS;
    look();
    assert_int_equal(link_.state, LINK_GREETING);
    assert_true(peer_accepts());
    assert_string_equal(peer_heard(), "version\r\nmn\r\n");
    peer_say("VERSION 1.6.18\r\nMN\r\n");
    link_run(true);
    assert_int_equal(link_.state, LINK_PROVING);
    assert_true(link_wake_at(true) <= now_ms + TIMEOUT_MS);
}

/* The old one was shut by us when it was given up. */
static bool
is_old_open(void)
{
    return send(old_peer, "x", 1, MSG_NOSIGNAL) == 1;
}

static void
test_only_a_dead_one(void **state)
{
    (void)state;
    unheard_ms = TIMEOUT_MS - 1;
    while (link_.state == LINK_DRAINING) {
        look();
        assert_false(peer_accepts());
    }
    assert_int_equal(link_.state, LINK_AWAY);
    assert_int_equal(now_ms, START_MS + MAX_OUTAGE_MS);
}

static void
test_another_takes_over(void **state)
{
    (void)state;
    prove();
    while (now_ms < link_.wake_at - 1) {
        now_ms = link_wake_at(true);
        assert_true(is_old_open());
        if (now_ms < link_.wake_at)
            link_run(true);
    }
    now_ms = link_.wake_at;
    link_run(true);
    assert_int_equal(link_.state, LINK_UP);
    assert_false(is_old_open());
    assert_int_equal(link_.reconnects, 1);
    assert_logged("the old connection is dead");
}

static void
test_the_old_one_ends(void **state)
{
    (void)state;
    prove();
    close(old_peer);
    old_peer = -1;
    link_run(true);
    assert_int_equal(link_.state, LINK_UP);
    assert_int_equal(link_.reconnects, 1);
}

/* Its bytes may come after all: it is waited for. */
static void
test_the_old_one_is_alive(void **state)
{
    (void)state;
    prove();
    unheard_ms = 10;
    link_run(true);
    assert_int_equal(link_.state, LINK_DRAINING);
    assert_string_equal(peer_heard(), "EOF");
    assert_true(is_old_open());
    look();
    assert_int_equal(link_.state, LINK_DRAINING);
    close(old_peer);
    old_peer = -1;
    link_run(true);
    assert_int_equal(link_.state, LINK_DOWN);
}

/* Nobody is at home: tried again and again, for as long as there is time. */
static void
test_no_other(void **state)
{
    unsigned looks = 0;

    (void)state;
    peer_stop_listening();
    unheard_ms = TIMEOUT_MS;
    while (link_.state == LINK_DRAINING) {
        assert_true(is_old_open());
        look();
        assert_true(looks++ < 100);
    }
    assert_int_equal(link_.state, LINK_AWAY);
    assert_int_equal(now_ms, START_MS + MAX_OUTAGE_MS);
    assert_logged("given up after 60.0 s");
}

static void
test_the_other_one_ends(void **state)
{
    (void)state;
    prove();
    peer_close();
    link_run(true);
    assert_int_equal(link_.state, LINK_DRAINING);
    assert_true(is_old_open());
    prove();
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up_drain, tear_down_drain)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_a_dead_one),
        TEST(test_another_takes_over),
        TEST(test_the_old_one_ends),
        TEST(test_the_old_one_is_alive),
        TEST(test_no_other),
        TEST(test_the_other_one_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
