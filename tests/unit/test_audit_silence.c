/* Servers that do not answer, and questions that nobody got to ask. */
// LDFLAGS: -Wl,--wrap=server_poll_start -Wl,--wrap=server_poll_take
// LDFLAGS: -Wl,--wrap=server_poll_kill -Wl,--wrap=clock_ms -Wl,--wrap=clock_ns
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/audit_cases.h"

enum { DEADLINE_S = 60, PAUSE_MS = 200 };

static void
be_silent(size_t server)
{
    says[server].is_known = false;
}

/* Only what it holds waits for it. */
static void
silence_and_then_an_answer(void **state)
{
    (void)state;
    at[2].report->servers[0].stored += held(&at[2], 1);
    at[2].report->servers[1].stored = 0; /* it is not on server 1 */
    be_silent(1);
    says[0].cmd_set += 1000000;
    ask(false);
    assert_state(&at[0], INPUT_READ, INPUT_REASON_NONE);
    assert_state(&at[1], INPUT_READ, INPUT_REASON_NONE);
    assert_state(&at[2], INPUT_DONE, INPUT_REASON_NONE);
    assert_logged("W shard gaid (127.0.0.1:33014): it does not answer: no "
                  "word\n");
    assert_false(audit.is_final);
    assert_int_equal(audit.next_at_ms, now_ms + PAUSE_MS);
    now_ms += PAUSE_MS - 1;
    audit_ask(&audit, true); /* not before */
    assert_int_equal(n_asked, 1);
    now_ms++;
    ask(false);
    assert_string_equal(logged(), ""); /* told once */
    now_ms += PAUSE_MS;
    says[1].is_known = true;
    ask(false);
    assert_all(INPUT_DONE, INPUT_REASON_NONE);
    assert_logged("I shard gaid (127.0.0.1:33014): it answers again\n");
    assert_true(audit.is_final);
    assert_int_equal(audit.next_at_ms, 0);
}

static void
silence_for_too_long(void **state)
{
    (void)state;
    be_silent(3);
    ask(false);
    now_ms += fake.settings.failure.max_outage_ms - 1;
    ask(false);
    assert_all(INPUT_READ, INPUT_REASON_NONE);
    assert_false(fake.servers[3].is_away);
    now_ms++;
    logged();
    audit_ask(&audit, true);
    assert_int_equal(n_asked, 2); /* the pause */
    now_ms += PAUSE_MS;
    ask(false);
    assert_logged("E shard pool (unix:/run/memcached.sock): it does not answer "
                  "any more: what it stored may be gone\n");
    assert_true(fake.servers[3].is_away);
    assert_true(fake.baselines[3].is_lost);
    assert_all(INPUT_FAILED, INPUT_REASON_LOST);
    assert_true(audit.is_final); /* it is not waited for */
}

/* No room for one more connection, say: those that are open go on. */
static void
silent_but_at_work(void **state)
{
    (void)state;
    be_silent(3);
    ask(false);
    for (int i = 0; i < 5; i++) {
        now_ms += fake.settings.failure.max_outage_ms - 1;
        fake.baselines[3].acked++;
        ask(false);
        assert_all(INPUT_READ, INPUT_REASON_NONE);
    }
    now_ms += fake.settings.failure.max_outage_ms;
    ask(false);
    assert_all(INPUT_FAILED, INPUT_REASON_LOST);
}

/* Whoever is stopped does not wait for it, nor for one that was given up. */
static void
no_patience(void **state)
{
    (void)state;
    be_silent(0);
    ask(true);
    assert_all(INPUT_FAILED, INPUT_REASON_LOST);
    again(state);
    be_silent(0);
    fake.servers[0].is_away = true;
    ask(false);
    assert_all(INPUT_FAILED, INPUT_REASON_LOST);
}

/* One that holds nothing of ours may be silent. */
static void
it_holds_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAKE_FILES; i++) {
        at[i].report->servers[0].stored += held(&at[i], 2);
        at[i].report->servers[2].stored = 0;
    }
    says[0].cmd_set *= 2;
    fake.baselines[2].acked = 0;
    be_silent(2);
    ask(true);
    assert_all(INPUT_DONE, INPUT_REASON_NONE);
    assert_false(fake.baselines[2].is_lost);
    assert_true(audit.is_final);
}

/* Then its silence is not its own: as often as it takes, until --max-outage
 * is over, or, when stopping, --timeout. */
static void
nobody_got_to_ask(void **state)
{
    for (int how = 0; how < 4; how++) {
        bool is_stopping = how & 1;
        int64_t wait_ms;

        if (how)
            again(state);
        wait_ms = is_stopping ? fake.settings.failure.timeout_ms
                              : fake.settings.failure.max_outage_ms;
        cannot_start = how & 2;
        has_died = !cannot_start;
        ask(is_stopping);
        assert_all(INPUT_READ, INPUT_REASON_NONE);
        assert_logged(": it cannot be asked: no word\n");
        now_ms += wait_ms - 1;
        ask(is_stopping);
        assert_all(INPUT_READ, INPUT_REASON_NONE);
        now_ms += PAUSE_MS;
        logged();
        ask(is_stopping);
        assert_all(INPUT_FAILED, INPUT_REASON_LOST);
        assert_logged(
            ": it cannot be asked any more: what it stored may be gone\n");
    }
}

/* A stop that comes late leaves --timeout from then on. */
static void
stopped_while_nobody_asks(void **state)
{
    (void)state;
    has_died = true;
    ask(false);
    now_ms += 30000;
    ask(true);
    now_ms += fake.settings.failure.timeout_ms - 1;
    ask(true);
    assert_all(INPUT_READ, INPUT_REASON_NONE);
    has_died = false;
    now_ms += PAUSE_MS;
    ask(true);
    assert_all(INPUT_DONE, INPUT_REASON_NONE);
}

/* A second stop: its answer is no answer any more. */
static void
it_is_dropped(void **state)
{
    (void)state;
    audit_ask(&audit, true);
    audit_drop(&audit);
    assert_int_equal(n_killed, 1);
    assert_true(is_waiting());
    restart_server(1);
    assert_false(audit_take(&audit, true));
    assert_false(is_waiting());
    assert_all(INPUT_READ, INPUT_REASON_NONE);
    assert_int_equal(fake.baselines[1].restarts, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        AUDIT_CASE(silence_and_then_an_answer),
        AUDIT_CASE(silence_for_too_long),
        AUDIT_CASE(silent_but_at_work),
        AUDIT_CASE(no_patience),
        AUDIT_CASE(it_holds_nothing),
        AUDIT_CASE(nobody_got_to_ask),
        AUDIT_CASE(stopped_while_nobody_asks),
        AUDIT_CASE(it_is_dropped),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
