/* What servers answer, held against what they acknowledged. */
// LDFLAGS: -Wl,--wrap=server_poll_start -Wl,--wrap=server_poll_take
// LDFLAGS: -Wl,--wrap=server_poll_kill -Wl,--wrap=clock_ms -Wl,--wrap=clock_ns
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/audit_cases.h"

enum { DEADLINE_S = 60 };

static void
all_is_there(void **state)
{
    (void)state;
    ask(false);
    assert_all(INPUT_DONE, INPUT_REASON_NONE);
    assert_string_equal(logged(), "");
    assert_true(audit.is_final);
    assert_false(run->has_evicted);
    assert_int_equal(fake.baselines[0].sets, 749994);
    audit_ask(&audit, true); /* there is nothing left to ask */
    assert_int_equal(n_asked, 1);
    assert_false(audit_take(&audit, false));
}

/* Windows sent twice, or other clients. */
static void
more_than_that_is_no_fault(void **state)
{
    (void)state;
    says[2].cmd_set += 1000;
    ask(false);
    assert_all(INPUT_DONE, INPUT_REASON_NONE);
    assert_string_equal(logged(), "");
}

/* What its report says of it stands: only then is one done. */
static void
a_bad_one_stays_bad(void **state)
{
    struct counts *counts = &at[1].report->counts;

    (void)state;
    counts->rejects[REASON_COLUMNS] += counts->blank;
    counts->rejected += counts->blank;
    counts->blank = 0;
    fake.settings.failure.max_error_rate = 0.000001;
    ask(false);
    assert_state(&at[1], INPUT_FAILED, INPUT_REASON_ERROR_RATE);
}

static void
when_it_asks(void **state)
{
    (void)state;
    ask(false);
    audit_ask(&audit, false); /* nobody waits */
    assert_int_equal(n_asked, 1);
    fake.baselines[2].reconnects = 1; /* a connection was lost */
    audit_ask(&audit, false);
    assert_int_equal(n_asked, 2);
    audit_ask(&audit, false); /* one at a time */
    assert_int_equal(n_asked, 2);
    assert_true(audit_take(&audit, false));
    assert_false(audit.is_final); /* more may be stored */
    audit_ask(&audit, false);
    assert_int_equal(n_asked, 2);
    become_read(&at[1]);
    audit_ask(&audit, false);
    assert_int_equal(n_asked, 3);
    assert_true(audit_take(&audit, false));
    assert_state(&at[1], INPUT_DONE, INPUT_REASON_NONE);
    audit_ask(&audit, true); /* once more at the very end */
    assert_int_equal(n_asked, 4);
    assert_true(audit_take(&audit, false));
    assert_true(audit.is_final);
}

/* What ended after the question was asked is not answered by it. */
static void
one_that_ended_meanwhile(void **state)
{
    (void)state;
    audit_ask(&audit, false);
    at[2].ended_ns = audit.asked_ns + 1;
    assert_true(audit_take(&audit, false));
    assert_state(&at[1], INPUT_DONE, INPUT_REASON_NONE);
    assert_state(&at[2], INPUT_READ, INPUT_REASON_NONE);
    assert_false(audit.is_final);
    now_ms++;
    ask(false);
    assert_state(&at[2], INPUT_DONE, INPUT_REASON_NONE);
}

/* A set less than acknowledged: nobody knows whose it was. */
static void
one_set_is_missing(void **state)
{
    unsigned periods[FAKE_SERVERS] = {0};

    (void)state;
    fake.places[0].periods = periods;
    fake_settle(&at[0], INPUT_FINISHED, INPUT_REASON_NONE, "");
    fake_run_begin(&fake, 0, 2, at[2].started_ns); /* this one goes on */
    says[1].cmd_set--;
    says[1].store_too_large = 3;
    ask(false);
    assert_logged("E shard gaid (127.0.0.1:33014): it counts 1 set fewer than "
                  "it acknowledged (cmd_set; it refused 3)\n");
    assert_state(&at[0], INPUT_FINISHED, INPUT_REASON_NONE);
    assert_state(&at[1], INPUT_FAILED, INPUT_REASON_SHORTFALL);
    assert_string_equal(at[1].status.message,
        "a server counts fewer sets than it acknowledged while this file was "
        "loaded: load it again");
    assert_state(&at[2], INPUT_LOADING, INPUT_REASON_NONE);
    assert_int_equal(fake.baselines[1].period, 1);
    /* it ends, and a later reading balances: that does not make it good */
    fake.places[0].at = NULL;
    input_happened(&at[2].status, INPUT_WAS_READ);
    ask(false);
    assert_state(&at[2], INPUT_FAILED, INPUT_REASON_SHORTFALL);
    /* what begins after it is none of that */
    become_read(&at[1]);
    at[1].is_short = false;
    ask(false);
    assert_state(&at[1], INPUT_DONE, INPUT_REASON_NONE);
}

/* A process that is under way counts with what it has published, if it began
 * in this period. */
static void
those_under_way_count(void **state)
{
    struct report *report = report_new(FAKE_SERVERS);

    (void)state;
    for (unsigned period = 0; period < 2; period++) {
        unsigned periods[FAKE_SERVERS] = {period, period, period, period};

        if (period)
            again(state);
        fake_run_begin(&fake, 0, 2, at[2].started_ns);
        fake.places[0].periods = periods;
        report->servers[3].stored = 4;
        report->servers[3].sent = 1;
        slot_publish(fake.places[0].slot, report);
        says[3].cmd_set += 4;
        ask(false);
        assert_state(&at[1], period ? INPUT_DONE : INPUT_FAILED,
            period ? INPUT_REASON_NONE : INPUT_REASON_SHORTFALL);
        fake.places[0].at = NULL;
    }
    free(report);
}

