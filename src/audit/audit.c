#include "audit/audit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "run/input_outcome.h"
#include "audit/losses.h"

/* A server restarted so often is given up (docs/contract.md 4). */
enum { RESTARTS_MOST = 3 };

/* Between two polls while a server does not answer. */
enum { PAUSE_MS = 200 };

void
audit_init(struct audit *audit, struct run *run)
{
    size_t n = run->shards.n_servers;

    *audit = (struct audit){.run = run, .stopping_since_ms = CLOCK_NEVER};
    server_poll_init(&audit->poll, n);
    acked_init(&audit->acked, n);
}

void
audit_release(struct audit *audit)
{
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
    if (!anyone_waits(run) && reconnects == audit->reconnects &&
        !(is_idle && !audit->is_final))
        return;
    audit->is_final = is_idle;
    audit->reconnects = reconnects;
    audit->asked_ns = clock_ns();
    if (server_poll_start(&audit->poll, &run->shards, &run->task,
            run->settings->failure.timeout_ms)) {
        /* no process for it: an answer as well, to be taken at once */
        audit->is_answered = true;
        audit->next_at_ms = clock_ms();
    }
}

/* ------------------------------------------------------------- answers --- */

static const char *
shard_name(const struct run *run, size_t server)
{
    return run->shards.shard[run->shards.server[server].shard].name;
}

/* Is anything of this load on it, as far as is known? */
static bool
holds(const struct run *run, size_t server)
{
    struct server_counts counts;

    run_server(run, server, &counts);
    return counts.stored + counts.sent > 0;
}

static void
give_up(struct run *run, size_t server)
{
    run->shards.server[server].is_away = true;
    baseline_lose(&run->baselines[server]);
}

/* May it be polled once more? Where the poll failed on our side, the server is
 * not to blame, and what it holds is not known to be gone. */
static bool
may_ask_again(const struct audit *audit, size_t server)
{
    const struct run *run = audit->run;
    int64_t since_ms = run->baselines[server].silent_since_ms;
    bool is_stopping = audit->stopping_since_ms != CLOCK_NEVER;

    if (audit->poll.was_asked &&
        (is_stopping || run->shards.server[server].is_away))
        return false;
    if (is_stopping && since_ms < audit->stopping_since_ms)
        since_ms = audit->stopping_since_ms;
    return clock_ms() - since_ms <
           (is_stopping ? run->settings->failure.timeout_ms
                        : run->settings->failure.max_outage_ms);
}

static void
take_silence(struct audit *audit, size_t server)
{
    const char *what =
        audit->poll.was_asked ? "does not answer" : "cannot be asked";
    struct run *run = audit->run;
    struct baseline *baseline = &run->baselines[server];
    int64_t now = clock_ms();

    if (baseline->silent_since_ms == CLOCK_NEVER) {
        baseline->silent_since_ms = now;
        log_warn("shard %s (%s): it %s: %s", shard_name(run, server),
            run->shards.server[server].address->text, what,
            audit->poll.answers[server].trouble);
    }
    /* no room for one more connection, say: those that are open go on */
    if (baseline->silent_acked != audit->acked.in_period[server]) {
        baseline->silent_acked = audit->acked.in_period[server];
        baseline->silent_since_ms = now;
    }
    if (!holds(run, server) || may_ask_again(audit, server))
        return;
    log_error("shard %s (%s): it %s any more: what it stored may be gone",
        shard_name(run, server), run->shards.server[server].address->text,
        what);
    give_up(run, server);
}

/* Every input under way since the last poll that balanced. */
static void
fail_short(struct run *run)
{
    for (size_t i = 0; i < run->task.n; i++) {
        struct run_input *at = &run->task.inputs[i];

        at->is_short |=
            input_state_is_running(at->status.state) || awaits_servers(at);
    }
}

static void
tell_short(const struct run *run, size_t server, uint64_t missing,
    const struct server_facts *then)
{
    const struct server_facts *now = &run->baselines[server].now;
    char n[UNITS_TEXT_BYTES], refused[UNITS_TEXT_BYTES];
    uint64_t refusals = now->store_no_memory - then->store_no_memory +
                        now->store_too_large - then->store_too_large;

    log_error("shard %s (%s): it counts %s fewer than it acknowledged "
              "(cmd_set; it refused %s)",
        shard_name(run, server), run->shards.server[server].address->text,
        units_of(missing, "set", n), units_count(refusals, refused));
}

static void
take_answer(struct audit *audit, size_t server, uint64_t acked)
{
    struct run *run = audit->run;
    struct baseline *baseline = &run->baselines[server];
    struct server_facts then = baseline->base;
    const char *address = run->shards.server[server].address->text;
    unsigned period = baseline->period;
    uint64_t missing;

    if (baseline->silent_since_ms != CLOCK_NEVER)
        log_info("shard %s (%s): it answers again", shard_name(run, server),
            address);
    baseline->silent_since_ms = CLOCK_NEVER;
    switch (baseline_take(baseline, &audit->poll.answers[server].facts, acked,
        &missing)) {
    case BASELINE_BALANCED:
        break;
    case BASELINE_RESET:
        log_warn("shard %s (%s): its counters were reset: what was stored "
                 "before cannot be held against them",
            shard_name(run, server), address);
        break;
    case BASELINE_SHORT:
        tell_short(run, server, missing, &then);
        fail_short(run);
        break;
    case BASELINE_RESTARTED:
        log_warn("shard %s (%s): it was restarted or flushed",
            shard_name(run, server), address);
        if (baseline->restarts < RESTARTS_MOST)
            break;
        log_error("shard %s (%s): that was %u times in this load: it is given "
                  "up",
            shard_name(run, server), address, baseline->restarts);
        give_up(run, server);
    }
    if (baseline->period != period)
        acked_begin_period(&audit->acked, &run->shards, server,
            audit->asked_ns);
}

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

