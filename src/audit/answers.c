#include "audit/answers.h"

#include "audit/canaries.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"

/* A server that lost what it held so often is given up (docs/contract.md 4). */
enum { RESTARTS_MOST = 3 };

static const char *
shard_name(const struct run *run, size_t server)
{
    return run->shards.shard[run->shards.server[server].shard].name;
}

bool
answer_matters(const struct run *run, size_t server)
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
may_ask_again(const struct run *run, size_t server,
    const struct silence *silence)
{
    int64_t since_ms = run->baselines[server].silent_since_ms;
    bool is_stopping = silence->stopping_since_ms != CLOCK_NEVER;

    if (silence->was_asked &&
        (is_stopping || run->shards.server[server].is_away))
        return false;
    if (is_stopping && since_ms < silence->stopping_since_ms)
        since_ms = silence->stopping_since_ms;
    return clock_ms() - since_ms <
           (is_stopping ? run->settings->failure.timeout_ms
                        : run->settings->failure.max_outage_ms);
}

void
answer_missing(struct run *run, size_t server, const struct silence *silence)
{
    const char *what =
        silence->was_asked ? "does not answer" : "cannot be asked";
    const char *address = run->shards.server[server].address->text;
    struct baseline *baseline = &run->baselines[server];
    int64_t now = clock_ms();

    if (baseline->silent_since_ms == CLOCK_NEVER) {
        baseline->silent_since_ms = now;
        log_warn("shard %s (%s): it %s: %s", shard_name(run, server), address,
            what, silence->trouble);
    }
    /* no room for one more connection, say: those that are open go on */
    if (baseline->silent_acked != silence->acked) {
        baseline->silent_acked = silence->acked;
        baseline->silent_since_ms = now;
    }
    if (!answer_matters(run, server) || may_ask_again(run, server, silence))
        return;
    log_error("shard %s (%s): it %s any more: what it stored may be gone",
        shard_name(run, server), address, what);
    give_up(run, server);
}

/* Every input under way since the last poll that balanced. */
static void
fail_short(struct run *run)
{
    for (size_t i = 0; i < run->task.n; i++) {
        struct run_input *at = &run->task.inputs[i];

        at->is_short |= input_state_is_running(at->status.state) ||
                        at->status.state == INPUT_READ;
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

/*
 * Sets that it refused since the last answer, of this load or of others. Where
 * each of ours is answered, we know which; without replies nobody does, and
 * others' sets may make up for ours in the sum.
 */
static void
take_refusals(struct run *run, size_t server, uint64_t refused)
{
    char n[UNITS_TEXT_BYTES];

    if (!refused || run->settings->tuning.mode != MODE_NOREPLY ||
        !answer_matters(run, server))
        return;
    log_error("shard %s (%s): it refused %s while sets were sent to it that it "
              "does not reply to (store_no_memory, store_too_large): some of "
              "them may be of this load. Give memcached more memory (-m), or "
              "use --mode multi",
        shard_name(run, server), run->shards.server[server].address->text,
        units_of(refused, "set", n));
    fail_short(run);
}

/* A flush_all was said that is yet to come. */
static void
tell_flush(const struct run *run, size_t server,
    const struct server_facts *then)
{
    const struct server_facts *now = &run->baselines[server].now;
    char n[UNITS_TEXT_BYTES];

    if (!now->flush_due_s || (then->flush_due_s && then->oldest == now->oldest))
        return;
    log_warn("shard %s (%s): somebody has it flushed in %s: what is stored "
             "until then will be gone%s",
        shard_name(run, server), run->shards.server[server].address->text,
        units_of(now->flush_due_s, "second", n),
        now->flush_due_s * 1000 <=
                (uint64_t)run->settings->failure.max_outage_ms
            ? ", and is loaded again where that can be done"
            : ". Load it again after that, or restart that server first");
}

static void
take_loss(struct run *run, size_t server)
{
    struct baseline *baseline = &run->baselines[server];
    const char *address = run->shards.server[server].address->text;

    log_warn("shard %s (%s): %s", shard_name(run, server), address,
        server_loss_text(baseline->loss));
    if (baseline->restarts < RESTARTS_MOST)
        return;
    log_error("shard %s (%s): it lost what it held %u times in this load: it "
              "is given up",
        shard_name(run, server), address, baseline->restarts);
    give_up(run, server);
}

bool
answer_take(struct run *run, size_t server, const struct server_facts *facts,
    uint64_t acked)
{
    struct baseline *baseline = &run->baselines[server];
    struct server_facts base = baseline->base, then = baseline->now;
    const char *address = run->shards.server[server].address->text;
    unsigned period = baseline->period;
    uint64_t missing, refused = baseline->refused;

    if (baseline->silent_since_ms != CLOCK_NEVER)
        log_info("shard %s (%s): it answers again", shard_name(run, server),
            address);
    baseline->silent_since_ms = CLOCK_NEVER;
    canaries_take(run, server, facts);
    switch (baseline_take(baseline, facts, acked, &missing)) {
    case BASELINE_BALANCED:
        take_refusals(run, server, baseline->refused - refused);
        break;
    case BASELINE_RESET:
        take_refusals(run, server,
            facts->store_no_memory + facts->store_too_large);
        log_warn("shard %s (%s): its counters were reset: what was stored "
                 "before cannot be held against them",
            shard_name(run, server), address);
        break;
    case BASELINE_SHORT:
        tell_short(run, server, missing, &base);
        fail_short(run);
        break;
    case BASELINE_LOST:
        take_loss(run, server);
    }
    if (baseline->loss == SERVER_UNSURE)
        log_warn("shard %s (%s): %s", shard_name(run, server), address,
            server_loss_text(baseline->loss));
    tell_flush(run, server, &then);
    return baseline->period != period;
}

void
answer_open(struct run *run, size_t server, const struct server_facts *facts)
{
    static const struct server_facts nothing;

    baseline_open(&run->baselines[server], facts);
    canaries_take(run, server, facts);
    tell_flush(run, server, &nothing);
}

void
answer_unopened(const struct run *run, size_t server, const char *trouble)
{
    log_warn("shard %s (%s): it cannot be asked just before the load: %s; what "
             "it lost meanwhile may not be noticed",
        shard_name(run, server), run->shards.server[server].address->text,
        trouble);
}
