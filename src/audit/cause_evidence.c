#include "audit/cause_evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "memc/probe.h"

void
proof_ask(const struct run *run, struct proof_answer *answers)
{
    size_t n = run->shards.n_servers;
    struct shards copy = run->shards;
    char(*troubles)[PROBE_TEXT_BYTES];
    uint64_t mismatches = 0;

    for (size_t i = 0; i < n; i++)
        mismatches += answers[i].counts.sampled - answers[i].counts.matched;
    if (!mismatches)
        return;
    troubles = mem_zero(n, sizeof(*troubles));
    copy.server = mem_new(n * sizeof(*copy.server));
    memcpy(copy.server, run->shards.server, n * sizeof(*copy.server));
    probe_servers(&copy, run->settings->failure.timeout_ms, troubles);
    for (size_t i = 0; i < n; i++)
        answers[i].facts = copy.server[i].facts;
    free(copy.server);
    free(troubles);
}

/* Of evictions those since the load began, as far as it was seen. */
static void
compare(struct cause_facts *facts, const struct run *run,
    const struct baseline *baseline, const struct server_facts *now)
{
    const struct server_facts *then = &baseline->now;

    facts->is_watched = true;
    facts->age_s = (uint64_t)((clock_ns() - run->started_ns) / 1000000000);
    facts->has_flushed = now->cmd_flush > then->cmd_flush;
    facts->has_restarted = server_restarted(then, now) && !facts->has_flushed;
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

    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        if (file->is_stdin || !file->at_start.st_mode)
            continue;
        if (!oldest || file->at_start.st_ctim.tv_sec < oldest)
            oldest = file->at_start.st_ctim.tv_sec;
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
proof_facts(const struct run *run, size_t server,
    const struct proof_answer *answer)
{
    struct cause_facts facts = {.ttl_s = run->settings->servers.ttl_s};
    const struct server_facts *now = &answer->facts;
    const struct baseline *baseline = &run->baselines[server];

    if (answer->counts.sampled == answer->counts.matched)
        return facts;
    facts.is_away = !now->is_known;
    if (settings_stores(run->settings) && baseline->is_watched && now->is_known)
        compare(&facts, run, baseline, now);
    else if (now->is_known)
        look(&facts, run, now);
    return facts;
}
