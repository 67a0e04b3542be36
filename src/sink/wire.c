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
 */
#include "sink/wire.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "sink/acks.h"
#include "sink/wire_lane.h"

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

    if (!is_busy(wire)) {
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
    if (sent)
        wire->active_at = now;
    return sent > 0;
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
    wire->active_at = now;
    while ((reply = reply_next(&wire->link.parser, &at, bytes + got)) !=
           REPLY_NONE)
        if (!acks_take(wire, reply, now)) {
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

static bool
work_up(struct wire *wire, int64_t now)
{
    const struct sink_config *config = &wire->sink.config;
    bool was_busy = is_busy(wire), moved;

    moved = receive(wire, now);
    if (wire->link.state != LINK_UP)
        return true;
    if (wire->paused_until > now)
        return moved;
    wire->paused_until = 0;
    wire->is_blocked = false;
    if (has_window(wire)) {
        if (!was_busy)
            wire->active_at = now;
        moved |= transmit(wire, now);
    }
    if (is_busy(wire) && now - wire->active_at >= config->timeout_ms) {
        lose(wire, TROUBLE_SILENT, "nothing sent or received for --timeout",
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
    wire->active_at = now;
    wire->is_blocked = false;
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
        *wake_at_out = wire->active_at + sink->config.timeout_ms;
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