static uint64_t
evictions(const struct run *run)
{
    uint64_t n = 0;

    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (shards_first(&run->shards, i) == i)
            n += baseline_evictions(&run->baselines[i]);
    return n;
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
    else if (evictions(run) > run->settings->failure.max_evictions)
        input_outcome_fail(&outcome, INPUT_REASON_EVICTIONS,
            "the servers evicted %s, --max-evictions is %s: %s",
            units_of(evictions(run), "item", n),
            units_count(run->settings->failure.max_evictions, most),
            input_reason_advice(INPUT_REASON_EVICTIONS));
    else
        outcome_of_report(&(struct outcome_input){run->settings,
                              run->task.purpose, at->input, at->report},
            &outcome);
    input_settle(&at->status, &outcome);
}

bool
audit_take(struct audit *audit, bool is_stopping)
{
    struct run *run = audit->run;
    bool is_silent = false;
    uint64_t *acked;

    if (is_stopping && audit->stopping_since_ms == CLOCK_NEVER)
        audit->stopping_since_ms = clock_ms();
    audit->is_answered |= server_poll_take(&audit->poll);
    if (!audit->is_answered)
        return false;
    audit->is_answered = false;
    if (audit->is_dropped)
        return false;
    acked = mem_new(run->shards.n_servers * sizeof(*acked));
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
        is_silent |= !baseline->is_lost && holds(run, i) &&
                     baseline->silent_since_ms != CLOCK_NEVER;
    }
    free(acked);
    losses_find(run, !is_stopping);
    for (size_t i = 0; i < run->task.n; i++) {
        struct run_input *at = &run->task.inputs[i];

        if (awaits_servers(at) && at->ended_ns <= audit->asked_ns &&
            !is_owed(run, at))
            settle(run, at);
        audit->is_final &= at->status.state != INPUT_READ &&
                           at->status.state != INPUT_TO_RELOAD;
    }
    audit->is_final &= !is_silent;
    audit->next_at_ms = is_silent ? clock_ms() + PAUSE_MS : 0;
    run->has_evicted = evictions(run) > run->settings->failure.max_evictions;
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
    int64_t due_ms;

    process_wants(&audit->poll.process, poll_out, wait_ms_out);
    if (!audit->next_at_ms)
        return;
    due_ms = audit->next_at_ms - clock_ms();
    if (due_ms < 0)
        due_ms = 0;
    if (*wait_ms_out < 0 || due_ms < *wait_ms_out)
        *wait_ms_out = (int)due_ms;
}

bool
audit_is_waiting(const struct audit *audit)
{
    return process_is_running(&audit->poll.process) || audit->is_answered;
}

static void
tell_evictions(const struct run *run, size_t server)
{
    const struct baseline *baseline = &run->baselines[server];
    uint64_t n = baseline_evictions(baseline), n_of;
    char items[UNITS_TEXT_BYTES];
    struct text ways = {0};

    if (!n)
        return;
    for (enum eviction_way way = 0; way < N_EVICTION_WAYS; way++) {
        n_of = baseline_evictions_by(baseline, way);
        if (n_of)
            text_format(&ways, "%s%s %s", ways.n_bytes ? ", " : " (",
                units_count(n_of, items), eviction_counter(way));
    }
    if (ways.n_bytes)
        text_add(&ways, ")", 1);
    log_warn("shard %s (%s): it evicted %s during the load%.*s; give memcached "
             "more memory (-m)",
        shard_name(run, server), run->shards.server[server].address->text,
        units_of(n, "item", items), (int)ways.n_bytes,
        ways.data ? ways.data : "");
    text_release(&ways);
}

/* Sets that may have reached it and are not among the acknowledged. */
static uint64_t
sent_again(const struct run *run, size_t server)
{
    struct server_counts counts;

    run_server(run, server, &counts);
    return counts.retried + counts.failed;
}

void
audit_tell(const struct audit *audit)
{
    const struct run *run = audit->run;
    char n[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct baseline *baseline = &run->baselines[i];
        const char *address = run->shards.server[i].address->text;
        uint64_t ours = 0;

        if (!baseline->is_watched || shards_first(&run->shards, i) != i)
            continue;
        for (size_t j = i; j < run->shards.n_servers; j++)
            if (shards_first(&run->shards, j) == i)
                ours += run->baselines[j].acked_ever + sent_again(run, j);
        /* Processes begun before the period may store on in it. What was under
         * way when it began may be subtracted as ours although the baseline
         * has it already. */
        ours -= audit->acked.ever_then[i];
        tell_evictions(run, i);
        if (baseline->sets > ours)
            log_info("shard %s (%s): it counts %s that we did not send: other "
                     "clients store there, too",
                shard_name(run, i), address,
                units_of(baseline->sets - ours, "set", n));
    }
}
