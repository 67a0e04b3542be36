#include "sink/link.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "memc/transport_plain.h"

/* How often to look at an old connection while another is tried. */
enum { LOOK_MS = 100 };

static const char greeting[] = "version\r\nmn\r\n";

void
link_init(struct link *link, const struct sink_config *config)
{
    *link = (struct link){
        .config = config,
        .state = config->is_away ? LINK_AWAY : LINK_DOWN,
    };
    conn_init(&link->conn, &transport_plain);
    conn_init(&link->old, &transport_plain);
    outage_init(&link->outage, config,
        "its records fail. Start the server and load the file again");
}

void
link_release(struct link *link)
{
    conn_close(&link->conn);
    conn_close(&link->old);
}

/* Down, until the pause is over; or away, when it is too late for that. */
static void
go_down(struct link *link, const char *detail, int64_t now_ms)
{
    bool may_retry = outage_may_retry(&link->outage, detail, now_ms);

    conn_close(&link->conn);
    link->state = may_retry ? LINK_DOWN : LINK_AWAY;
    link->wake_at = link->outage.paused_until;
}

void
link_end_idle(struct link *link, enum trouble trouble, const char *detail)
{
    /* servers may end what nobody uses, but not talk to themselves */
    log_line(trouble == TROUBLE_CLOSED ? LOG_D : LOG_W,
        "shard %s (%s): while idle: %s: %s", link->config->shard,
        link->config->address->text, trouble_text(trouble), detail);
    conn_close(&link->conn);
    link->state = LINK_DOWN;
    link->wake_at = 0;
}

/* The old connection, which is to end, is the only one. */
static void
begin_drain(struct link *link, int64_t now_ms)
{
    link->state = LINK_DRAINING;
    link->wake_at = outage_ends_at(&link->outage);
    link->look_at = conn_unheard_ms(&link->conn) < 0
                        ? CLOCK_NEVER
                        : now_ms + link->config->timeout_ms / 4 + 1;
}

static bool
is_trial(const struct link *link)
{
    return link->old.fd >= 0;
}

/* Another connection is begun beside the old one. */
static void
begin_trial(struct link *link)
{
    link->old = link->conn;
    conn_init(&link->conn, &transport_plain);
    link->conn.turn = link->old.turn;
}

/* It came to nothing, or the old one is alive: back to that. */
static void
end_trial(struct link *link, int64_t now_ms)
{
    conn_close(&link->conn);
    link->old.turn = link->conn.turn;
    link->conn = link->old;
    conn_init(&link->old, &transport_plain);
    begin_drain(link, now_ms);
}

void
link_lose(struct link *link, enum trouble trouble, const char *detail,
    int64_t now_ms)
{
    bool had_requests = link->state == LINK_UP;

    outage_note(&link->outage, trouble, detail, now_ms);
    if (is_trial(link)) {
        end_trial(link, now_ms);
        return;
    }
    if (!had_requests || !retry_remedy(trouble).drain) {
        go_down(link, detail, now_ms);
        return;
    }
    conn_shut(&link->conn);
    begin_drain(link, now_ms);
}

void
link_alive(struct link *link, int64_t now_ms)
{
    outage_end(&link->outage, now_ms);
}

static bool
begin_connect(struct link *link, int64_t now_ms)
{
    struct err err;

    if (conn_open(&link->conn, link->config->address, &err)) {
        link_lose(link, TROUBLE_CLOSED, err.text, now_ms);
        return true;
    }
    link->state = LINK_CONNECTING;
    /* resolving the name may have taken long */
    link->wake_at = clock_ms() + link->config->timeout_ms;
    return true;
}

static bool
finish_connect(struct link *link, int64_t now_ms)
{
    struct err err;

    switch (conn_finish(&link->conn, &err)) {
    case 0:
        if (now_ms < link->wake_at)
            return false;
        link_lose(link, TROUBLE_SILENT, "cannot connect within --timeout",
            now_ms);
        return true;
    case 1:
        link->state = LINK_GREETING;
        link->greeting_sent = link->greetings_read = 0;
        reply_init(&link->parser);
        return true;
    default:
        link_lose(link, TROUBLE_CLOSED, err.text, now_ms);
        return true;
    }
}

/* One reply to the greeting: first VERSION, then MN, or ERROR without meta.
 * False for any other, and for a third: nothing else was asked. */
static bool
take_greeting(struct link *link, enum reply reply)
{
    switch (link->greetings_read++) {
    case 0:
        link->has_meta =
            reply == REPLY_VERSION && version_has_meta(link->parser.line + 8);
        return reply == REPLY_VERSION;
    case 1:
        link->has_meta &= reply == REPLY_MN;
        return reply == REPLY_MN || reply == REPLY_UNKNOWN;
    default:
        return false;
    }
}

static void
go_up(struct link *link)
{
    link->state = LINK_UP;
    link->reconnects += link->is_known;
    link->is_known = true;
}

