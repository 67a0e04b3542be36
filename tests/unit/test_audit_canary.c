/* What the audit makes of canaries, and of flushes that are announced. */
// LDFLAGS: -Wl,--wrap=server_poll_start -Wl,--wrap=server_poll_take
// LDFLAGS: -Wl,--wrap=server_poll_kill -Wl,--wrap=clock_ms -Wl,--wrap=clock_ns
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/audit_cases.h"

static int
set_up(void **state)
{
    audit_set_up(state);
    audit_release(&audit);
    fake.settings.failure.canary = true;
    for (size_t i = 0; i < FAKE_SERVERS; i++)
        run->shards.server[i].facts = fake.baselines[i].base;
    audit_init(&audit, run);
    return 0;
}

/* Each server takes its canary, and the books are opened. */
static void
open_all(void)
{
    for (size_t i = 0; i < FAKE_SERVERS; i++)
        says[i].has_canary = true;
    audit_ask(&audit, false);
    assert_int_equal(asked_for, SERVER_POLL_OPEN);
    assert_false(audit_is_open(&audit));
    assert_true(audit_take(&audit, false));
    assert_true(audit_is_open(&audit));
    for (size_t i = 0; i < FAKE_SERVERS; i++) {
        says[i].has_canary = false;
        says[i].canary = CANARY_THERE;
    }
}

static void
it_is_set_asked_for_and_removed(void **state)
{
    struct server *server = run->shards.server;

    (void)state;
    open_all();
    assert_int_equal(strncmp(server[0].canary.key, CANARY_PREFIX, 10), 0);
    assert_string_not_equal(server[0].canary.key, server[1].canary.key);
    assert_string_not_equal(server[0].canary.value, server[1].canary.value);
    assert_int_equal(strlen(server[0].canary.value), 8);
    ask(false);
    assert_int_equal(asked_for, SERVER_POLL_ASK);
    assert_all(INPUT_DONE, INPUT_REASON_NONE);
    assert_false(audit_is_over(&audit));
    audit_ask(&audit, true);
    assert_int_equal(asked_for, SERVER_POLL_REMOVE_CANARIES);
    assert_true(audit_take(&audit, false));
    assert_true(audit_is_over(&audit));
    audit_ask(&audit, true);
    assert_false(is_waiting());
}

/* The server lost all between the last question and that. */
static void
it_is_gone_when_it_is_removed(void **state)
{
    (void)state;
    open_all();
    ask(false);
    says[0].canary = CANARY_GONE;
    audit_ask(&audit, true);
    assert_int_equal(asked_for, SERVER_POLL_REMOVE_CANARIES);
    assert_true(audit_take(&audit, false));
    assert_false(audit_is_over(&audit));
    says[1].canary = CANARY_UNKNOWN; /* removed, and set anew */
    ask(false);
    assert_int_equal(asked_for, SERVER_POLL_ASK);
    assert_int_equal(fake.baselines[0].generation, 1);
    assert_int_equal(fake.baselines[1].generation, 0);
}

static void
one_that_is_gone_is_a_loss(void **state)
{
    char value[CANARY_VALUE_BYTES];

    (void)state;
    open_all();
    memcpy(value, run->shards.server[0].canary.value, sizeof(value));
    says[0].canary = CANARY_GONE;
    says[0].has_canary = true;
    ask(false);
    assert_int_equal(fake.baselines[0].generation, 1);
    assert_int_equal(fake.baselines[0].loss, SERVER_REPLACED);
    assert_int_equal(fake.baselines[1].generation, 0);
    assert_logged("it does not have the item any more");
    /* set anew, with another value */
    assert_string_not_equal(value, run->shards.server[0].canary.value);
}

static void
one_that_was_evicted_is_none(void **state)
{
    (void)state;
    open_all();
    says[0].canary = CANARY_EVICTED;
    says[0].has_canary = true;
    ask(false);
    assert_int_equal(fake.baselines[0].generation, 0);
    assert_logged("which may have been evicted");
    assert_all(INPUT_DONE, INPUT_REASON_NONE);
}

