/*
 * A lane over a pipelined connection.
 *
 * Items are gathered into windows; a window's requests go out in one stream
 * and end in a fence. Sending never waits for replies and replies are read
 * whenever there are any, since a client that only writes stops for good when
 * both sides' buffers are full of replies. A window is acknowledged by its
 * fence; then its items are done and forgotten. Up to there they can be
 * encoded again, so nothing that was sent is kept.
 *
 * A quiet window in which something was refused tells how much, not which. So
 * the lane stops sending (SETTLING), waits for the fences of all that is
 * under way, and sends the refused window by itself and loud (ALONE), as often
 * as --retries allows; only when its items have their outcomes do the later
 * windows go out again, in order. That keeps the order of each key: whatever
 * an earlier pass stored is written over by the same items in the same order.
 *
 * A connection that lay idle may have been forgotten by a firewall, which drops
 * what comes on it. A window that was sent there is unanswered for good, and so
 * is the end of the connection, for which it would have to wait (link.h). So
 * after IDLE_MS a fence goes first, alone: without an answer, nothing of ours
 * is on that connection, and it is replaced at once.
 */
#include "sink/wire.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "sink/acks.h"
#include "sink/wire_lane.h"

/* A round trip each time is little, beside that. */
enum { IDLE_MS = 1000 };

static struct wire *
wire_of(const struct sink *sink)
{
    return (struct wire *)(uintptr_t)sink;
}

/* Is something to be sent, or a fence awaited? */
static bool
is_busy(const struct wire *wire)
{
    return wire->windows.n > 0;
}

/* ------------------------------------------------------------ trouble --- */

static void
lose(struct wire *wire, enum trouble trouble, const char *detail, int64_t now)
{
    char items[UNITS_TEXT_BYTES];
    size_t n;

    if (!is_busy(wire) || wire->is_asking) {
        wire->is_asking = false;
        link_end_idle(&wire->link, trouble, detail);
        return;
    }
    link_lose(&wire->link, trouble, detail, now);
    n = windows_rewind(&wire->windows);
    wire->sink.stats.retried += n;
    if (n && wire->sink.config.lost)
        wire->sink.config.lost(wire->sink.config.ctx,
            windows_at(&wire->windows, 0)->first, n);
    if (wire->stage == SETTLING) {
        windows_at(&wire->windows, 0)->is_loud = true;
        wire->stage = ALONE;
    }
    wire->is_blocked = false;
    log_debug("shard %s (%s): %s sent without an answer will be sent again",
        wire->sink.config.shard, wire->sink.config.address->text,
        units_of(n, "item", items));
}

/* Everything pending is `outage`: the server was given up. */
static void
fail_all(struct wire *wire)
{
    struct windows *windows = &wire->windows;
    struct item *item, *next;
    size_t n;

    wire->sink.stats.is_away = true;
    windows_rewind(windows);
    item = windows->n ? windows_at(windows, 0)->first : windows->unformed;
    n = windows_items(windows);
    windows_release(windows);
    wire->stage = FLOWING;
    wire->paused_until = 0;
    for (; n; n--, item = next) {
        next = item->next; /* done() may end the item's life */
        item->outcome = OUTCOME_OUTAGE;
        wire_done(wire, item, 1, OUTCOME_OUTAGE);
    }
}

/* ------------------------------------------------------------- sending --- */

/* Is there a window to send from now? Forms one if it is time to. */
static bool
has_window(struct wire *wire)
{
    const struct sink_config *config = &wire->sink.config;
    struct windows *windows = &wire->windows;

    if (wire->stage == SETTLING) {
        windows_close(windows);
        return windows_is_midway(windows);
    }
    if (wire->stage == ALONE)
        return windows->n_sent == 0;
    if (windows->n_sent < windows->n)
        return true;
    if (!windows->unformed ||
        (!wire->wants_flush && windows->unformed_bytes < config->window_bytes))
        return false;
    windows_form(windows);
    return true;
}

