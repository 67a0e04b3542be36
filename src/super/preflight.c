#include "super/preflight.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "load/lanes.h"
#include "sink/probe.h"

void
preflight_shards(struct run *run)
{
    const struct job *job = run->job;

    shards_init(&run->shards);
    for (size_t i = 0; i < job->n_shards; i++)
        shards_add(&run->shards, job->shards[i].name, job->shards[i].addresses,
            job->shards[i].n_addresses);
}

static const char *
shard_name(const struct run *run, size_t server)
{
    return run->shards.shard[run->shards.server[server].shard].name;
}

static const char *
advice(const struct server *server)
{
    switch (server->trouble) {
    case ERR_HOST:
        return "Check the name";
    case ERR_TIMEOUT:
        return "See whether it hangs";
    case ERR_PROTOCOL:
        return "Look what listens there";
    default:
        return "Start it";
    }
}

static void
tell_away(const struct run *run, char (*troubles)[PROBE_TEXT_BYTES])
{
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        if (!*troubles[i])
            continue;
        if (run->job->degraded)
            log_warn("shard %s (%s): %s; its records will be failed",
                shard_name(run, i), run->shards.server[i].address->text,
                troubles[i]);
        else
            log_error("shard %s (%s): %s. %s", shard_name(run, i),
                run->shards.server[i].address->text, troubles[i],
                advice(&run->shards.server[i]));
    }
}

static void
tell_facts(const struct run *run)
{
    char size[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server *server = &run->shards.server[i];

        if (!server->facts.is_known)
            continue;
        log_debug("shard %s (%s): memcached %s, %s, items up to %s",
            shard_name(run, i), server->address->text, server->facts.version,
            server->facts.has_meta ? "meta commands" : "no meta commands",
            units_size(server->facts.item_size_max, size));
        if (!server->facts.has_meta && run->job->mode == MODE_MULTI)
            log_warn("shard %s (%s): memcached %s has no meta commands; "
                     "pipelining plain sets instead, which is slower",
                shard_name(run, i), server->address->text,
                server->facts.version);
    }
}

/* Connections that a server will see of us, against what it has left. */
static void
check_connections(const struct run *run)
{
    uint64_t want = (uint64_t)run->n_workers * run->job->connections;
    char connections[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server_facts *facts = &run->shards.server[i].facts;

        /* ours, for the probe, is closed by then */
        if (!facts->is_known || !facts->max_connections ||
            facts->curr_connections - 1 + want <= facts->max_connections)
            continue;
        log_warn("shard %s (%s): the load opens %s, but of its "
                 "%llu only %lld are free; lower --processes or --connections, "
                 "or start memcached with a larger -c",
            shard_name(run, i), run->shards.server[i].address->text,
            units_of(want, "connection", connections),
            (unsigned long long)facts->max_connections,
            (long long)(facts->max_connections - facts->curr_connections + 1));
    }
}

/* Descriptors of a worker: a connection a lane (and what looks after it in
 * mode set), beside the file, the log, eventfds, libraries. */
static void
check_descriptors(const struct run *run)
{
    uint64_t each = run->job->mode == MODE_SET ? 3 : 1;
    uint64_t want = lanes_count(run->job, &run->shards) * each + 32;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= want)
        return;
    if (limit.rlim_max >= want) {
        limit.rlim_cur = want;
        if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
            return;
    }
    log_warn("a worker needs %llu open files, but the limit is %llu; lower "
             "--connections or raise it (ulimit -n)",
        (unsigned long long)want, (unsigned long long)limit.rlim_cur);
}

int
preflight_servers(struct run *run)
{
    size_t n = run->shards.n_servers, away;
    char(*troubles)[PROBE_TEXT_BYTES] = mem_zero(n, sizeof(*troubles));

    away = probe_servers(&run->shards, run->job->timeout_ms, troubles);
    tell_away(run, troubles);
    free(troubles);
    if (away == n) {
        log_error("no server answers: nothing to load into");
        return -1;
    }
    if (away && !run->job->degraded) {
        log_error("the others answer: --degraded loads their shards alone");
        return -1;
    }
    tell_facts(run);
    check_connections(run);
    check_descriptors(run);
    return 0;
}