static void
one_that_is_refused_is_told_once(void **state)
{
    (void)state;
    audit_ask(&audit, false);
    assert_true(audit_take(&audit, false));
    assert_true(audit_is_open(&audit));
    assert_logged("it does not take the item by which we know it");
    ask(false);
    assert_null(strstr(logged(), "by which we know it"));
    assert_true(audit_is_over(&audit));
}

/* They would expire if nothing asked for them. */
static void
they_are_kept_fresh(void **state)
{
    struct pollfd fd;
    int wait_ms;

    (void)state;
    open_all();
    for (size_t i = 0; i < FAKE_FILES; i++)
        at[i].status.state = INPUT_LOADING;
    audit_ask(&audit, false);
    assert_false(is_waiting());
    audit_wants(&audit, &fd, &wait_ms);
    assert_in_range(wait_ms, 1, CANARY_TTL_S * 1000 / 2);
    now_ms += wait_ms;
    audit_ask(&audit, false);
    assert_true(is_waiting());
}

/* Before the first record is stored nothing has to be asked any more. */
static void
a_stop_before_they_are_there(void **state)
{
    (void)state;
    audit_ask(&audit, false);
    assert_false(audit_take(&audit, true));
    assert_int_equal(n_killed, 1);
    assert_true(audit_is_over(&audit));
}

/* All that is stored until then goes: it is waited for, and loaded again. */
static void
a_flush_to_come(void **state)
{
    (void)state;
    open_all();
    says[0].cmd_flush++;
    says[0].flush_due_s = 7;
    says[0].uptime_s = 100;
    ask(false);
    assert_logged("flushed in 7 seconds");
    assert_int_equal(fake.baselines[0].generation, 0);
    assert_false(audit_is_over(&audit));
    audit_ask(&audit, true);
    assert_false(is_waiting());
    now_ms += 7000;
    says[0].flush_due_s = 0;
    says[0].uptime_s = 107;
    ask(false);
    assert_int_equal(fake.baselines[0].generation, 1);
    assert_int_equal(fake.baselines[0].loss, SERVER_FLUSHED);
}

/* While others are loaded: asked for when its moment has come, and nobody waits
 * for what is past. */
static void
a_flush_in_mid_load(void **state)
{
    struct pollfd fd;
    int wait_ms;

    (void)state;
    open_all();
    says[0].flush_due_s = 7;
    says[0].uptime_s = 100;
    ask(false);
    for (size_t i = 0; i < FAKE_FILES; i++)
        at[i].status.state = INPUT_LOADING;
    audit_ask(&audit, false);
    assert_false(is_waiting());
    now_ms += 7001;
    audit_ask(&audit, false);
    assert_true(is_waiting());
    says[0].flush_due_s = 0;
    says[0].uptime_s = 107;
    assert_true(audit_take(&audit, false));
    assert_int_equal(fake.baselines[0].generation, 1);
    audit_wants(&audit, &fd, &wait_ms);
    assert_int_not_equal(wait_ms, 0);
}

static void
a_flush_too_far_away_is_told(void **state)
{
    (void)state;
    open_all();
    says[0].cmd_flush++;
    says[0].flush_due_s = 4000;
    ask(false);
    assert_logged("Load it again after that");
    assert_int_equal(fake.baselines[0].generation, 0);
    assert_true(audit.is_final);
}

static void
two_names_of_one_server(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAKE_SERVERS; i++)
        says[i].has_canary = true;
    audit_ask(&audit, false);
    audit.poll.answers[1].same_as = 0;
    assert_true(server_poll_take(&audit.poll));
    audit.is_answered = true;
    assert_true(audit_take(&audit, false));
    assert_int_equal(shards_first(&run->shards, 1), 0);
    assert_int_equal(shards_first(&run->shards, 2), 2);
}

#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, set_up, audit_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(it_is_set_asked_for_and_removed),
        CASE(it_is_gone_when_it_is_removed),
        CASE(one_that_is_gone_is_a_loss),
        CASE(one_that_was_evicted_is_none),
        CASE(one_that_is_refused_is_told_once),
        CASE(they_are_kept_fresh),
        CASE(a_stop_before_they_are_there),
        CASE(a_flush_to_come),
        CASE(a_flush_in_mid_load),
        CASE(a_flush_too_far_away_is_told),
        CASE(two_names_of_one_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
