#include "audit/audit.h"

#include <stdlib.h>

#include "audit/answers.h"
#include "audit/canaries.h"
#include "audit/losses.h"
#include "audit/totals.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "run/input_outcome.h"

/* Between two polls while a server does not answer. */
enum { PAUSE_MS = 200 };

/* A canary that is evicted each time would be removed without end. */
enum { REMOVALS_MOST = 8 };

/* As long as nothing else asks for a poll: four in the life of a canary. */
enum { FRESH_MS = CANARY_TTL_S * 1000 / 4 };

void
audit_init(struct audit *audit, struct run *run)
{
    size_t n = run->shards.n_servers;

    *audit = (struct audit){.run = run, .stopping_since_ms = CLOCK_NEVER};
    server_poll_init(&audit->poll, n);
    acked_init(&audit->acked, n);
    audit->is_open = !canaries_open(run, &audit->rng);
    audit->fresh_until_ms = audit->is_open ? CLOCK_NEVER : 0;
}

void
audit_release(struct audit *audit)
{
    canaries_close(audit->run);
    server_poll_release(&audit->poll);
    acked_release(&audit->acked);
}

/* -------------------------------------------------------------- asking --- */

static bool
awaits_servers(const struct run_input *at)
{
    return at->status.state == INPUT_READ;
}

static bool
anyone_waits(const struct run *run)
{
    for (size_t i = 0; i < run->task.n; i++)
        if (awaits_servers(&run->task.inputs[i]))
            return true;
    return false;
}

static void
start_poll(struct audit *audit, enum server_poll_kind kind)
{
    struct run *run = audit->run;

    audit->kind = kind;
    audit->asked_ns = clock_ns();
    audit->flush_at_ms = 0; /* until the answer tells of one again */
    if (audit->fresh_until_ms != CLOCK_NEVER) {
        audit->fresh_until_ms = clock_ms() + FRESH_MS;
        canaries_draw(run, &audit->rng);
    }
    if (server_poll_start(&audit->poll, kind, run)) {
        /* no process for it: an answer as well, to be taken at once */
        audit->is_answered = true;
        audit->next_at_ms = clock_ms();
    }
}

/* A flush is still to come: what it takes cannot be told before. */
static bool
awaits_flush(const struct audit *audit)
{
    return audit->flush_at_ms > clock_ms();
}

/* One that was to come took place. */
static bool
was_flushed(const struct audit *audit)
{
    return audit->flush_at_ms && !awaits_flush(audit);
}

void
audit_ask(struct audit *audit, bool is_idle)
{
    struct run *run = audit->run;
    uint64_t reconnects;

    if (process_is_running(&audit->poll.process) || audit->is_answered ||
        clock_ms() < audit->next_at_ms)
        return;
    audit->next_at_ms = 0; /* it is over: not to be waited for again */
    reconnects = acked_sum_up(&audit->acked, run);
    if (!audit->is_open || anyone_waits(run) ||
        reconnects != audit->reconnects ||
        clock_ms() >= audit->fresh_until_ms || was_flushed(audit) ||
        (is_idle && !audit->is_final && !awaits_flush(audit))) {
        audit->is_final = is_idle && audit->is_open;
        audit->reconnects = reconnects;
        start_poll(audit, audit->is_open ? SERVER_POLL_ASK : SERVER_POLL_OPEN);
    } else if (is_idle && audit->is_final && canaries_are_left(run)) {
        start_poll(audit, SERVER_POLL_REMOVE_CANARIES);
    }
}

/* ------------------------------------------------------------- answers --- */

/* Has a server that holds records of this input not answered yet? */
static bool
is_owed(const struct run *run, const struct run_input *at)
{
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server_counts *of = &at->report->servers[i];
        const struct baseline *baseline = &run->baselines[i];

        if (baseline->is_watched && !baseline->is_lost &&
            baseline->silent_since_ms != CLOCK_NEVER && of->stored + of->sent)
            return true;
    }
    return false;
}

static void
settle(const struct run *run, struct run_input *at)
{
    char n[UNITS_TEXT_BYTES], most[UNITS_TEXT_BYTES];
    struct input_outcome outcome;

    if (at->is_short)
        input_outcome_fail(&outcome, INPUT_REASON_SHORTFALL,
            "a server counts fewer sets than it acknowledged while this file "
            "was loaded: %s",
            input_reason_advice(INPUT_REASON_SHORTFALL));
    else if (totals_evictions(run) > run->settings->failure.max_evictions)
        input_outcome_fail(&outcome, INPUT_REASON_EVICTIONS,
            "the servers evicted %s, --max-evictions is %s: %s",
            units_of(totals_evictions(run), "item", n),
            units_count(run->settings->failure.max_evictions, most),
            input_reason_advice(INPUT_REASON_EVICTIONS));
    else
        outcome_of_report(&(struct outcome_input){run->settings,
                              run->task.purpose, at->input, at->report},
            &outcome);
    input_settle(&at->status, &outcome);
}

/* Before the first record: what is compared with from now on. */
static void
open_books(struct audit *audit)
{
    struct run *run = audit->run;

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server_facts *facts = &audit->poll.answers[i].facts;

        if (!run->baselines[i].is_watched)
            continue;
        if (!facts->is_known) {
            answer_unopened(run, i, audit->poll.answers[i].trouble);
            continue;
        }
        answer_open(run, i, facts);
        if (audit->poll.answers[i].same_as != i)
            shards_join(&run->shards, i, audit->poll.answers[i].same_as);
    }
    audit->is_open = true;
}

