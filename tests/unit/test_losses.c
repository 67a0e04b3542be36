/* What is lost when a server was restarted, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "audit/losses.h"
#include "unit/loss_cases.h"

enum { DEADLINE_S = 60 };

static void
nothing_is_lost(void **state)
{
    (void)state;
    losses_find(run, true);
    for (size_t i = 0; i < FAKE_FILES; i++) {
        assert_state(&at[i], INPUT_READ, INPUT_REASON_NONE);
        assert_null(at[i].again);
    }
    assert_string_equal(logged(), "");
}

static void
what_can_be_loaded_again(void **state)
{
    uint64_t n = 0;

    (void)state;
    fake_settle(&at[0], INPUT_FINISHED, INPUT_REASON_NONE, "");
    fake.inputs[0].is_stuck = true;
    fake_settle(&at[2], INPUT_FAILED, INPUT_REASON_CORRUPT, "bad data");
    restart(1);
    losses_find(run, true);
    for (size_t i = 0; i < FAKE_FILES; i++) {
        assert_state(&at[i], INPUT_TO_RELOAD, INPUT_REASON_NONE);
        for (size_t j = 0; j < FAKE_SERVERS; j++)
            assert_int_equal(at[i].again[j], j == 1);
        assert_int_equal(at[i].lost, 0);
        n += held(&at[i], 1);
    }
    assert_int_equal(n, 749990); /* counted as stored still */
    assert_false(fake.inputs[0].is_stuck);
    assert_int_equal(fake.baselines[1].lost, 0);
    assert_logged("W shard gaid (127.0.0.1:33014): 749,990 records of this "
                  "load gone from it; loading 3 files again for it\n");
    losses_find(run, true); /* told once */
    assert_string_equal(logged(), "");
    assert_balanced();
}

static void
what_is_gone_for_good(void **state)
{
    uint64_t n[FAKE_FILES], lost = 0;

    (void)state;
    fake_settle(&at[0], INPUT_FINISHED, INPUT_REASON_NONE, "");
    fake_settle(&at[1], INPUT_FAILED, INPUT_REASON_CORRUPT, "bad data");
    fake_settle(&at[2], INPUT_INTERRUPTED, INPUT_REASON_INTERRUPTED, "stop");
    for (size_t i = 0; i < FAKE_FILES; i++)
        lost += n[i] = held(&at[i], 3);
    restart(3);
    losses_find(run, false);
    assert_state(&at[0], INPUT_FAILED, INPUT_REASON_LOST);
    assert_string_equal(at[0].status.message,
        "shard pool (unix:/run/memcached.sock) lost 249,997 of its records: "
        "load it again");
    assert_state(&at[1], INPUT_FAILED, INPUT_REASON_CORRUPT);
    assert_string_equal(at[1].status.message, "bad data");
    assert_state(&at[2], INPUT_INTERRUPTED, INPUT_REASON_INTERRUPTED);
    for (size_t i = 0; i < FAKE_FILES; i++) {
        assert_int_equal(at[i].lost, n[i]);
        assert_int_equal(at[i].report->servers[3].outage, n[i]);
        assert_int_equal(at[i].report->counts.failed, n[i]);
        assert_int_equal(held(&at[i], 3), 0);
        assert_null(at[i].again);
    }
    assert_int_equal(fake.baselines[3].lost, lost);
    assert_logged("E shard pool (unix:/run/memcached.sock): 749,990 records of "
                  "this load gone from it, and failed\n");
    losses_find(run, true); /* there is nothing left to lose */
    assert_string_equal(logged(), "");
    assert_int_equal(fake.baselines[3].lost, lost);
    assert_balanced();
}

static void
fail_on_restart(void)
{
    fake.settings.failure.on_restart = ON_RESTART_FAIL;
}

static void
read_from_stdin(void)
{
    fake.inputs[0].type = &input_stdin;
}

static void
die_early(void)
{
    at[0].is_partial = true;
}

static void
give_server_up(void)
{
    baseline_lose(&fake.baselines[1]);
}

static void
interrupt(void)
{
    fake_settle(&at[0], INPUT_INTERRUPTED, INPUT_REASON_INTERRUPTED, "stop");
}

