#include "audit/acked.h"

#include <stdlib.h>

#include "base/mem.h"

void
acked_init(struct acked *acked, size_t n_servers)
{
    acked->in_period = mem_zero(n_servers, sizeof(*acked->in_period));
    acked->ever = mem_zero(n_servers, sizeof(*acked->ever));
    acked->ever_then = mem_zero(n_servers, sizeof(*acked->ever_then));
    acked->period_at_ns = mem_zero(n_servers, sizeof(*acked->period_at_ns));
}

void
acked_release(struct acked *acked)
{
    free(acked->in_period);
    free(acked->ever);
    free(acked->ever_then);
    free(acked->period_at_ns);
}

/* Of a process that runs. */
static uint64_t
add_running(struct acked *acked, const struct run *run,
    const struct place *place)
{
    struct report *report = slot_read(place->slot);
    uint64_t reconnects = 0;

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server_counts *of = &report->servers[i];

        reconnects += of->reconnects;
        acked->ever[i] += of->stored + of->sent;
        if (place->periods[i] == run->baselines[i].period)
            acked->in_period[i] += of->stored + of->sent;
    }
    free(report);
    return reconnects;
}

uint64_t
acked_sum_up(struct acked *acked, const struct run *run)
{
    uint64_t reconnects = 0;

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        acked->in_period[i] = run->baselines[i].acked;
        acked->ever[i] = run->baselines[i].acked_ever;
        reconnects += run->baselines[i].reconnects;
    }
    for (size_t i = 0; i < run->task.n_places; i++)
        if (run->task.places[i].at)
            reconnects += add_running(acked, run, &run->task.places[i]);
    return reconnects;
}

uint64_t
acked_in_period(const struct acked *acked, const struct shards *shards,
    size_t server)
{
    size_t first = shards_first(shards, server);
    uint64_t n = 0;

    for (size_t i = first; i < shards->n_servers; i++)
        if (shards_first(shards, i) == first &&
            acked->period_at_ns[i] == acked->period_at_ns[server])
            n += acked->in_period[i];
    return n;
}

void
acked_begin_period(struct acked *acked, const struct shards *shards,
    size_t server, int64_t asked_ns)
{
    size_t first = shards_first(shards, server);

    acked->period_at_ns[server] = asked_ns;
    acked->ever_then[server] = 0;
    for (size_t i = first; i < shards->n_servers; i++)
        if (shards_first(shards, i) == first)
            acked->ever_then[server] += acked->ever[i];
}
