/*
 * A load that has gone on for a while, for what servers do to it meanwhile:
 * the fake run (fake_run.h), whose servers are watched and whose inputs are all
 * read, stored in the generations that the servers are in still. The log is
 * kept in memory.
 */
#ifndef UNIT_LOSS_CASES_H
#define UNIT_LOSS_CASES_H

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "unit/fake_run.h"

static struct fake_run fake;
static struct run *run = &fake.run;
static struct run_input *at = fake.at;
static int log_fd;

/* What was logged since the last time. */
static inline const char *
logged(void)
{
    static char text[16384];
    ssize_t n = pread(log_fd, text, sizeof(text) - 1, 0);

    text[n < 0 ? 0 : n] = '\0';
    assert_int_equal(ftruncate(log_fd, 0), 0);
    return text;
}

static inline void
assert_logged(const char *wanted)
{
    const char *text = logged();

    if (!strstr(text, wanted))
        fail_msg("no \"%s\" in:\n%s", wanted, text);
}

static inline void
assert_state(const struct run_input *of, enum input_state state,
    enum input_reason reason)
{
    assert_string_equal(input_state_word(of->status.state),
        input_state_word(state));
    assert_int_equal(of->status.state, state);
    assert_string_equal(input_reason_word(of->status.reason),
        input_reason_word(reason));
    assert_int_equal(!*of->status.message, reason == INPUT_REASON_NONE);
}

static inline void
become_read(struct run_input *of)
{
    fake_settle(of, INPUT_LOADING, INPUT_REASON_NONE, "");
    input_happened(&of->status, INPUT_WAS_READ);
}

/* Of an input: what the server holds. */
static inline uint64_t
held(const struct run_input *of, size_t server)
{
    return of->report->servers[server].stored +
           of->report->servers[server].sent;
}

static inline void
assert_balanced(void)
{
    for (size_t i = 0; i < FAKE_FILES; i++) {
        uint64_t stored = 0, failed = 0;

        assert_true(counts_balance(&at[i].report->counts));
        for (size_t j = 0; j < FAKE_SERVERS; j++) {
            stored += held(&at[i], j);
            failed += at[i].report->servers[j].failed;
        }
        assert_int_equal(stored,
            at[i].report->counts.stored + at[i].report->counts.sent);
        assert_int_equal(failed, at[i].report->counts.failed);
    }
}

/* All inputs are READ, and nothing was lost. */
static inline int
load_set_up(void **state)
{
    struct server_facts facts = {.is_known = true,
        .has_counters = true,
        .pid = 100,
        .started_at = 1000,
        .total_connections = 10};

    (void)state;
    log_fd = memfd_create("log", MFD_CLOEXEC);
    fcntl(log_fd, F_SETFL, O_APPEND);
    log_init(log_fd, LOG_I);
    fake_run_init(&fake);
    fake.settings.failure.on_restart = ON_RESTART_RELOAD;
    fake.settings.failure.max_error_rate = 0.01;
    fake.settings.failure.max_evictions = UINT64_MAX;
    fake.settings.failure.timeout_ms = 1000;
    fake.settings.failure.max_outage_ms = 60000;
    for (size_t i = 0; i < FAKE_SERVERS; i++)
        baseline_open(&fake.baselines[i], &facts);
    for (size_t i = 0; i < FAKE_FILES; i++) {
        at[i].generations = mem_zero(FAKE_SERVERS, sizeof(*at[i].generations));
        at[i].report->ending = ENDING_READ;
        become_read(&at[i]);
    }
    return 0;
}

static inline int
load_tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAKE_FILES; i++) {
        free(at[i].generations);
        free(at[i].again);
    }
    fake_run_release(&fake);
    close(log_fd);
    return 0;
}

static inline void
restart(size_t server)
{
    fake.baselines[server].generation++;
}

/* As the loader does it: its items are stored in this generation now. */
static inline void
begin_again(struct run_input *of)
{
    for (size_t i = 0; i < FAKE_SERVERS; i++)
        if (of->again[i])
            of->generations[i] = fake.baselines[i].generation;
    input_happened(&of->status, INPUT_STARTED);
}

/* What came of it: so many of the items of each server that it was for. */
static inline struct report *
stored_again(const struct run_input *of, uint64_t less)
{
    struct report *again = report_new(FAKE_SERVERS);

    again->ending = of->report->ending;
    for (size_t i = 0; i < FAKE_SERVERS; i++)
        if (of->again[i])
            again->servers[i].stored = held(of, i) - less;
    return again;
}

#define LOAD_CASE(name) \
    cmocka_unit_test_setup_teardown(name, load_set_up, load_tear_down)

#endif
