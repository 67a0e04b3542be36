/*
 * A connection that comes back: every state of it, against a server that the
 * test plays itself, by a clock that the test sets.
 */
// LDFLAGS: -Wl,--wrap=clock_ms -Wl,--wrap=conn_finish
#include "unit/link_peer.h"

static void
test_connects_when_wanted(void **state)
{
    (void)state;
    assert_int_equal(link_.state, LINK_DOWN);
    link_run(false);
    assert_int_equal(link_.state, LINK_DOWN);
    assert_false(peer_accepts());
    assert_int_equal(link_events(false), 0);
    assert_true(link_wake_at(false) == CLOCK_NEVER);
    assert_true(link_wake_at(true) <= now_ms);
    link_up();
    assert_true(link_.has_meta);
    assert_int_equal(link_.reconnects, 0);
    assert_false(outage_is_on(&link_.outage));
    assert_false(link_work(&link_, true, now_ms));
}

static const struct greeting {
    const char *says;
    enum link_state at_once, bytewise; /* what it leads to, said so */
    bool has_meta;
} greetings[] = {
    {"VERSION 1.6.18\r\nMN\r\n", LINK_UP, LINK_UP, true},
    {"VERSION 1.6.10\r\nMN\r\n", LINK_UP, LINK_UP, true},
    {"VERSION 1.6.18\r\nERROR\r\n", LINK_UP, LINK_UP, false},
    {"VERSION 1.4.15\r\nERROR\r\n", LINK_UP, LINK_UP, false},
    /* its meta commands are not those that we know */
    {"VERSION 1.6.9\r\nMN\r\n", LINK_UP, LINK_UP, false},
    /* unfinished */
    {"", LINK_GREETING, LINK_GREETING, false},
    {"VERSION 1.6.18\r\n", LINK_GREETING, LINK_GREETING, false},
    {"VERSION 1.6.18\r\nMN", LINK_GREETING, LINK_GREETING, false},
    /* no memcached, or one that says more than it was asked */
    {"MN\r\n", LINK_DOWN, LINK_DOWN, false},
    {"ERROR\r\n", LINK_DOWN, LINK_DOWN, false},
    {"VERSION 1.6.18\r\nSTORED\r\n", LINK_DOWN, LINK_DOWN, false},
    {"VERSION 1.6.18\r\nMN\r\nMN\r\n", LINK_DOWN, LINK_UP, false},
    {"HTTP/1.1 400 Bad Request\r\n\r\n", LINK_DOWN, LINK_DOWN, false},
    {"SERVER_ERROR out of memory\r\n", LINK_DOWN, LINK_DOWN, false},
};

static void
check_greeting(const struct greeting *greeting, bool bytewise)
{
    enum link_state wanted = bytewise ? greeting->bytewise : greeting->at_once;

    link_release(&link_);
    link_init(&link_, &config);
    link_run(true);
    assert_int_equal(link_.state, LINK_GREETING);
    assert_true(peer_accepts());
    for (const char *at = greeting->says; bytewise && *at; at++) {
        char one[2] = {*at};

        if (link_.state != LINK_GREETING)
            break;
        peer_say(one);
        link_run(true);
    }
    if (!bytewise)
        peer_say(greeting->says);
    link_run(true);
    if (link_.state != wanted)
        fail_msg("\"%s\": state %d", greeting->says, (int)link_.state);
    if (greeting->at_once == LINK_UP)
        assert_int_equal(link_.has_meta, greeting->has_meta);
    /* nothing was asked that could be applied late, so nothing is drained */
    assert_int_equal(outage_is_on(&link_.outage), link_.state == LINK_DOWN);
    assert_int_equal(link_.conn.fd < 0, link_.state == LINK_DOWN);
}

static void
test_greetings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
        check_greeting(&greetings[i], false);
        check_greeting(&greetings[i], true);
    }
}

static void
test_greeting_has_its_time(void **state)
{
    (void)state;
    link_run(true);
    assert_true(peer_accepts());
    assert_true(link_wake_at(true) == now_ms + TIMEOUT_MS);
    assert_int_equal(link_events(true), POLLIN);
    now_ms += TIMEOUT_MS - 1;
    link_run(true);
    assert_int_equal(link_.state, LINK_GREETING);
    now_ms++;
    link_run(true);
    assert_int_equal(link_.state, LINK_DOWN);
    assert_logged("no answer: no answer to `version` within --timeout");
}

/* What the server said before it closed is read first. */
static void
test_greeting_that_closes(void **state)
{
    (void)state;
    link_run(true);
    assert_true(peer_accepts());
    peer_say("ERROR Too many open connections\r\n");
    peer_close();
    link_run(true);
    assert_int_equal(link_.state, LINK_DOWN);
    assert_logged("ERROR Too many open connections");
}

static void
test_connecting_has_its_time(void **state)
{
    (void)state;
    connects_slowly = true;
    link_run(true);
    assert_int_equal(link_.state, LINK_CONNECTING);
    assert_int_equal(link_events(true), POLLOUT);
    assert_true(link_wake_at(true) == now_ms + TIMEOUT_MS);
    now_ms += TIMEOUT_MS - 1;
    link_run(true);
    assert_int_equal(link_.state, LINK_CONNECTING);
    now_ms++;
    link_run(true);
    assert_int_equal(link_.state, LINK_DOWN);
    assert_logged("cannot connect within --timeout");
    connects_slowly = false;
    now_ms = link_wake_at(true);
    assert_true(peer_accepts());
    link_up();
    assert_int_equal(link_.reconnects, 0);
}