static void
counters_were_reset(void **state)
{
    (void)state;
    fake.baselines[0].now.cmd_set = 1000; /* it said so before */
    says[0].cmd_set = 5;
    ask(false);
    assert_logged("W shard idfa (127.0.0.1:33013): its counters were reset: "
                  "what was stored before cannot be held against them\n");
    assert_all(INPUT_DONE, INPUT_REASON_NONE);
    assert_int_equal(fake.baselines[0].period, 1);
    assert_int_equal(fake.baselines[0].generation, 0);
}

static void
a_server_was_restarted(void **state)
{
    const char *text;

    (void)state;
    restart_server(1);
    ask(false);
    assert_all(INPUT_TO_RELOAD, INPUT_REASON_NONE);
    assert_true(at[0].again[1]);
    assert_false(audit.is_final);
    text = logged();
    assert_non_null(strstr(text,
        "W shard gaid (127.0.0.1:33014): it was restarted\n"));
    assert_non_null(strstr(text, "loading 3 files again for it\n"));
    /* and stopping, nothing is loaded again */
    again(state);
    restart_server(1);
    ask(true);
    assert_all(INPUT_FAILED, INPUT_REASON_LOST);
    assert_int_equal(fake.baselines[1].lost, 749990);
}

static void
restarted_too_often(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        for (size_t j = 0; j < FAKE_FILES; j++) {
            free(at[j].again);
            at[j].again = NULL;
            at[j].generations[1] = fake.baselines[1].generation;
            become_read(&at[j]);
        }
        logged();
        restart_server(1);
        ask(false);
        assert_int_equal(fake.baselines[1].restarts, i);
        assert_int_equal(fake.baselines[1].is_lost, i == 3);
        assert_int_equal(fake.servers[1].is_away, i == 3);
        if (i < 3)
            assert_all(INPUT_TO_RELOAD, INPUT_REASON_NONE);
    }
    assert_logged("E shard gaid (127.0.0.1:33014): it lost what it held 3 "
                  "times in this load: it is given up\n");
    assert_all(INPUT_FAILED, INPUT_REASON_LOST);
    assert_int_equal(fake.baselines[1].lost, 749990);
    /* it is not listened to any more */
    says[1].is_known = false;
    audit.is_final = false;
    ask(false);
    assert_string_equal(logged(), "");
}

static void
evictions_over_the_limit(void **state)
{
    (void)state;
    fake.settings.failure.max_evictions = 7;
    says[0].evictions = 3;
    says[3].evictions = 4;
    ask(false);
    assert_all(INPUT_DONE, INPUT_REASON_NONE);
    assert_false(run->has_evicted);
    become_read(&at[2]);
    says[3].evictions = 5;
    ask(false);
    assert_state(&at[1], INPUT_DONE, INPUT_REASON_NONE);
    assert_state(&at[2], INPUT_FAILED, INPUT_REASON_EVICTIONS);
    assert_string_equal(at[2].status.message,
        "the servers evicted 8 items, --max-evictions is 7: give memcached "
        "more memory (-m) and load it again");
    assert_true(run->has_evicted);
}

/* Two shards at one server: it has one counter for both, and one of evictions.
 */
static void
shards_that_share_a_server(void **state)
{
    for (uint64_t missing = 0; missing < 2; missing++) {
        if (missing)
            again(state);
        shards_join(&run->shards, 1, 0);
        fake.settings.failure.max_evictions = 5;
        says[0].cmd_set += says[1].cmd_set - missing;
        says[0].evictions = 5; /* not ten */
        says[1] = says[0];
        ask(false);
        assert_all(missing ? INPUT_FAILED : INPUT_DONE,
            missing ? INPUT_REASON_SHORTFALL : INPUT_REASON_NONE);
        assert_false(run->has_evicted);
    }
    assert_logged("it counts 1 set fewer");
}

static void
what_is_told_at_the_end(void **state)
{
    const char *text;

    (void)state;
    says[0].evictions = 2;
    says[1].cmd_set += 30;
    ask(false);
    logged();
    audit_tell(&audit);
    text = logged();
    assert_non_null(strstr(text,
        "W shard idfa (127.0.0.1:33013): it evicted 2 items during the load; "
        "give memcached more memory (-m)\n"));
    assert_non_null(strstr(text,
        "I shard gaid (127.0.0.1:33014): it counts 30 sets that we did not "
        "send: other clients store there, too\n"));
    assert_null(strstr(text, "pool"));
    at[0].report->servers[1].retried = 30; /* ours, perhaps, sent twice */
    audit_tell(&audit);
    assert_null(strstr(logged(), "gaid"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        AUDIT_CASE(all_is_there),
        AUDIT_CASE(more_than_that_is_no_fault),
        AUDIT_CASE(a_bad_one_stays_bad),
        AUDIT_CASE(when_it_asks),
        AUDIT_CASE(one_that_ended_meanwhile),
        AUDIT_CASE(one_set_is_missing),
        AUDIT_CASE(those_under_way_count),
        AUDIT_CASE(counters_were_reset),
        AUDIT_CASE(a_server_was_restarted),
        AUDIT_CASE(restarted_too_often),
        AUDIT_CASE(evictions_over_the_limit),
        AUDIT_CASE(shards_that_share_a_server),
        AUDIT_CASE(what_is_told_at_the_end),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