/* One piece of the window at hand, or as much of it as the socket takes. */
static bool
transmit(struct wire *wire, int64_t now)
{
    const struct sink_config *config = &wire->sink.config;
    struct windows *windows = &wire->windows;
    bool has_meta = wire->link.has_meta;
    struct cursor cursor = windows->cursor;
    size_t n_sent = windows->n_sent, n;
    enum form form;
    struct err err;
    ssize_t sent;

    form = wire_form(wire, windows_at(windows, n_sent));
    n = windows_encode(windows, form, config->terms, has_meta,
        config->window_bytes, config->scratch, config->scratch_bytes);
    if (!windows->unformed)
        wire->wants_flush = false;
    sent = conn_send(&wire->link.conn, config->scratch, n, &err);
    if (sent == CONN_CLOSED) {
        /* what the server said before it closed is worth reading, but the
         * windows it may concern are sent again anyway */
        lose(wire, TROUBLE_CLOSED, err.text, now);
        return true;
    }
    if ((size_t)sent < n) {
        /* encoding just what was sent moves the cursor to where it stands */
        windows_restore(windows, n_sent, &cursor);
        if (sent)
            windows_encode(windows, form, config->terms, has_meta,
                config->window_bytes, config->scratch, (size_t)sent);
        wire->is_blocked = true;
    }
    wire->patience.sent += (uint64_t)sent;
    if (windows->n_sent > n_sent)
        windows_at(windows, n_sent)->end = wire->patience.sent;
    return sent > 0;
}

/* Before a window: is the connection still there? See above. */
static bool
ask(struct wire *wire, int64_t now)
{
    struct err err;
    size_t n;
    const char *fence = fence_request(wire->link.has_meta, &n);
    ssize_t sent = conn_send(&wire->link.conn, fence, n, &err);

    if (sent == CONN_AGAIN)
        return false;
    wire->is_asking = true;
    patience_renew(&wire->patience, now);
    if (sent == CONN_CLOSED)
        lose(wire, TROUBLE_CLOSED, err.text, now);
    else if ((size_t)sent < n)
        lose(wire, TROUBLE_SILENT, "it has no room for a fence", now);
    else
        wire->patience.sent += n;
    return true;
}

/* One reply. False: it cannot be. */
static bool
take(struct wire *wire, enum reply reply, int64_t now)
{
    patience_renew(&wire->patience, now);
    if (!wire->is_asking)
        return acks_take(wire, reply, now);
    if (reply != (wire->link.has_meta ? REPLY_MN : REPLY_VERSION))
        return false;
    wire->is_asking = false;
    link_alive(&wire->link, now);
    return true;
}

static bool
receive(struct wire *wire, int64_t now)
{
    char bytes[16384];
    const char *at = bytes;
    struct err err;
    enum reply reply;
    ssize_t got;

    got = conn_receive(&wire->link.conn, bytes, sizeof(bytes), &err);
    if (got == CONN_AGAIN)
        return false;
    if (got == CONN_CLOSED) {
        lose(wire, TROUBLE_CLOSED, err.text, now);
        return true;
    }
    while ((reply = reply_next(&wire->link.parser, &at, bytes + got)) !=
           REPLY_NONE)
        if (!take(wire, reply, now)) {
            lose(wire, TROUBLE_GARBAGE, wire->link.parser.line, now);
            break;
        }
    return true;
}

/* --------------------------------------------------------- the interface ---
 */

static struct sink *
wire_new(const struct sink_type *type, const struct sink_config *config)
{
    struct wire *wire = mem_zero(1, sizeof(*wire));

    wire->sink.type = type;
    wire->sink.config = *config;
    link_init(&wire->link, &wire->sink.config);
    return &wire->sink;
}

static void
wire_free(struct sink *sink)
{
    struct wire *wire = wire_of(sink);

    link_release(&wire->link);
    windows_release(&wire->windows);
    free(wire);
}

static void
wire_put(struct sink *sink, struct item *first, struct item *last, size_t n,
    size_t n_bytes)
{
    windows_append(&wire_of(sink)->windows, first, last, n, n_bytes);
}

static void
wire_flush(struct sink *sink)
{
    struct wire *wire = wire_of(sink);

    wire->wants_flush = wire->windows.unformed != NULL;
}

