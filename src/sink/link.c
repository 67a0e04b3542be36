#include "sink/link.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "memc/transport_plain.h"

static const char greeting[] = "version\r\nmn\r\n";

void
link_init(struct link *link, const struct sink_config *config)
{
    *link = (struct link){
        .config = config,
        .state = config->is_away ? LINK_AWAY : LINK_DOWN,
    };
    conn_init(&link->conn, &transport_plain);
    outage_init(&link->outage, config,
        "its records fail. Start the server and load the file again");
}

void
link_release(struct link *link)
{
    conn_close(&link->conn);
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

void
link_lose(struct link *link, enum trouble trouble, const char *detail,
    int64_t now_ms)
{
    bool had_requests = link->state == LINK_UP;

    outage_note(&link->outage, trouble, detail, now_ms);
    if (!had_requests || !retry_remedy(trouble).drain) {
        go_down(link, detail, now_ms);
        return;
    }
    conn_shut(&link->conn);
    link->state = LINK_DRAINING;
    link->wake_at = outage_ends_at(&link->outage);
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
        link->state = LINK_UP;
        link->reconnects += link->is_known;
        link->is_known = true;
        return true;
    }
    if (now_ms < link->wake_at)
        return false;
    link_lose(link, TROUBLE_SILENT, "no answer to `version` within --timeout",
        now_ms);
    return true;
}

static bool
drain(struct link *link, int64_t now_ms)
{
    char bytes[16384];
    struct err err;
    ssize_t got;

    do
        got = conn_receive(&link->conn, bytes, sizeof(bytes), &err);
    while (got > 0);
    if (got == CONN_CLOSED) {
        go_down(link, err.text, now_ms);
        return true;
    }
    if (now_ms < link->wake_at)
        return false;
    conn_close(&link->conn);
    link->state = LINK_AWAY;
    outage_give_up(&link->outage,
        "it neither answers nor ends the old connection", now_ms);
    return true;
}

bool
link_work(struct link *link, bool wanted, int64_t now_ms)
{
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
    case LINK_UP:
    case LINK_AWAY:
        break;
    }
    return false;
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
        if (conn_wants(&link->conn, has_to_send, poll_out))
            *wake_at_out = 0;
        break;
    case LINK_UP:
    case LINK_AWAY:
        *wake_at_out = CLOCK_NEVER;
        break;
    }
}