static bool
greet(struct link *link, int64_t now_ms)
{
    const size_t n = sizeof(greeting) - 1;
    char bytes[256];
    const char *at = bytes;
    struct err err, why_unsent;
    ssize_t got, sent = 0;
    enum reply reply;

    if (link->greeting_sent < n)
        sent = conn_send(&link->conn, greeting + link->greeting_sent,
            n - link->greeting_sent, &why_unsent);
    if (sent > 0)
        link->greeting_sent += (size_t)sent;
    got = conn_receive(&link->conn, bytes, sizeof(bytes), &err);
    if (got == CONN_CLOSED) {
        link_lose(link, TROUBLE_CLOSED, err.text, now_ms);
        return true;
    }
    if (got == CONN_AGAIN && sent == CONN_CLOSED) {
        /* only now: what it said before it closed tells more */
        link_lose(link, TROUBLE_CLOSED, why_unsent.text, now_ms);
        return true;
    }
    while (got > 0) {
        reply = reply_next(&link->parser, &at, bytes + got);
        if (reply == REPLY_NONE)
            break;
        if (!take_greeting(link, reply)) {
            link_lose(link, TROUBLE_GARBAGE, link->parser.line, now_ms);
            return true;
        }
    }
    if (link->greetings_read == 2) {
        if (!is_trial(link)) {
            go_up(link);
            return true;
        }
        link->state = LINK_PROVING;
        link->wake_at = now_ms + link->config->timeout_ms;
        return true;
    }
    if (now_ms < link->wake_at)
        return false;
    link_lose(link, TROUBLE_SILENT, "no answer to `version` within --timeout",
        now_ms);
    return true;
}

/* Reads what nobody wants any more. True: it has ended. */
static bool
has_ended(struct conn *conn, struct err *err)
{
    char bytes[16384];
    ssize_t got;

    do
        got = conn_receive(conn, bytes, sizeof(bytes), err);
    while (got > 0);
    return got == CONN_CLOSED;
}

static bool
drain(struct link *link, int64_t now_ms)
{
    struct err err;

    if (has_ended(&link->conn, &err)) {
        go_down(link, err.text, now_ms);
        return true;
    }
    if (now_ms < link->wake_at && now_ms >= link->look_at) {
        begin_drain(link, now_ms);
        if (conn_unheard_ms(&link->conn) >= link->config->timeout_ms) {
            begin_trial(link);
            return begin_connect(link, now_ms);
        }
    }
    if (now_ms < link->wake_at)
        return false;
    conn_close(&link->conn);
    link->state = LINK_AWAY;
    outage_give_up(&link->outage,
        "it neither answers nor ends the old connection", now_ms);
    return true;
}

/* Greeted beside an old connection: which of them is it to be? */
static bool
prove(struct link *link, int64_t now_ms)
{
    struct err err;

    if (has_ended(&link->conn, &err)) {
        link_lose(link, TROUBLE_CLOSED, err.text, now_ms);
        return true;
    }
    if (now_ms < link->wake_at)
        return false;
    log_warn("shard %s (%s): the old connection is dead: nothing of it was "
             "acknowledged for %lld ms; another one is answered, and used",
        link->config->shard, link->config->address->text,
        (long long)conn_unheard_ms(&link->old));
    conn_abort(&link->old);
    go_up(link);
    return true;
}

/* While another is tried: the old connection ends, or shows that it is alive.
 * True: the state changed. */
static bool
look_at_old(struct link *link, int64_t now_ms)
{
    struct err err;

    link->look_at = now_ms + LOOK_MS;
    if (has_ended(&link->old, &err)) {
        conn_close(&link->old);
        if (link->state != LINK_PROVING)
            return false;
        go_up(link);
        return true;
    }
    if (conn_unheard_ms(&link->old) >= link->config->timeout_ms)
        return false;
    end_trial(link, now_ms);
    return true;
}

bool
link_work(struct link *link, bool wanted, int64_t now_ms)
{
    if (is_trial(link) && look_at_old(link, now_ms))
        return true;
    switch (link->state) {
    case LINK_DOWN:
        if (!wanted || now_ms < link->wake_at)
            return false;
        return begin_connect(link, now_ms);
    case LINK_CONNECTING:
        return finish_connect(link, now_ms);
    case LINK_GREETING:
        return greet(link, now_ms);
    case LINK_DRAINING:
        return drain(link, now_ms);
    case LINK_PROVING:
        return prove(link, now_ms);
    case LINK_UP:
    case LINK_AWAY:
        break;
    }
    return false;
}

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void
link_wants(const struct link *link, bool wanted, struct pollfd *poll_out,
    int64_t *wake_at_out)
{
    bool has_to_send = link->state == LINK_GREETING &&
                       link->greeting_sent < sizeof(greeting) - 1;

    *poll_out = (struct pollfd){.fd = -1};
    *wake_at_out = link->wake_at;
    switch (link->state) {
    case LINK_DOWN:
        if (!wanted)
            *wake_at_out = CLOCK_NEVER;
        break;
    case LINK_CONNECTING:
    case LINK_GREETING:
    case LINK_DRAINING:
    case LINK_PROVING:
        if (is_trial(link) || link->state == LINK_DRAINING)
            *wake_at_out = least(link->wake_at, link->look_at);
        if (conn_wants(&link->conn, has_to_send, poll_out))
            *wake_at_out = 0;
        break;
    case LINK_UP:
    case LINK_AWAY:
        *wake_at_out = CLOCK_NEVER;
        break;
    }
}
