#include "audit/canaries.h"

#include "base/log.h"

bool
canaries_open(struct run *run, struct rng *rng)
{
    uint32_t run_id;
    bool any = false;

    if (!run->settings->failure.canary ||
        !purpose_type(run->task.purpose)->stores)
        return false;
    rng_init_random(rng);
    run_id = (uint32_t)rng_next(rng);
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        struct server *server = &run->shards.server[i];

        if (!server->facts.is_known)
            continue;
        canary_name(&server->canary, run_id, i);
        any = true;
    }
    return any;
}

void
canaries_draw(struct run *run, struct rng *rng)
{
    for (size_t i = 0; i < run->shards.n_servers; i++)
        canary_draw(&run->shards.server[i].canary, rng);
}

void
canaries_take(struct run *run, size_t server, const struct server_facts *facts)
{
    struct server *of = &run->shards.server[server];
    struct canary *canary = &of->canary;

    if (!canary->key[0])
        return;
    canary_take(canary, facts);
    if (canary->value[0] || canary->is_refused)
        return;
    canary->is_refused = true;
    log_warn("shard %s (%s): it does not take the item by which we know it "
             "(see --no-canary): only a restart or a flush that it tells of "
             "would be noticed",
        run->shards.shard[of->shard].name, of->address->text);
}

bool
canaries_are_left(const struct run *run)
{
    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (run->shards.server[i].canary.value[0] &&
            !run->shards.server[i].is_away)
            return true;
    return false;
}

bool
canaries_removed(struct run *run, size_t server, enum canary_state was)
{
    struct canary *canary = &run->shards.server[server].canary;

    if (canary->value[0] && was == CANARY_GONE &&
        !run->baselines[server].is_lost)
        return false;
    canary->value[0] = '\0';
    return true;
}

void
canaries_close(struct run *run)
{
    for (size_t i = 0; i < run->shards.n_servers; i++)
        run->shards.server[i].canary = (struct canary){0};
}
