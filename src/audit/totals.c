#include "audit/totals.h"

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"

uint64_t
totals_evictions(const struct run *run)
{
    uint64_t n = 0;

    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (shards_first(&run->shards, i) == i)
            n += baseline_evictions(&run->baselines[i]);
    return n;
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
        run->shards.shard[run->shards.server[server].shard].name,
        run->shards.server[server].address->text, units_of(n, "item", items),
        (int)ways.n_bytes, ways.data ? ways.data : "");
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
totals_tell(const struct run *run, const struct acked *acked)
{
    bool is_silent;
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
        ours -= acked->ever_then[i];
        is_silent = ours && run->settings->tuning.mode == MODE_NOREPLY;
        tell_evictions(run, i);
        if (baseline->sets <= ours)
            continue;
        log_line(is_silent ? LOG_W : LOG_I,
            "shard %s (%s): it counts %s that we did not send: other clients "
            "store there, too%s",
            run->shards.shard[run->shards.server[i].shard].name, address,
            units_of(baseline->sets - ours, "set", n),
            is_silent ? ". Without replies (--mode noreply) it cannot be told "
                        "from the sum whether all of ours are among its sets"
                      : "");
    }
}
