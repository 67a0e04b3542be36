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
#include "memc/probe_answer.h"
#include "memc/transport_plain.h"

static const char questions[] =
    "version\r\nstats\r\nstats settings\r\nstats slabs\r\n";

/* Ends the answer: MN, or ERROR from a server without meta commands. */
static const char fence[] = "mn\r\n";

enum { REQUEST_BYTES = sizeof(questions) + CANARY_TEXT_BYTES + sizeof(fence) };

struct probe {
    struct server *server;
    char *trouble;
    struct conn conn;
    struct dial dial;
    char request[REQUEST_BYTES];
    size_t n, sent; /* of the request */
    bool removes;   /* the canary; nothing else is asked */
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
    if (probe->removes)
        return;
    if (trouble)
        probe->server->facts.is_known = false;
    probe->server->is_away = trouble != ERR_NONE;
    probe->server->trouble = trouble;
    if (probe->trouble)
        fit(probe->trouble, PROBE_TEXT_BYTES, why);
}

static void
write_request(struct probe *probe)
{
    const struct canary *canary = probe->answer.canary;
    char text[CANARY_TEXT_BYTES] = "";

    probe->sent = 0;
    if (probe->removes) {
        probe->n = canary_remove(canary, probe->request);
        return;
    }
    if (canary && canary->value[0])
        canary_ask(canary, text);
    probe->n = (size_t)snprintf(probe->request, sizeof(probe->request),
        "%s%s%s", questions, text, fence);
}

/* The second one, if the canary is not there. */
static void
write_canary(struct probe *probe)
{
    static const char items[] = "stats items\r\n";

    probe->sent = 0;
    probe->n = sizeof(items) - 1;
    memcpy(probe->request, items, probe->n);
    probe->n += canary_set(probe->answer.canary, probe->request + probe->n);
}

static void
begin(struct probe *probe, int64_t timeout_ms)
{
    struct err err;

    conn_init(&probe->conn, &transport_plain);
    if (probe->server->canary.key[0])
        probe->answer.canary = &probe->server->canary;
    write_request(probe);
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

    if (probe->removes) {
        /* "DELETED" or "NOT_FOUND": the first byte tells */
        probe->server->facts.canary = *bytes == 'N'   ? CANARY_GONE
                                      : *bytes == 'D' ? CANARY_THERE
                                                      : CANARY_UNKNOWN;
        end(probe, ERR_NONE, "");
        return;
    }
    switch (probe_feed(&probe->answer, bytes, n, &probe->server->facts)) {
    case PROBE_MORE:
        break;
    case PROBE_WANTS_CANARY:
        write_canary(probe);
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
    char bytes[4096];
    struct err err, why_unsent;
    ssize_t got, sent = 0;

    if (probe->sent < probe->n) {
        sent = conn_send(&probe->conn, probe->request + probe->sent,
            probe->n - probe->sent, &why_unsent);
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
            conn_wants(&probe->conn, probe->sent < probe->n, &asking->fds[i]);
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

static void
asking_init(struct asking *asking, struct shards *shards)
{
    size_t n = shards->n_servers;

    *asking = (struct asking){.probes = mem_zero(n, sizeof(*asking->probes)),
        .fds = mem_zero(n, sizeof(*asking->fds)),
        .n = n};
    for (size_t i = 0; i < n; i++)
        asking->probes[i].server = &shards->server[i];
}

static void
asking_release(struct asking *asking)
{
    free(asking->probes);
    free(asking->fds);
}

/* Those that did not answer in time are over, too, afterwards. */
static void
ask_all(struct asking *asking, int64_t timeout_ms)
{
    /* from now on: a name that takes long is not the other servers' fault */
    asking->end_at = clock_ms() + timeout_ms;
    while (round_all(asking))
        ;
    for (size_t i = 0; i < asking->n; i++)
        if (!asking->probes[i].is_over)
            end(&asking->probes[i], ERR_TIMEOUT,
                asking->probes[i].conn.is_connecting
                    ? "cannot connect within --timeout"
                    : "it does not answer within --timeout");
}

size_t
probe_servers(struct shards *shards, int64_t timeout_ms,
    char (*troubles)[PROBE_TEXT_BYTES])
{
    struct asking asking;
    size_t away = 0;

    asking_init(&asking, shards);
    for (size_t i = 0; i < asking.n; i++) {
        asking.probes[i].trouble = troubles ? troubles[i] : NULL;
        shards->server[i].facts = (struct server_facts){0};
        begin(&asking.probes[i], timeout_ms);
    }
    ask_all(&asking, timeout_ms);
    for (size_t i = 0; i < asking.n; i++)
        away += shards->server[i].is_away;
    asking_release(&asking);
    return away;
}

void
probe_remove_canaries(struct shards *shards, int64_t timeout_ms)
{
    struct asking asking;

    asking_init(&asking, shards);
    for (size_t i = 0; i < asking.n; i++) {
        shards->server[i].facts = (struct server_facts){0};
        asking.probes[i].removes = true;
        asking.probes[i].is_over = !shards->server[i].canary.value[0];
        if (!asking.probes[i].is_over)
            begin(&asking.probes[i], timeout_ms);
    }
    ask_all(&asking, timeout_ms);
    asking_release(&asking);
}
