/* What may happen to an input, and what is known of it then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "run/input_state.h"
#include "unit/dies.h"

enum { DEADLINE_S = 60 };

#define NEVER N_INPUT_STATES /* it cannot happen */

/* The next states, a row a state, in the order of the events: started, read,
 * done, failed, stopped, skipped, lost, lost for good, finished. */
static const enum input_state next[N_INPUT_STATES][N_INPUT_EVENTS] = {
    [INPUT_WAITING] = {INPUT_LOADING, NEVER, NEVER, INPUT_FAILED, NEVER,
        INPUT_SKIPPED, NEVER, NEVER, NEVER},
    [INPUT_LOADING] = {NEVER, INPUT_READ, INPUT_DONE, INPUT_FAILED,
        INPUT_INTERRUPTED, NEVER, NEVER, NEVER, NEVER},
    [INPUT_READ] = {NEVER, NEVER, INPUT_DONE, INPUT_FAILED, INPUT_INTERRUPTED,
        NEVER, INPUT_TO_RELOAD, INPUT_FAILED, NEVER},
    [INPUT_TO_RELOAD] = {INPUT_RELOADING, NEVER, NEVER, INPUT_FAILED, NEVER,
        NEVER, INPUT_TO_RELOAD, INPUT_TO_RELOAD, NEVER},
    [INPUT_RELOADING] = {NEVER, INPUT_READ, NEVER, INPUT_FAILED, NEVER, NEVER,
        NEVER, NEVER, NEVER},
    [INPUT_DONE] = {NEVER, NEVER, NEVER, INPUT_FAILED, NEVER, NEVER,
        INPUT_TO_RELOAD, INPUT_FAILED, INPUT_FINISHED},
    [INPUT_FINISHED] = {NEVER, NEVER, NEVER, NEVER, NEVER, NEVER,
        INPUT_TO_RELOAD, INPUT_FAILED, NEVER},
    [INPUT_FAILED] = {NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, INPUT_TO_RELOAD,
        INPUT_FAILED, NEVER},
    [INPUT_INTERRUPTED] = {NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER,
        INPUT_INTERRUPTED, NEVER},
    [INPUT_SKIPPED] = {NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER,
        NEVER},
};

static const enum input_event events[N_INPUT_EVENTS] = {INPUT_STARTED,
    INPUT_WAS_READ, INPUT_IS_DONE, INPUT_HAS_FAILED, INPUT_WAS_STOPPED,
    INPUT_WAS_SKIPPED, INPUT_WAS_LOST, INPUT_LOST_FOR_GOOD, INPUT_WAS_FINISHED};

static struct input_status status;
static enum input_event event;

static struct input_outcome
outcome_of(enum input_end end, enum input_reason reason, const char *message)
{
    struct input_outcome outcome;

    input_outcome_set(&outcome, end, reason, "%s", message);
    return outcome;
}

/* The event, by the call that is for it. */
static void
happen(void)
{
    static const struct {
        enum input_event event;
        enum input_end end;
        enum input_reason reason;
    } ends[] = {
        {INPUT_IS_DONE, INPUT_END_DONE, INPUT_REASON_NONE},
        {INPUT_HAS_FAILED, INPUT_END_FAILED, INPUT_REASON_CORRUPT},
        {INPUT_WAS_STOPPED, INPUT_END_INTERRUPTED, INPUT_REASON_INTERRUPTED},
        {INPUT_WAS_SKIPPED, INPUT_END_SKIPPED, INPUT_REASON_GONE},
        {INPUT_LOST_FOR_GOOD, INPUT_END_FAILED, INPUT_REASON_LOST},
    };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct input_outcome outcome =
            outcome_of(ends[i].end, ends[i].reason, "why");

        if (ends[i].event != event)
            continue;
        if (event == INPUT_LOST_FOR_GOOD)
            input_lost_for_good(&status, &outcome);
        else
            input_settle(&status, &outcome);
        return;
    }
    input_happened(&status, event);
}

static void
set(enum input_state state, enum input_reason reason, const char *message)
{
    status = (struct input_status){.state = state, .reason = reason};
    snprintf(status.message, sizeof(status.message), "%s", message);
}

static void
assert_status(enum input_state state, enum input_reason reason,
    const char *message)
{
    assert_string_equal(input_state_word(status.state),
        input_state_word(state));
    assert_int_equal(status.state, state);
    assert_int_equal(status.reason, reason);
    assert_string_equal(status.message, message);
}

static void
every_state_and_event(void **state)
{
    (void)state;
    for (enum input_state from = 0; from < N_INPUT_STATES; from++)
        for (size_t i = 0; i < N_INPUT_EVENTS; i++) {
            enum input_state to = next[from][i];

            event = events[i];
            if (input_state_after(from, event) != to)
                fail_msg("state %d, event %d: %d instead of %d", from, event,
                    input_state_after(from, event), to);
            set(from, INPUT_REASON_NONE, "");
            if (to == NEVER) {
                if (!dies(happen))
                    fail_msg("state %d takes event %d", from, event);
                continue;
            }
            happen();
            assert_int_equal(status.state, to);
        }
}

static void
ask_a_state_that_is_none(void)
{
    input_state_after(N_INPUT_STATES, INPUT_STARTED);
}

static void
ask_an_event_that_is_none(void)
{
    input_state_after(INPUT_WAITING, N_INPUT_EVENTS);
}

static void
word_of_none(void)
{
    input_state_word(N_INPUT_STATES);
}