/* The next piece of a window, if there is one. */
static bool
send_on(struct wire *wire, int64_t now)
{
    bool was_blocked = wire->is_blocked, begins;

    wire->is_blocked = false;
    if (wire->is_asking || !has_window(wire))
        return false;
    /* blocked all the same, it waits already */
    begins = !was_blocked && !windows_are_out(&wire->windows);
    if (begins && now - wire->patience.since_ms >= IDLE_MS)
        return ask(wire, now);
    if (begins)
        patience_renew(&wire->patience, now);
    return transmit(wire, now);
}

static bool
is_too_late(struct wire *wire, int64_t now)
{
    const struct windows *windows = &wire->windows;
    uint64_t goal = UINT64_MAX;

    if (!is_busy(wire))
        return false;
    if (wire->is_asking)
        goal = wire->patience.sent;
    else if (windows->n_fenced < windows->n_sent)
        goal = windows_at(windows, windows->n_fenced)->end;
    return patience_is_over(&wire->patience, &wire->link.conn, goal,
        wire->sink.config.timeout_ms, now);
}

static bool
work_up(struct wire *wire, int64_t now)
{
    bool moved = receive(wire, now);

    if (wire->link.state != LINK_UP)
        return true;
    if (wire->paused_until > now)
        return moved;
    wire->paused_until = 0;
    moved |= send_on(wire, now);
    if (wire->link.state == LINK_UP && is_too_late(wire, now)) {
        lose(wire, TROUBLE_SILENT,
            wire->is_asking ? "it did not answer within --timeout"
                            : "nothing moved for --timeout",
            now);
        return true;
    }
    return moved;
}

/* Connected: the replies to come are ours; a timeout counts from now. */
static void
begin(struct wire *wire, int64_t now)
{
    reply_init(&wire->link.parser);
    wire->sink.stats.reconnects = wire->link.reconnects;
    patience_begin(&wire->patience, now);
    wire->is_blocked = false;
    wire->is_asking = false;
}

static bool
wire_work(struct sink *sink, int64_t now)
{
    struct wire *wire = wire_of(sink);
    bool wanted, moved;

    if (wire->link.state == LINK_UP)
        return work_up(wire, now);
    if (wire->link.state == LINK_AWAY) {
        if (sink->pending == 0)
            return false;
        fail_all(wire);
        return true;
    }
    wanted = is_busy(wire) || has_window(wire);
    moved = link_work(&wire->link, wanted, now);
    if (wire->link.state == LINK_UP)
        begin(wire, now);
    return moved;
}

static void
wire_wants(const struct sink *sink, struct pollfd *poll_out,
    int64_t *wake_at_out)
{
    struct wire *wire = wire_of(sink);
    bool has_more;

    if (wire->link.state != LINK_UP) {
        link_wants(&wire->link, is_busy(wire), poll_out, wake_at_out);
        return;
    }
    /* room to send is of no use during a pause, and would end every poll */
    has_more = conn_wants(&wire->link.conn,
        wire->is_blocked && !wire->paused_until, poll_out);
    *wake_at_out = CLOCK_NEVER;
    if (has_more)
        *wake_at_out = 0;
    else if (wire->paused_until)
        *wake_at_out = wire->paused_until;
    else if (is_busy(wire))
        *wake_at_out =
            patience_wake_at(&wire->patience, sink->config.timeout_ms);
}

static void
wire_abandon(struct sink *sink)
{
    windows_release(&wire_of(sink)->windows);
    sink->pending = 0;
}

#define WIRE_FUNCTIONS                                                        \
    .new = wire_new, .free = wire_free, .put = wire_put, .flush = wire_flush, \
    .work = wire_work, .wants = wire_wants, .abandon = wire_abandon

const struct sink_type sink_multi = {
    .name = "multi",
    .about = "windows of quiet sets, each closed by a fence",
    .caps = SINK_CONNECTS | SINK_CONFIRMS,
    WIRE_FUNCTIONS,
};

const struct sink_type sink_noreply = {
    .name = "noreply",
    .about = "sets without replies: processed, not known to be kept",
    .caps = SINK_CONNECTS,
    WIRE_FUNCTIONS,
};
