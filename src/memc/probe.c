#include "memc/probe.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fit.h"
#include "base/mem.h"
#include "memc/conn.h"
#include "memc/dial.h"
#include "memc/protocol.h"
#include "memc/transport_plain.h"

/* The last one ends the answer: MN, or ERROR from a server without meta. */
const char probe_request[] =
    "version\r\nstats\r\nstats settings\r\nstats slabs\r\nmn\r\n";
enum { PROBE_ANSWERS = 5 };

/* What all answers take at most; a real server's, with all 63 slab classes in
 * use, take some 30 KiB. */
enum { PROBE_MOST_BYTES = 1 << 20 };

/* ------------------------------------------------------- what they say --- */

/* What a server has no more of: four petabytes, the sets of a century. Sums
 * over two thousand servers do not overflow. */
#define MOST_NUMBER (1ULL << 52)

static void
take_stat(struct probe_answer *answer, struct server_facts *facts)
{
    const struct {
        const char *name;
        uint64_t *to;
    } stats[] = {
        {"pid", &facts->pid},
        {"time", &answer->time_s},
        {"uptime", &answer->uptime_s},
        {"cmd_flush", &facts->cmd_flush},
        {"cmd_set", &facts->cmd_set},
        {"store_no_memory", &facts->store_no_memory},
        {"store_too_large", &facts->store_too_large},
        {"evictions", &facts->evictions},
        {"total_connections", &facts->total_connections},
        {"curr_connections", &facts->curr_connections},
        {"maxconns", &facts->max_connections},
        {"item_size_max", &facts->item_size_max},
        {"limit_maxbytes", &facts->limit_bytes},
        {"bytes", &answer->item_bytes},
        {"curr_items", &facts->curr_items},
        {"reserved_fds", &facts->reserved_fds},
        {"chunk_size", &facts->slabs.least_bytes},
        {"slab_chunk_max", &facts->slabs.chunk_max},
    };
    char name[64];
    unsigned long long n;

    if (sscanf(answer->line, "STAT %63s %llu", name, &n) != 2 ||
        n > MOST_NUMBER)
        return;
    for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++)
        if (strcmp(name, stats[i].name) == 0)
            *stats[i].to = n;
    for (enum eviction_way way = 0; way < N_EVICTION_WAYS; way++)
        if (strcmp(name, eviction_counter(way)) == 0)
            facts->evictions_by[way] = n;
    facts->has_counters |= strcmp(name, "cmd_set") == 0;
    answer->has_time |= strcmp(name, "time") == 0;
    answer->has_uptime |= strcmp(name, "uptime") == 0;
}

/* Of its settings those that are no whole numbers. */
static void
take_setting(const char *line, struct server_facts *facts)
{
    char name[64], value[32];

    if (sscanf(line, "STAT %63s %31s", name, value) != 2)
        return;
    if (strcmp(name, "growth_factor") == 0)
        facts->slabs.growth_factor = strtod(value, NULL);
    else if (strcmp(name, "cas_enabled") == 0)
        facts->slabs.has_no_cas = strcmp(value, "no") == 0;
    else if (strcmp(name, "evictions") == 0)
        facts->never_evicts |= strcmp(value, "off") == 0;
}

/* "STAT 5:used_chunks 12": of slab class 5. */
static void
take_slab(struct probe_answer *answer, struct server_facts *facts)
{
    char name[64];
    unsigned long long n;

    if (sscanf(answer->line, "STAT %*u:%63s %llu", name, &n) != 2 ||
        n > MOST_NUMBER)
        return;
    if (strcmp(name, "chunk_size") == 0)
        answer->chunk_bytes = n;
    else if (strcmp(name, "used_chunks") == 0)
        facts->used_bytes += answer->chunk_bytes * n;
}

/* One line of an answer. */
static enum probe_state
take_line(struct probe_answer *answer, struct server_facts *facts)
{
    const char *line = answer->line;

    if (strncmp(line, "STAT ", 5) == 0) {
        take_stat(answer, facts);
        take_setting(line, facts);
        take_slab(answer, facts);
        return PROBE_MORE;
    }
    if (answer->answers == 0) {
        if (strncmp(line, "VERSION ", 8) != 0)
            return PROBE_SENSELESS;
        snprintf(facts->version, sizeof(facts->version), "%.31s", line + 8);
    } else if (answer->answers == PROBE_ANSWERS - 1) {
        facts->has_meta =
            strcmp(line, "MN") == 0 && version_has_meta(facts->version);
    } else if (strcmp(line, "END") != 0 && strcmp(line, "ERROR") != 0) {
        return PROBE_SENSELESS;
    }
    return ++answer->answers == PROBE_ANSWERS ? PROBE_ANSWERED : PROBE_MORE;
}