/* An event that needs an outcome is not said without one. */
static void
happen_without_outcome(void)
{
    set(INPUT_LOADING, INPUT_REASON_NONE, "");
    input_happened(&status, INPUT_IS_DONE);
}

static void
what_is_no_state_ends_the_process(void **state)
{
    (void)state;
    assert_true(dies(ask_a_state_that_is_none));
    assert_true(dies(ask_an_event_that_is_none));
    assert_true(dies(word_of_none));
    assert_true(dies(happen_without_outcome));
}

static void
words_and_kinds(void **state)
{
    static const struct {
        enum input_state state;
        const char *word;
        bool is_settled, is_running, is_read, is_done;
    } rows[N_INPUT_STATES] = {
        {INPUT_WAITING, "waiting", false, false, false, false},
        {INPUT_LOADING, "running", false, true, false, false},
        {INPUT_READ, "read", false, false, true, false},
        {INPUT_TO_RELOAD, "read", false, false, true, false},
        {INPUT_RELOADING, "running", false, true, false, false},
        {INPUT_DONE, "done", true, false, false, true},
        {INPUT_FINISHED, "done", true, false, false, true},
        {INPUT_FAILED, "failed", true, false, false, false},
        {INPUT_INTERRUPTED, "interrupted", true, false, false, false},
        {INPUT_SKIPPED, "skipped", true, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < N_INPUT_STATES; i++) {
        enum input_state of = rows[i].state;

        assert_string_equal(input_state_word(of), rows[i].word);
        assert_int_equal(input_state_is_settled(of), rows[i].is_settled);
        assert_int_equal(input_state_is_running(of), rows[i].is_running);
        assert_int_equal(input_state_is_read(of), rows[i].is_read);
        assert_int_equal(input_state_is_done(of), rows[i].is_done);
    }
}

static void
an_outcome_says_why(void **state)
{
    struct input_outcome failed =
        outcome_of(INPUT_END_FAILED, INPUT_REASON_CORRUPT, "bad data");
    struct input_outcome stopped =
        outcome_of(INPUT_END_INTERRUPTED, INPUT_REASON_INTERRUPTED, "stopped");
    struct input_outcome skipped =
        outcome_of(INPUT_END_SKIPPED, INPUT_REASON_LOCKED, "another one");
    struct input_outcome done;

    (void)state;
    input_status_init(&status);
    assert_status(INPUT_WAITING, INPUT_REASON_NONE, "");
    input_settle(&status, &skipped);
    assert_status(INPUT_SKIPPED, INPUT_REASON_LOCKED, "another one");
    input_status_init(&status);
    assert_status(INPUT_WAITING, INPUT_REASON_NONE, "");
    input_happened(&status, INPUT_STARTED);
    input_settle(&status, &failed);
    assert_status(INPUT_FAILED, INPUT_REASON_CORRUPT, "bad data");
    set(INPUT_READ, INPUT_REASON_NONE, "");
    input_settle(&status, &stopped);
    assert_status(INPUT_INTERRUPTED, INPUT_REASON_INTERRUPTED, "stopped");
    set(INPUT_LOADING, INPUT_REASON_NONE, "");
    input_outcome_done(&done);
    input_settle(&status, &done);
    assert_status(INPUT_DONE, INPUT_REASON_NONE, "");
    /* done, but not renamed */
    failed.reason = INPUT_REASON_RENAME;
    input_settle(&status, &failed);
    assert_status(INPUT_FAILED, INPUT_REASON_RENAME, "bad data");
}

static void
lost_for_good_keeps_an_older_reason(void **state)
{
    static const struct {
        enum input_state from, to;
        bool keeps;
    } rows[] = {
        {INPUT_READ, INPUT_FAILED, false}, {INPUT_DONE, INPUT_FAILED, false},
        {INPUT_FINISHED, INPUT_FAILED, false},
        {INPUT_FAILED, INPUT_FAILED, true},
        {INPUT_INTERRUPTED, INPUT_INTERRUPTED, true},
        {INPUT_TO_RELOAD, INPUT_TO_RELOAD, true}, /* judged as a whole later */
    };
    struct input_outcome lost =
        outcome_of(INPUT_END_FAILED, INPUT_REASON_LOST, "7 are gone");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set(rows[i].from, INPUT_REASON_TRUNCATED, "older");
        input_lost_for_good(&status, &lost);
        if (rows[i].keeps)
            assert_status(rows[i].to, INPUT_REASON_TRUNCATED, "older");
        else
            assert_status(rows[i].to, INPUT_REASON_LOST, "7 are gone");
    }
}

static void
a_reload_clears_what_was_said(void **state)
{
    static const enum input_state from[] = {
        INPUT_READ, INPUT_DONE, INPUT_FINISHED, INPUT_FAILED, INPUT_TO_RELOAD};

    (void)state;
    for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
        set(from[i], INPUT_REASON_LOST, "7 are gone");
        input_happened(&status, INPUT_WAS_LOST);
        assert_status(INPUT_TO_RELOAD, INPUT_REASON_NONE, "");
        input_happened(&status, INPUT_STARTED);
        input_happened(&status, INPUT_WAS_READ);
        assert_status(INPUT_READ, INPUT_REASON_NONE, "");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_event),
        cmocka_unit_test(what_is_no_state_ends_the_process),
        cmocka_unit_test(words_and_kinds),
        cmocka_unit_test(an_outcome_says_why),
        cmocka_unit_test(lost_for_good_keeps_an_older_reason),
        cmocka_unit_test(a_reload_clears_what_was_said),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
