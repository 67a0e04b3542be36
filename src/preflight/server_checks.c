#include "preflight/server_checks.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/units.h"
#include "preflight/sizing.h"

static void
check_protocol(const struct run *run, struct preflight *preflight,
    size_t server)
{
    const struct server_facts *facts = &run->shards.server[server].facts;

    if (!facts->has_meta && run->settings->tuning.mode == MODE_MULTI)
        findings_add(&preflight->findings, FINDING_WARNING, server,
            "memcached %s has no meta commands; pipelining plain sets "
            "instead, which is slower",
            facts->version);
}

/* Connections that a server will see of us, against what it has left. */
static void
check_connections(const struct run *run, struct preflight *preflight,
    size_t server)
{
    const struct server_facts *facts = &run->shards.server[server].facts;
    uint64_t want = needs_connections(run, preflight, server);
    uint64_t left = needs_connections_free(facts);
    char connections[UNITS_TEXT_BYTES];

    if (!facts->max_connections || want <= left)
        return;
    findings_add(&preflight->findings, FINDING_LACK, server,
        "the load opens %s, but of its %llu only %llu are free; lower "
        "--processes or --connections, or start memcached with a larger -c",
        units_of(want, "connection", connections),
        (unsigned long long)facts->max_connections, (unsigned long long)left);
}

/* Of the supervisor beside the files. */
enum { OWN_FDS = 32 };

/*
 * What a process needs; the limit is raised where that is allowed. The
 * supervisor, which holds a file until it can be renamed, works with less than
 * it needs (run/task.h), a worker does not.
 */
static void
check_descriptors(const struct run *run, struct findings *findings)
{
    uint64_t want = needs_descriptors(run);
    /* beside each input one for its process, and one for who asks servers */
    uint64_t all = run->task.n + run_places(run) + 1 + OWN_FDS;
    struct rlimit limit, old;

    if (all < want)
        all = want;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= all)
        return;
    old = limit;
    limit.rlim_cur = all < limit.rlim_max ? all : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        limit = old;
    if (limit.rlim_cur >= want)
        return;
    findings_add(findings, FINDING_LACK, FINDING_NO_SERVER,
        "a worker needs %llu open files, but the limit is %llu; lower "
        "--connections or raise it (ulimit -n)",
        (unsigned long long)want, (unsigned long long)limit.rlim_cur);
}

/*
 * Too large ones are mostly few: what one or two of them in a sample are to the
 * whole load, nobody can say. So it is told what was seen.
 */
static void
check_items(const struct run *run, struct preflight *preflight, size_t server)
{
    const struct server *at = &run->shards.server[server];
    const struct server_forecast *forecast =
        &preflight->forecast.servers[server];
    char largest[UNITS_TEXT_BYTES], most[UNITS_TEXT_BYTES], size[32];
    char lines[UNITS_TEXT_BYTES];

    if (forecast->largest_bytes <= server_item_max(at))
        return;
    findings_add(&preflight->findings, FINDING_LACK, server,
        "an item of %s bytes was seen, but it takes %s at most: what is larger "
        "will be rejected (too_large), %llu of the %s looked at; start "
        "memcached with -I %s",
        units_count(forecast->largest_bytes, largest),
        units_count(server_item_max(at), most),
        (unsigned long long)forecast->too_large_seen,
        units_of(preflight->forecast.lines_sampled, "line", lines),
        sizing_size(sizing_make(run, preflight, server).item_max_bytes, size));
}

/* More than the whole server has. */
static void
add_lack(const struct run *run, struct preflight *preflight, size_t server)
{
    const struct server_facts *facts = &run->shards.server[server].facts;
    const struct server_forecast *forecast =
        &preflight->forecast.servers[server];
    double share =
        1 - (double)facts->limit_bytes / (double)forecast->needed_bytes;
    char needs[UNITS_TEXT_BYTES], has[UNITS_TEXT_BYTES];
    char items[UNITS_TEXT_BYTES];

    findings_add(&preflight->findings, FINDING_LACK, server,
        "about %s items need %s of memory, but it has %s: it will %s some "
        "%.0f %% of them; start memcached with -m %llu",
        units_count(forecast_count(&preflight->forecast, forecast->items),
            items),
        units_size(forecast->needed_bytes, needs),
        units_size(facts->limit_bytes, has),
        facts->never_evicts ? "refuse" : "evict", share * 100,
        (unsigned long long)sizing_make(run, preflight, server).memory_mib);
}

/*
 * What is there already is no reason for a warning: loading the same keys
 * again, every night, replaces it and needs no more than they do. Only when
 * the load alone is more than the server has, something is lost for sure.
 */
static void
check_memory(const struct run *run, struct preflight *preflight, size_t server)
{
    const struct server_facts *facts = &run->shards.server[server].facts;
    const struct server_forecast *forecast =
        &preflight->forecast.servers[server];
    uint64_t needed = forecast->needed_bytes;
    const char *verb = facts->never_evicts ? "refuse" : "evict";
    char used[UNITS_TEXT_BYTES], needs[UNITS_TEXT_BYTES];
    char has[UNITS_TEXT_BYTES], items[UNITS_TEXT_BYTES];

    if (facts->limit_bytes == 0 || forecast->fits_always)
        return;
    units_size(needed, needs);
    units_size(facts->limit_bytes, has);
    if (needed > facts->limit_bytes)
        add_lack(run, preflight, server);
    else if (needed + facts->used_bytes > facts->limit_bytes)
        findings_add(&preflight->findings, FINDING_NOTE, server,
            "%s items take %s of its %s, and the load needs about %s: that "
            "fits when it replaces them, as loading the same keys again does; "
            "else it will %s items",
            units_count(facts->curr_items, items),
            units_size(facts->used_bytes, used), has, needs, verb);
    else if (!sizing_memory_suffices(forecast, facts->limit_bytes))
        findings_add(&preflight->findings, FINDING_NOTE, server,
            "the load needs about %s of its %s, which is tight: it may %s "
            "items",
            needs, has, verb);
}

void
checks_run(const struct run *run, struct preflight *preflight)
{
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        if (!run->shards.server[i].facts.is_known ||
            preflight->forecast.servers[i].n_shards == 0)
            continue;
        check_protocol(run, preflight, i);
        check_connections(run, preflight, i);
        check_items(run, preflight, i);
        check_memory(run, preflight, i);
    }
    check_descriptors(run, &preflight->findings);
    for (size_t i = 0; i < run->task.n; i++)
        if (!run->task.inputs[i].input->type->has_size)
            findings_add(&preflight->findings, FINDING_NOTE, FINDING_NO_SERVER,
                "standard input cannot be sampled: what it needs is not in "
                "this forecast");
}