/* What is known when all was said. */
static void
conclude(const struct probe_answer *answer, struct server_facts *facts)
{
    facts->is_known = true;
    for (size_t i = 0; i < N_EVICTION_WAYS; i++)
        facts->evictions += facts->evictions_by[i];
    if (answer->has_time)
        facts->clock_ahead_s = (int64_t)answer->time_s - clock_wall_s();
    /* one of them alone would be another start each time */
    if (answer->has_time && answer->has_uptime)
        facts->started_at = (int64_t)(answer->time_s - answer->uptime_s);
    if (facts->item_size_max == 0)
        facts->item_size_max = ITEM_SIZE_MAX_DEFAULT;
    /* one that knows of no largest chunk has a chunk for every item */
    if (facts->slabs.growth_factor > 0 && facts->slabs.chunk_max == 0)
        facts->slabs.chunk_max = facts->item_size_max;
    if (facts->used_bytes == 0)
        facts->used_bytes = answer->item_bytes;
}

enum probe_state
probe_feed(struct probe_answer *answer, const char *bytes, size_t n,
    struct server_facts *facts)
{
    enum probe_state state = PROBE_MORE;

    answer->n_bytes += n;
    if (answer->n_bytes > PROBE_MOST_BYTES) {
        snprintf(answer->line, sizeof(answer->line), "its answer has no end");
        return PROBE_SENSELESS;
    }
    for (size_t i = 0; i < n && state == PROBE_MORE; i++) {
        if (bytes[i] != '\n') {
            if (answer->n == sizeof(answer->line) - 1)
                return PROBE_SENSELESS;
            answer->line[answer->n++] = bytes[i];
            continue;
        }
        if (answer->n && answer->line[answer->n - 1] == '\r')
            answer->n--;
        answer->line[answer->n] = '\0';
        answer->n = 0;
        state = take_line(answer, facts);
    }
    if (state == PROBE_ANSWERED)
        conclude(answer, facts);
    return state;
}

/* -------------------------------------------------------- asking them --- */

struct probe {
    struct server *server;
    char *trouble;
    struct conn conn;
    struct dial dial;
    size_t sent;
    struct probe_answer answer;
    bool has_bytes; /* that poll() does not know of */
    bool is_over;
};

/* With ERR_NONE it has answered. */
static void
end(struct probe *probe, enum err_code trouble, const char *why)
{
    conn_close(&probe->conn);
    probe->is_over = true;
    probe->server->is_away = trouble != ERR_NONE;
    probe->server->trouble = trouble;
    fit(probe->trouble, PROBE_TEXT_BYTES, why);
}

static void
begin(struct probe *probe, int64_t timeout_ms)
{
    struct err err;

    if (dial_begin(&probe->dial, &probe->conn, probe->server->address,
            timeout_ms, &err))
        end(probe, err.code, err.text);
}

static void
connect_on(struct probe *probe, int64_t now)
{
    struct err err;

    if (dial_work(&probe->dial, now, &err) < 0)
        end(probe, err.code, err.text);
}

/* Some bytes of its answer came. */
static void
take(struct probe *probe, const char *bytes, size_t n)
{
    char text[PROBE_TEXT_BYTES];

    switch (probe_feed(&probe->answer, bytes, n, &probe->server->facts)) {
    case PROBE_MORE:
        break;
    case PROBE_ANSWERED:
        end(probe, ERR_NONE, "");
        break;
    case PROBE_SENSELESS:
        snprintf(text, sizeof(text),
            "it does not answer as memcached does: "
            "\"%.60s\"",
            probe->answer.line);
        end(probe, ERR_PROTOCOL, text);
        break;
    }
}

