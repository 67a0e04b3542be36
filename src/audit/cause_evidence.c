#include "audit/cause_evidence.h"

#include "base/clock.h"

/* Of evictions those since the load began, as far as it was seen. */
static void
compare(struct cause_facts *facts, const struct run *run,
    const struct baseline *baseline, const struct server_facts *now)
{
    const struct server_facts *then = &baseline->now;

    facts->is_watched = true;
    facts->age_s = (uint64_t)((clock_ns() - run->started_ns) / 1000000000);
    facts->has_flushed = server_loss(then, now) == SERVER_FLUSHED;
    facts->has_restarted = server_loss(then, now) == SERVER_RESTARTED;
    facts->evictions = baseline_evictions(baseline);
    if (facts->has_restarted)
        facts->evictions += now->evictions;
    else if (now->evictions > then->evictions)
        facts->evictions += now->evictions - then->evictions;
}

/*
 * When the oldest file was there under its name: of a done one that is when it
 * was loaded. 0 when there is none to tell.
 */
static int64_t
oldest_file_s(const struct run *run)
{
    int64_t oldest = 0;

    for (size_t i = 0; i < run->task.n; i++) {
        const struct input *input = run->task.inputs[i].input;

        if (!input->type->has_path || !input->at_start.st_mode)
            continue;
        if (!oldest || input->at_start.st_ctim.tv_sec < oldest)
            oldest = input->at_start.st_ctim.tv_sec;
    }
    return oldest;
}

static void
look(struct cause_facts *facts, const struct run *run,
    const struct server_facts *now)
{
    int64_t oldest_s = oldest_file_s(run), now_s = clock_wall_s();

    facts->evictions = now->evictions;
    facts->has_flushed = now->cmd_flush > 0;
    facts->has_restarted = oldest_s && now->started_at > oldest_s + 1;
    if (oldest_s && now_s > oldest_s)
        facts->age_s = (uint64_t)(now_s - oldest_s);
}

struct cause_facts
cause_evidence(const struct run *run, size_t server,
    const struct server_facts *now)
{
    struct cause_facts facts = {.ttl_s = run->settings->servers.ttl_s};
    const struct baseline *baseline = &run->baselines[server];

    facts.is_away = !now->is_known;
    if (purpose_type(run->task.purpose)->stores && baseline->is_watched &&
        now->is_known)
        compare(&facts, run, baseline, now);
    else if (now->is_known)
        look(&facts, run, now);
    return facts;
}