static void
take_answer(struct audit *audit, size_t server, uint64_t acked)
{
    struct run *run = audit->run;

    if (answer_take(run, server, &audit->poll.answers[server].facts, acked))
        acked_begin_period(&audit->acked, &run->shards, server,
            audit->asked_ns);
}

static void
take_silence(struct audit *audit, size_t server)
{
    struct silence silence = {
        .was_asked = audit->poll.was_asked,
        .trouble = audit->poll.answers[server].trouble,
        .acked = audit->acked.in_period[server],
        .stopping_since_ms = audit->stopping_since_ms,
    };

    answer_missing(audit->run, server, &silence);
}

/* What each server answered, or that it did not. True: one that holds
 * something is silent. */
static bool
take_answers(struct audit *audit)
{
    struct run *run = audit->run;
    uint64_t *acked = mem_new(run->shards.n_servers * sizeof(*acked));
    bool is_silent = false;

    for (size_t i = 0; i < run->shards.n_servers; i++)
        acked[i] = acked_in_period(&audit->acked, &run->shards, i);
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct baseline *baseline = &run->baselines[i];

        if (!baseline->is_watched || baseline->is_lost)
            continue;
        if (audit->poll.answers[i].facts.is_known)
            take_answer(audit, i, acked[i]);
        else
            take_silence(audit, i);
        is_silent |= !baseline->is_lost && answer_matters(run, i) &&
                     baseline->silent_since_ms != CLOCK_NEVER;
    }
    free(acked);
    return is_silent;
}

static void
settle_answered(struct audit *audit)
{
    struct run *run = audit->run;

    for (size_t i = 0; i < run->task.n; i++) {
        struct run_input *at = &run->task.inputs[i];

        if (awaits_servers(at) && at->ended_ns <= audit->asked_ns &&
            !is_owed(run, at))
            settle(run, at);
        audit->is_final &= at->status.state != INPUT_READ &&
                           at->status.state != INPUT_TO_RELOAD;
    }
    run->has_evicted =
        totals_evictions(run) > run->settings->failure.max_evictions;
}

/* A flush to come is waited for, where that may be as long as an outage: then
 * what it takes can be loaded again. */
static void
await_flush(struct audit *audit)
{
    const struct run *run = audit->run;
    uint64_t due_s = 0;

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct baseline *baseline = &run->baselines[i];
        uint64_t of = baseline->is_lost ? 0 : baseline->now.flush_due_s;

        if (of > due_s && answer_matters(run, i) &&
            of * 1000 <= (uint64_t)run->settings->failure.max_outage_ms)
            due_s = of;
    }
    audit->flush_at_ms = due_s ? clock_ms() + (int64_t)due_s * 1000 : 0;
    audit->is_final &= !due_s;
}

bool
audit_take(struct audit *audit, bool is_stopping)
{
    struct run *run = audit->run;
    bool is_silent;

    if (is_stopping && audit->stopping_since_ms == CLOCK_NEVER) {
        audit->stopping_since_ms = clock_ms();
        if (!audit->is_open) { /* nothing was stored: nothing to be asked */
            audit_drop(audit);
            audit->is_open = audit->is_final = true;
        }
    }
    audit->is_answered |= server_poll_take(&audit->poll);
    if (!audit->is_answered)
        return false;
    audit->is_answered = false;
    if (audit->is_dropped)
        return false;
    if (audit->kind == SERVER_POLL_REMOVE_CANARIES) {
        if (++audit->removals > REMOVALS_MOST)
            canaries_close(run);
        for (size_t i = 0; i < run->shards.n_servers; i++)
            audit->is_final &=
                canaries_removed(run, i, audit->poll.answers[i].facts.canary);
        return true;
    }
    if (!audit->is_open) {
        open_books(audit);
        return true;
    }
    is_silent = take_answers(audit);
    losses_find(run, !is_stopping);
    settle_answered(audit);
    if (!is_stopping)
        await_flush(audit);
    audit->is_final &= !is_silent;
    audit->next_at_ms = is_silent ? clock_ms() + PAUSE_MS : 0;
    return true;
}

void
audit_drop(struct audit *audit)
{
    audit->is_dropped = true;
    server_poll_kill(&audit->poll);
}

void
audit_wants(const struct audit *audit, struct pollfd *poll_out,
    int *wait_ms_out)
{
    const int64_t due_at_ms[] = {
        audit->next_at_ms, audit->flush_at_ms, audit->fresh_until_ms};
    int64_t now = clock_ms(), wait_ms;

    process_wants(&audit->poll.process, poll_out, wait_ms_out);
    for (size_t i = 0; i < sizeof(due_at_ms) / sizeof(due_at_ms[0]); i++) {
        wait_ms = clock_poll_ms(due_at_ms[i], now);
        if (due_at_ms[i] && wait_ms >= 0 &&
            (*wait_ms_out < 0 || wait_ms < *wait_ms_out))
            *wait_ms_out = (int)wait_ms;
    }
}

bool
audit_is_open(const struct audit *audit)
{
    return audit->is_open;
}

bool
audit_is_over(const struct audit *audit)
{
    return !process_is_running(&audit->poll.process) && !audit->is_answered &&
           audit->is_final &&
           (audit->is_dropped || !canaries_are_left(audit->run));
}

void
audit_tell(const struct audit *audit)
{
    totals_tell(audit->run, &audit->acked);
}
