/*
 * An audit whose servers are not asked: a test says what each answers, whether
 * anybody got to ask it, and what time it is. A test that includes this links
 * with --wrap for the functions that are replaced here.
 */
#ifndef UNIT_AUDIT_CASES_H
#define UNIT_AUDIT_CASES_H

#include <stdio.h>

#include "audit/audit.h"
#include "unit/loss_cases.h"

int __wrap_server_poll_start(struct server_poll *poll,
    enum server_poll_kind kind, const struct run *of);
bool __wrap_server_poll_take(struct server_poll *poll);
void __wrap_server_poll_kill(const struct server_poll *poll);
int64_t __wrap_clock_ms(void);
int64_t __wrap_clock_ns(void);

static struct audit audit;
static int64_t now_ms;
static unsigned n_asked, n_killed;
static bool cannot_start, has_died;
static enum server_poll_kind asked_for; /* the last time */

/* What each says of itself when it is asked; is_known false: nothing. */
static struct server_facts says[FAKE_SERVERS];

int
__wrap_server_poll_start(struct server_poll *poll, enum server_poll_kind kind,
    const struct run *of)
{
    assert_ptr_equal(of, run);
    asked_for = kind;
    n_asked++;
    poll->was_asked = false;
    for (size_t i = 0; i < FAKE_SERVERS; i++) {
        poll->answers[i].facts = (struct server_facts){0};
        poll->answers[i].same_as = i;
        snprintf(poll->answers[i].trouble, PROBE_TEXT_BYTES, "no word");
    }
    if (cannot_start)
        return -1;
    poll->process.pid = INT32_MAX; /* is never signalled */
    return 0;
}

bool
__wrap_server_poll_take(struct server_poll *poll)
{
    if (!process_is_running(&poll->process))
        return false;
    poll->process.pid = 0;
    poll->was_asked = !has_died;
    for (size_t i = 0; i < FAKE_SERVERS && !has_died; i++)
        poll->answers[i].facts = says[i];
    return true;
}

void
__wrap_server_poll_kill(const struct server_poll *poll)
{
    (void)poll;
    n_killed++;
}

int64_t
__wrap_clock_ms(void)
{
    return now_ms;
}

int64_t
__wrap_clock_ns(void)
{
    return now_ms * 1000000;
}

/* All that the inputs stored was acknowledged by processes that ended; the
 * servers count just that. */
static inline int
audit_set_up(void **state)
{
    load_set_up(state);
    now_ms = FAKE_START_NS / 1000000 + 10000;
    n_asked = n_killed = 0;
    cannot_start = has_died = false;
    for (size_t i = 0; i < FAKE_SERVERS; i++) {
        struct baseline *baseline = &fake.baselines[i];

        for (size_t j = 0; j < FAKE_FILES; j++)
            baseline->acked += held(&at[j], i);
        baseline->acked_ever = baseline->acked;
        says[i] = baseline->base;
        says[i].cmd_set = baseline->acked;
    }
    audit_init(&audit, run);
    return 0;
}

static inline int
audit_tear_down(void **state)
{
    audit_release(&audit);
    return load_tear_down(state);
}

static inline void
again(void **state)
{
    audit_tear_down(state);
    audit_set_up(state);
}

/* Is a poll under way, or its answers not taken yet? */
static inline bool
is_waiting(void)
{
    return process_is_running(&audit.poll.process) || audit.is_answered;
}

/* It is asked, and says what it says. */
static inline void
ask(bool is_stopping)
{
    unsigned n = n_asked;

    audit_ask(&audit, true);
    assert_int_equal(n_asked, n + 1);
    assert_true(is_waiting());
    assert_true(audit_take(&audit, is_stopping));
    assert_false(is_waiting());
    assert_balanced();
}

static inline void
restart_server(size_t server)
{
    says[server].pid++;
    says[server].cmd_set = 0;
}

static inline void
assert_all(enum input_state state, enum input_reason reason)
{
    for (size_t i = 0; i < FAKE_FILES; i++)
        assert_state(&at[i], state, reason);
}

#define AUDIT_CASE(name) \
    cmocka_unit_test_setup_teardown(name, audit_set_up, audit_tear_down)

#endif
