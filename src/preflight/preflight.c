#include "preflight/preflight.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "memc/probe.h"
#include "preflight/server_checks.h"
#include "preflight/dir_checks.h"

/* -------------------------------------------------------------- looking --- */

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
find_away(const struct run *run, struct preflight *preflight,
    char (*troubles)[PROBE_TEXT_BYTES])
{
    const struct purpose_type *purpose = purpose_type(run->task.purpose);
    struct findings *findings = &preflight->findings;

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        if (!*troubles[i])
            continue;
        if (run->settings->servers.degraded)
            findings_add(findings, FINDING_AWAY, i,
                "%s; its records will be %s", troubles[i], purpose->without);
        else
            findings_add(findings, FINDING_AWAY, i, "%s. %s", troubles[i],
                advice(&run->shards.server[i]));
    }
    if (preflight->n_away == run->shards.n_servers)
        findings_add(findings, FINDING_AWAY, FINDING_NO_SERVER,
            "no server answers: nothing to %s", purpose->to_servers);
    else if (preflight->n_away && !run->settings->servers.degraded)
        findings_add(findings, FINDING_AWAY, FINDING_NO_SERVER,
            "the others answer: --degraded %s their shards alone",
            purpose->degraded_does);
}

static void
ask_servers(struct run *run, struct preflight *preflight)
{
    size_t n = run->shards.n_servers;
    char(*troubles)[PROBE_TEXT_BYTES] = mem_zero(n, sizeof(*troubles));

    preflight->n_away = probe_servers(&run->shards,
        run->settings->failure.timeout_ms, troubles);
    find_away(run, preflight, troubles);
    free(troubles);
}

void
preflight_look(struct run *run, struct preflight *out)
{
    const struct purpose_type *purpose = purpose_type(run->task.purpose);

    *out = (struct preflight){0};
    if (purpose->asks_servers)
        ask_servers(run, out);
    if (!purpose->forecasts)
        return; /* it asks for nothing */
    forecast_make(&out->forecast, run, &out->findings);
    checks_run(run, out);
    dir_checks_run(run, out);
}

void
preflight_release(struct preflight *preflight)
{
    findings_release(&preflight->findings);
    forecast_release(&preflight->forecast);
}

enum input_reason
preflight_refusal(const struct run *run, const struct preflight *preflight)
{
    size_t n = run->shards.n_servers;

    if (!purpose_type(run->task.purpose)->asks_servers)
        return INPUT_REASON_NONE;
    if (preflight->n_away == n ||
        (preflight->n_away && !run->settings->servers.degraded))
        return INPUT_REASON_NO_SERVER;
    if (run->settings->servers.require_capacity &&
        findings_count(&preflight->findings, FINDING_LACK))
        return INPUT_REASON_NO_CAPACITY;
    return INPUT_REASON_NONE;
}

/* -------------------------------------------------------------- telling --- */

static enum log_level
log_level_of(const struct settings *settings, const struct finding *finding)
{
    switch (finding->level) {
    case FINDING_AWAY:
        return settings->servers.degraded &&
                       finding->server != FINDING_NO_SERVER
                   ? LOG_W
                   : LOG_E;
    case FINDING_LACK:
        return settings->servers.require_capacity ? LOG_E : LOG_W;
    case FINDING_FILE:
    case FINDING_PLACE:
    case FINDING_WARNING:
        return LOG_W;
    default:
        return LOG_D;
    }
}

void
preflight_tell(const struct run *run, const struct preflight *preflight,
    bool tells_files)
{
    struct text text = {0};

    for (size_t i = 0; i < preflight->findings.n; i++) {
        const struct finding *finding = &preflight->findings.items[i];

        if (finding->level == FINDING_FILE && !tells_files)
            continue;
        text_clear(&text);
        finding_print(&text, finding, &run->shards);
        log_line(log_level_of(run->settings, finding), "%s", text.data);
    }
    text_release(&text);
}

static void
tell_facts(const struct run *run)
{
    char size[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server *server = &run->shards.server[i];

        if (server->facts.is_known)
            log_debug("shard %s (%s): memcached %s, %s, items up to %s",
                run->shards.shard[server->shard].name, server->address->text,
                server->facts.version,
                server->facts.has_meta ? "meta commands" : "no meta commands",
                units_size(server->facts.item_size_max, size));
    }
}

enum input_reason
preflight_servers(struct run *run)
{
    struct preflight preflight;
    enum input_reason refusal;

    preflight_look(run, &preflight);
    refusal = preflight_refusal(run, &preflight);
    tell_facts(run);
    preflight_tell(run, &preflight, false);
    preflight_release(&preflight);
    return refusal;
}
