#include "run/baseline.h"

#include "base/clock.h"

void
baseline_open(struct baseline *baseline, const struct server_facts *facts)
{
    *baseline = (struct baseline){
        .is_watched = facts->is_known,
        .base = *facts,
        .now = *facts,
        .silent_since_ms = CLOCK_NEVER,
    };
}

static uint64_t
grown(uint64_t from, uint64_t to)
{
    return to > from ? to - from : 0;
}

static void
begin_period(struct baseline *baseline, const struct server_facts *now)
{
    baseline->base = *now;
    baseline->acked = 0;
    baseline->sets = baseline->refused = 0;
    baseline->period++;
}

/* Counters that only a reset makes smaller. */
static bool
is_reset(const struct server_facts *then, const struct server_facts *now)
{
    return now->cmd_set < then->cmd_set || now->evictions < then->evictions ||
           now->cmd_flush < then->cmd_flush ||
           now->total_connections < then->total_connections;
}

enum baseline_result
baseline_take(struct baseline *baseline, const struct server_facts *now,
    uint64_t acked, uint64_t *missing)
{
    struct server_facts then = baseline->now;
    uint64_t sets;

    *missing = 0;
    baseline->now = *now;
    baseline->loss = server_loss(&then, now);
    if (baseline->loss != SERVER_KEPT && baseline->loss != SERVER_UNSURE) {
        baseline->evicted_before +=
            grown(baseline->base.evictions, then.evictions);
        baseline->restarts++;
        baseline->generation++;
        begin_period(baseline, now);
        /* what it evicted since its start is part of the load, too */
        if (baseline->loss == SERVER_RESTARTED)
            baseline->base.evictions = 0;
        return BASELINE_LOST;
    }
    if (is_reset(&then, now)) {
        baseline->evicted_before +=
            grown(baseline->base.evictions, then.evictions);
        begin_period(baseline, now);
        return BASELINE_RESET;
    }
    if (!baseline->base.has_counters || !now->has_counters)
        return BASELINE_BALANCED;
    baseline->refused =
        grown(baseline->base.store_no_memory, now->store_no_memory) +
        grown(baseline->base.store_too_large, now->store_too_large);
    sets = grown(baseline->base.cmd_set, now->cmd_set);
    if (sets < acked) {
        *missing = acked - sets;
        baseline->evicted_before +=
            grown(baseline->base.evictions, now->evictions);
        begin_period(baseline, now);
        return BASELINE_SHORT;
    }
    baseline->sets = sets;
    return BASELINE_BALANCED;
}

void
baseline_lose(struct baseline *baseline)
{
    baseline->is_lost = true;
    baseline->generation++;
}

uint64_t
baseline_evictions(const struct baseline *baseline)
{
    return baseline->evicted_before +
           grown(baseline->base.evictions, baseline->now.evictions);
}

uint64_t
baseline_evictions_by(const struct baseline *baseline, enum eviction_way way)
{
    return grown(baseline->base.evictions_by[way],
        baseline->now.evictions_by[way]);
}