/* Each alone is enough, though it may be loaded again else. */
static void
what_cannot_be_loaded_again(void **state)
{
    static const struct {
        void (*prepare)(void);
        enum input_state state;
        enum input_reason reason;
        const char *says;
    } rows[] = {
        {fail_on_restart, INPUT_FAILED, INPUT_REASON_LOST,
            "shard gaid (127.0.0.1:33014) lost 249,997 of its records: load it "
            "again"},
        {read_from_stdin, INPUT_FAILED, INPUT_REASON_LOST,
            "shard gaid (127.0.0.1:33014) lost 249,997 of its records: "
            "standard input cannot be read twice, give it again"},
        {die_early, INPUT_FAILED, INPUT_REASON_LOST, "load it again"},
        {give_server_up, INPUT_FAILED, INPUT_REASON_LOST, "load it again"},
        {interrupt, INPUT_INTERRUPTED, INPUT_REASON_INTERRUPTED, "stop"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (i) {
            load_tear_down(state);
            load_set_up(state);
        }
        rows[i].prepare();
        restart(1);
        losses_find(run, true);
        assert_state(&at[0], rows[i].state, rows[i].reason);
        assert_non_null(strstr(at[0].status.message, rows[i].says));
        assert_int_equal(at[0].lost, 249997);
        assert_null(at[0].again);
        assert_balanced();
    }
}

static void
what_is_not_looked_at(void **state)
{
    (void)state;
    fake_settle(&at[0], INPUT_LOADING, INPUT_REASON_NONE, "");
    fake_run_wait(&fake, 1);
    restart(0);
    restart(1);
    fake.baselines[1].is_watched = false;
    restart(2);
    at[2].generations[2] = fake.baselines[2].generation; /* stored since */
    losses_find(run, false);
    assert_state(&at[0], INPUT_LOADING, INPUT_REASON_NONE);
    assert_state(&at[1], INPUT_WAITING, INPUT_REASON_NONE);
    assert_state(&at[2], INPUT_FAILED, INPUT_REASON_LOST);
    assert_int_equal(at[0].lost, 0);
    assert_int_equal(at[2].lost, 249998); /* of server 0 alone */
    assert_int_equal(fake.baselines[1].lost + fake.baselines[2].lost, 0);
    at[1].report = report_new(FAKE_SERVERS);
}

/* Lost for good on one server and to be loaded again for another: it is judged
 * when that is over, whichever comes first. */
static void
lost_in_both_ways(void **state)
{
    for (size_t up = 0; up < 2; up++) {
        struct report *again;
        uint64_t n;

        if (up) {
            load_tear_down(state);
            load_set_up(state);
        }
        n = held(&at[0], 1 - up);
        restart(up);
        baseline_lose(&fake.baselines[1 - up]);
        losses_find(run, true);
        assert_state(&at[0], INPUT_TO_RELOAD, INPUT_REASON_NONE);
        assert_true(at[0].again[up]);
        assert_false(at[0].again[1 - up]);
        assert_int_equal(at[0].lost, n);
        begin_again(&at[0]);
        again = stored_again(&at[0], 0);
        losses_reloaded(run, &at[0], again, true);
        free(again);
        assert_state(&at[0], INPUT_READ, INPUT_REASON_NONE);
        assert_balanced();
    }
}

static void
it_was_loaded_again(void **state)
{
    struct report *again;
    uint64_t n = held(&at[0], 2);

    (void)state;
    at[0].report->jsonl_lines = 5;
    restart(2);
    losses_find(run, true);
    begin_again(&at[0]);
    again = stored_again(&at[0], 7);
    again->jsonl_lines = 1;
    again->tsv_lines = 2;
    again->csv_lines = 3;
    losses_reloaded(run, &at[0], again, true);
    free(again);
    assert_state(&at[0], INPUT_READ, INPUT_REASON_NONE);
    assert_null(at[0].again);
    assert_int_equal(held(&at[0], 2), n - 7);
    assert_int_equal(at[0].report->counts.failed, 7); /* as lost */
    assert_int_equal(fake.baselines[2].reloaded, n - 7);
    assert_int_equal(at[0].report->jsonl_lines, 6);
    assert_int_equal(at[0].report->tsv_lines, 2);
    assert_int_equal(at[0].report->csv_lines, 3);
    assert_balanced();
    logged();
    losses_find(run, true); /* it is in this generation now */
    assert_state(&at[0], INPUT_READ, INPUT_REASON_NONE);
    restart(2); /* and may be lost once more */
    losses_find(run, true);
    assert_state(&at[0], INPUT_TO_RELOAD, INPUT_REASON_NONE);
}

static void
it_was_not_loaded_whole(void **state)
{
    static const struct {
        enum ending ending;
        enum input_reason reason, settled;
        const char *says;
    } rows[] = {
        {ENDING_NONE, INPUT_REASON_NONE, INPUT_REASON_LOST,
            "a server lost records of it, and loading it again for that server "
            "did not get to its end: load it again"},
        {ENDING_INTERRUPTED, INPUT_REASON_NONE, INPUT_REASON_LOST,
            "did not get to its end: load it again"},
        {ENDING_REJECTS, INPUT_REASON_REJECTS, INPUT_REASON_REJECTS,
            "no room: make room there, or give --rejects DIR or --no-rejects"},
        {ENDING_VERIFY_LOG, INPUT_REASON_CENSUS, INPUT_REASON_CENSUS,
            "no room"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report *again;

        if (i) {
            load_tear_down(state);
            load_set_up(state);
        }
        restart(2);
        losses_find(run, true);
        begin_again(&at[0]);
        again = stored_again(&at[0], 100000);
        again->ending = rows[i].ending;
        again->reason = rows[i].reason;
        snprintf(again->message, sizeof(again->message), "no room");
        losses_reloaded(run, &at[0], again, false);
        free(again);
        assert_state(&at[0], INPUT_FAILED, rows[i].settled);
        assert_non_null(strstr(at[0].status.message, rows[i].says));
        assert_int_equal(at[0].report->counts.failed, 100000);
        assert_int_equal(at[0].report->ending,
            rows[i].reason ? rows[i].ending : ENDING_READ);
        assert_null(at[0].again);
        assert_balanced();
    }
}

/* Its file is gone, say. */
static void
one_that_cannot_be_had_again(void **state)
{
    (void)state;
    restart(0);
    restart(1);
    losses_find(run, true);
    logged();
    losses_fail(run, &at[0]);
    assert_state(&at[0], INPUT_FAILED, INPUT_REASON_LOST);
    assert_null(at[0].again);
    assert_int_equal(held(&at[0], 0) + held(&at[0], 1), 0);
    assert_int_equal(at[0].lost, 249999 + 249997);
    assert_int_equal(fake.baselines[1].lost, 249997);
    assert_logged("E shard gaid (127.0.0.1:33014): 249,997 records of this "
                  "load gone from it, and failed\n");
    assert_state(&at[1], INPUT_TO_RELOAD, INPUT_REASON_NONE);
    assert_balanced();
}

/* When we are stopped, say. */
static void
nothing_is_loaded_again_any_more(void **state)
{
    (void)state;
    restart(0);
    restart(3);
    losses_find(run, true);
    begin_again(&at[2]); /* this one is under way */
    losses_drop(run);
    for (size_t i = 0; i < 2; i++) {
        assert_state(&at[i], INPUT_FAILED, INPUT_REASON_LOST);
        assert_null(at[i].again);
        assert_int_equal(held(&at[i], 0) + held(&at[i], 3), 0);
    }
    assert_state(&at[2], INPUT_RELOADING, INPUT_REASON_NONE);
    assert_true(at[2].again[0]);
    assert_int_equal(fake.baselines[0].lost,
        at[0].report->servers[0].outage + at[1].report->servers[0].outage);
    assert_balanced();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LOAD_CASE(nothing_is_lost),
        LOAD_CASE(what_can_be_loaded_again),
        LOAD_CASE(what_is_gone_for_good),
        LOAD_CASE(what_cannot_be_loaded_again),
        LOAD_CASE(what_is_not_looked_at),
        LOAD_CASE(lost_in_both_ways),
        LOAD_CASE(it_was_loaded_again),
        LOAD_CASE(it_was_not_loaded_whole),
        LOAD_CASE(one_that_cannot_be_had_again),
        LOAD_CASE(nothing_is_loaded_again_any_more),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