/* Longer and longer pauses, a last try at the end of the time, no more. */
static void
test_gives_up(void **state)
{
    int64_t delay_ms = RETRY_DELAY_MS, wake_at;

    (void)state;
    peer_stop_listening();
    link_run(true);
    for (unsigned tries = 0; link_.state != LINK_AWAY; tries++) {
        assert_int_equal(link_.state, LINK_DOWN);
        assert_true(tries < 100);
        wake_at = link_wake_at(true);
        assert_in_range(wake_at, START_MS, START_MS + MAX_OUTAGE_MS);
        if (wake_at < START_MS + MAX_OUTAGE_MS)
            assert_in_range(wake_at - now_ms, delay_ms / 2, delay_ms);
        assert_true(link_wake_at(false) == CLOCK_NEVER);
        now_ms = wake_at - 1;
        link_run(true);
        assert_int_equal(link_.state, LINK_DOWN);
        now_ms++;
        link_run(false);
        assert_int_equal(link_.state, LINK_DOWN);
        link_run(true);
        delay_ms = delay_ms * 2 < RETRY_DELAY_MAX_MS ? delay_ms * 2
                                                     : RETRY_DELAY_MAX_MS;
    }
    assert_int_equal(now_ms, START_MS + MAX_OUTAGE_MS);
    assert_logged("given up after 60.0 s: cannot connect");
    assert_logged("Start the server and load the file again");
    peer_listen();
    now_ms += MAX_OUTAGE_MS;
    assert_false(link_work(&link_, true, now_ms));
    assert_true(link_wake_at(true) == CLOCK_NEVER);
    assert_false(peer_accepts());
}

static void
test_away_from_the_beginning(void **state)
{
    (void)state;
    config.is_away = true;
    link_init(&link_, &config);
    assert_false(link_work(&link_, true, now_ms));
    assert_int_equal(link_.state, LINK_AWAY);
    assert_true(link_wake_at(true) == CLOCK_NEVER);
}

/* A connection that the server ended has nothing left to apply. */
static void
test_closed_is_opened_again(void **state)
{
    (void)state;
    link_up();
    peer_close();
    link_lose(&link_, TROUBLE_CLOSED, "it is gone", now_ms);
    assert_int_equal(link_.state, LINK_DOWN);
    assert_logged("connection lost: it is gone");
    assert_in_range(link_wake_at(true), now_ms + RETRY_DELAY_MS / 2,
        now_ms + RETRY_DELAY_MS);
    now_ms = link_wake_at(true);
    link_up();
    assert_int_equal(link_.reconnects, 1);
    /* connected is not answered: only a fence ends the outage */
    assert_true(outage_is_on(&link_.outage));
    now_ms = START_MS + 3000;
    link_alive(&link_, now_ms);
    assert_false(outage_is_on(&link_.outage));
    assert_logged("back after 3");
}

/* One that may still hold requests is read to its end before another is
 * opened. */
static void
test_silent_is_drained(void **state)
{
    static const enum trouble troubles[] = {TROUBLE_SILENT, TROUBLE_GARBAGE};

    (void)state;
    link_up();
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(send(link_.conn.fd, "late", 4, 0), 4);
        link_lose(&link_, troubles[i], "no reply", now_ms);
        assert_int_equal(link_.state, LINK_DRAINING);
        assert_int_equal(link_events(true), POLLIN);
        assert_string_equal(peer_heard(), "late");
        assert_string_equal(peer_heard(), "EOF");
        /* it answers after all, which is nobody's any more */
        peer_say("HD\r\nSERVER_ERROR\r\n\0\0");
        now_ms += MAX_OUTAGE_MS / 2;
        link_run(true);
        assert_int_equal(link_.state, LINK_DRAINING);
        assert_false(peer_accepts());
        peer_close();
        link_run(true);
        assert_int_equal(link_.state, LINK_DOWN);
        now_ms = link_wake_at(true);
        link_up();
        assert_int_equal(link_.reconnects, i + 1);
        link_alive(&link_, now_ms);
    }
}

static void
test_drain_has_its_time(void **state)
{
    (void)state;
    link_up();
    now_ms += 1000;
    link_lose(&link_, TROUBLE_SILENT, "no reply", now_ms);
    assert_true(link_wake_at(true) == now_ms + MAX_OUTAGE_MS);
    now_ms += MAX_OUTAGE_MS - 1;
    link_run(true);
    assert_int_equal(link_.state, LINK_DRAINING);
    now_ms++;
    link_run(true);
    assert_int_equal(link_.state, LINK_AWAY);
    assert_int_equal(link_.conn.fd, -1);
    assert_logged("it neither answers nor ends the old connection");
}

/* Servers end idle connections: no trouble, and no pause before the next. */
static void
test_idle_end_is_no_outage(void **state)
{
    (void)state;
    link_up();
    link_end_idle(&link_, TROUBLE_CLOSED, "idle for too long");
    assert_int_equal(link_.state, LINK_DOWN);
    assert_false(outage_is_on(&link_.outage));
    link_run(false);
    assert_int_equal(link_.state, LINK_DOWN);
    assert_true(link_wake_at(false) == CLOCK_NEVER);
    link_up();
    assert_int_equal(link_.reconnects, 1);
    /* nonsense is worth a warning, an end is not */
    link_end_idle(&link_, TROUBLE_GARBAGE, "HELLO");
    assert_logged("while idle: unexpected reply: HELLO");
    char *log = logged_text();
    assert_null(strstr(log, "idle for too long"));
    free(log);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up_link, tear_down_link)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_connects_when_wanted),
        TEST(test_greetings),
        TEST(test_greeting_has_its_time),
        TEST(test_greeting_that_closes),
        TEST(test_connecting_has_its_time),
        TEST(test_gives_up),
        TEST(test_away_from_the_beginning),
        TEST(test_closed_is_opened_again),
        TEST(test_silent_is_drained),
        TEST(test_drain_has_its_time),
        TEST(test_idle_end_is_no_outage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