static void
ask(struct probe *probe)
{
    const size_t n = strlen(probe_request);
    char bytes[4096];
    struct err err, why_unsent;
    ssize_t got, sent = 0;

    if (probe->sent < n) {
        sent = conn_send(&probe->conn, probe_request + probe->sent,
            n - probe->sent, &why_unsent);
        if (sent > 0)
            probe->sent += (size_t)sent;
    }
    got = conn_receive(&probe->conn, bytes, sizeof(bytes), &err);
    if (got > 0)
        take(probe, bytes, (size_t)got);
    else if (got == CONN_CLOSED)
        end(probe, ERR_PROTOCOL, err.text);
    else if (sent == CONN_CLOSED)
        /* only now, since what it said before it closed tells more */
        end(probe, ERR_PROTOCOL, why_unsent.text);
}

/* Those being asked, side by side. */
struct asking {
    struct probe *probes;
    struct pollfd *fds;
    size_t n;
    int64_t end_at;
};

/* Addresses whose turn is over make room for the host's next ones. */
static void
take_turns(struct asking *asking, int64_t now)
{
    for (size_t i = 0; i < asking->n; i++) {
        struct probe *probe = &asking->probes[i];

        if (!probe->is_over && probe->conn.is_connecting &&
            now >= dial_wake_at(&probe->dial))
            connect_on(probe, now);
    }
}

/* What is waited for, and until when at the latest. Returns how many servers
 * have not answered yet. */
static size_t
watch(struct asking *asking, int64_t *wake_at_out)
{
    const size_t n = strlen(probe_request);
    size_t open = 0;
    int64_t wake_at;

    *wake_at_out = asking->end_at;
    for (size_t i = 0; i < asking->n; i++) {
        struct probe *probe = &asking->probes[i];

        asking->fds[i] = (struct pollfd){.fd = -1};
        if (probe->is_over)
            continue;
        open++;
        probe->has_bytes =
            conn_wants(&probe->conn, probe->sent < n, &asking->fds[i]);
        wake_at = probe->has_bytes            ? 0
                  : probe->conn.is_connecting ? dial_wake_at(&probe->dial)
                                              : CLOCK_NEVER;
        if (wake_at < *wake_at_out)
            *wake_at_out = wake_at;
    }
    return open;
}

/* One round: waits for any of them, gets on with those that can. False when
 * all are over, or time is up. */
static bool
round_all(struct asking *asking)
{
    int64_t now = clock_ms(), wake_at;

    take_turns(asking, now);
    /* names resolved meanwhile are not the others' time */
    asking->end_at += clock_ms() - now;
    now = clock_ms();
    if (!watch(asking, &wake_at) || now >= asking->end_at)
        return false;
    if (poll(asking->fds, (nfds_t)asking->n, clock_poll_ms(wake_at, now)) < 0)
        return true;
    for (size_t i = 0; i < asking->n; i++) {
        struct probe *probe = &asking->probes[i];

        if (probe->is_over || !(asking->fds[i].revents || probe->has_bytes))
            continue;
        if (!probe->conn.is_connecting) {
            ask(probe);
            continue;
        }
        now = clock_ms();
        connect_on(probe, now);
        asking->end_at += clock_ms() - now;
    }
    return true;
}

size_t
probe_servers(struct shards *shards, int64_t timeout_ms,
    char (*troubles)[PROBE_TEXT_BYTES])
{
    size_t n = shards->n_servers, away = 0;
    struct probe *probes = mem_zero(n, sizeof(*probes));
    struct asking asking = {
        .probes = probes,
        .fds = mem_zero(n, sizeof(*asking.fds)),
        .n = n,
    };

    for (size_t i = 0; i < n; i++) {
        probes[i].server = &shards->server[i];
        probes[i].trouble = troubles[i];
        probes[i].server->facts = (struct server_facts){0};
        conn_init(&probes[i].conn, &transport_plain);
        begin(&probes[i], timeout_ms);
    }
    /* from now on: a name that takes long is not the other servers' fault */
    asking.end_at = clock_ms() + timeout_ms;
    while (round_all(&asking))
        ;
    for (size_t i = 0; i < n; i++) {
        if (!probes[i].is_over)
            end(&probes[i], ERR_TIMEOUT,
                probes[i].conn.is_connecting
                    ? "cannot connect within --timeout"
                    : "it does not answer within --timeout");
        away += shards->server[i].is_away;
    }
    free(probes);
    free(asking.fds);
    return away;
}
