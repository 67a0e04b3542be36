#include "super/postflight.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "sink/probe.h"

static const char *
shard_name(const struct run *run, const struct server *server)
{
    return run->shards.shard[server->shard].name;
}

/* Asks again, without touching the facts of the start. */
static void
ask_again(struct run *run)
{
    size_t n = run->shards.n_servers;
    struct shards again = run->shards;
    char(*troubles)[PROBE_TEXT_BYTES] = mem_zero(n, sizeof(*troubles));

    again.server = mem_zero(n, sizeof(*again.server));
    for (size_t i = 0; i < n; i++)
        again.server[i] = run->shards.server[i];
    probe_servers(&again, run->job->timeout_ms, troubles);
    for (size_t i = 0; i < n; i++) {
        struct server *server = &run->shards.server[i];

        server->at_end = again.server[i].facts;
        if (server->facts.is_known && !server->is_away &&
            !server->at_end.is_known)
            log_error("shard %s (%s): it does not answer any more: %s. What it "
                      "stored may be gone: load all files of this run again, "
                      "done ones too (by their dot names)",
                shard_name(run, server), server->address->text, troubles[i]);
    }
    free(again.server);
    free(troubles);
}

bool
postflight_servers(struct run *run)
{
    char n[UNITS_TEXT_BYTES];
    bool has_lost = false;

    ask_again(run);
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server *server = &run->shards.server[i];

        /* one given up during the load has failed its files already */
        has_lost |= server->facts.is_known && !server->is_away &&
                    !server->at_end.is_known;
        if (server_restarted(server)) {
            has_lost = true;
            log_error("shard %s (%s): it was restarted or flushed during the "
                      "load: what it held before is gone. Load all files of "
                      "this run again, done ones too (by their dot names)",
                shard_name(run, server), server->address->text);
        } else if (server_evictions(server)) {
            log_warn("shard %s (%s): it evicted %s during the load; give "
                     "memcached more memory (-m)",
                shard_name(run, server), server->address->text,
                units_of(server_evictions(server), "item", n));
        }
    }
    return has_lost;
}
