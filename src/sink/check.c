/*
 * Looking for items, by a getter (memc/getter.h) that asks for many at a time.
 * What it says is held against the item while it lies where it was received, so
 * a value is not copied and memory does not grow with its size.
 *
 * When the connection fails, what has no answer is asked for again after a
 * pause, until max_outage_ms is over.
 *
 * 3 million real-shaped lines in three files, four servers beside it on two
 * cores, all looked for, in turns with libmemcached's multi-get in a thread for
 * each lane; medians of seven: 6.4 s, were 8.3; client CPU 5.6 s, was 7.3;
 * servers' CPU 6.4 s, was 7.3. A later series, of one file of a million lines:
 * 2.0 s, was 2.26; client CPU 1.8 s, was 2.2. What is left is the servers'
 * work, and reading and packing the lines (4.5 s of the first); by profile,
 * looking and comparing is about a tenth of the client.
 */
#include "sink/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "memc/getter.h"
#include "sink/outage.h"

struct check {
    struct sink sink;
    struct getter *getter;
    struct item *first, *last; /* put and not done */
    struct item *next;         /* to be asked for; NULL: none */
    bool differs;              /* the value at hand, as far as it was read */
    struct outage outage;
};

static struct check *
check_of(const struct sink *sink)
{
    return (struct check *)(uintptr_t)sink;
}

/* ------------------------------------------------ what the getter calls --- */

static bool
next_key(void *ctx, struct get_key *key_out)
{
    struct check *check = ctx;
    struct item *item = check->next;

    /* some may have been answered before the connection failed */
    while (item && item->check != CHECK_NONE)
        item = item->next;
    check->next = item ? item->next : NULL;
    if (item)
        *key_out = (struct get_key){item_key(item), item->key_bytes, item};
    return item;
}

static void
got(void *ctx, void *tag, const struct get_reply *reply)
{
    struct check *check = ctx;
    struct item *item = tag;

    if (!reply) {
        item->check = CHECK_MISSING;
        return;
    }
    if (reply->offset == 0)
        check->differs = reply->flags != check->sink.config.terms.flags ||
                         reply->value_bytes != item->value_bytes;
    if (!check->differs)
        check->differs = memcmp(reply->piece, item_value(item) + reply->offset,
                             reply->piece_bytes) != 0;
    if (reply->is_last)
        item->check = check->differs ? CHECK_DIFFERENT : CHECK_MATCHED;
}

/* -------------------------------------------------------- the interface --- */

static struct sink *
check_new(const struct sink_type *type, const struct sink_config *config)
{
    struct check *check = mem_zero(1, sizeof(*check));

    check->sink.type = type;
    check->sink.config = *config;
    check->sink.stats.is_away = config->is_away;
    check->getter = getter_new(&(struct getter_config){
        .address = config->address,
        .timeout_ms = config->timeout_ms,
        .room = config->scratch,
        .room_bytes = config->scratch_bytes,
        .next = next_key,
        .got = got,
        .ctx = check,
    });
    outage_init(&check->outage, &check->sink.config,
        "what it should have is unreadable. Start the server and verify again");
    return &check->sink;
}

static void
check_free(struct sink *sink)
{
    getter_free(check_of(sink)->getter);
    free(check_of(sink));
}

static void
check_put(struct sink *sink, struct item *first, struct item *last, size_t n,
    size_t n_bytes)
{
    struct check *check = check_of(sink);

    (void)n;
    (void)n_bytes;
    if (check->first)
        check->last->next = first;
    else
        check->first = first;
    check->last = last;
    last->next = NULL;
    if (!check->next)
        check->next = first;
}

static void
check_flush(struct sink *sink)
{
    (void)sink;
}

/* Those that have an answer, up to the first that has none, are done. False:
 * none are. */
static bool
finish(struct check *check)
{
    struct item *first = check->first, *item = first;
    size_t n = 0;

    while (n < check->sink.pending && item->check != CHECK_NONE) {
        item = item->next;
        n++;
    }
    if (n == 0)
        return false;
    check->sink.pending -= n;
    check->first = item;
    if (check->sink.pending == 0)
        check->first = check->last = NULL;
    check->sink.config.done(check->sink.config.ctx, first, n, OUTCOME_SENT);
    return true;
}

/* The server was given up. */
static void
finish_unread(struct check *check)
{
    struct item *item = check->first;

    for (size_t i = 0; i < check->sink.pending; i++, item = item->next)
        if (item->check == CHECK_NONE)
            item->check = CHECK_UNREADABLE;
    check->next = NULL;
    finish(check);
}

static void
fail(struct check *check, const struct err *err)
{
    int64_t now_ms = clock_ms();

    /* before it failed, it may have answered after an outage */
    if (getter_is_proven(check->getter))
        outage_end(&check->outage, now_ms);
    outage_note(&check->outage, TROUBLE_CLOSED, err->text, now_ms);
    check->sink.stats.is_away =
        !outage_may_retry(&check->outage, err->text, now_ms);
}

static bool
check_work(struct sink *sink, int64_t now_ms)
{
    struct check *check = check_of(sink);
    uint64_t connects;
    bool has_done;
    struct err err;
    int result;

    if (sink->stats.is_away) {
        if (sink->pending == 0)
            return false;
        finish_unread(check);
        return true;
    }
    if (check->outage.paused_until > now_ms)
        return false;
    check->outage.paused_until = 0;
    result = getter_work(check->getter, now_ms, &err);
    connects = getter_connects(check->getter);
    sink->stats.reconnects = connects ? connects - 1 : 0;
    if (result < 0)
        fail(check, &err);
    else if (getter_is_proven(check->getter))
        outage_end(&check->outage, now_ms);
    has_done = finish(check);
    /* what is left is asked for again; what was answered is not ours any more
     */
    if (result < 0)
        check->next = check->first;
    return has_done || result != 0;
}

static void
check_wants(const struct sink *sink, struct pollfd *poll_out,
    int64_t *wake_at_out)
{
    const struct check *check = check_of(sink);

    getter_wants(check->getter, poll_out, wake_at_out);
    if (check->outage.paused_until)
        *wake_at_out = check->outage.paused_until;
}

static void
check_abandon(struct sink *sink)
{
    struct check *check = check_of(sink);

    getter_abandon(check->getter);
    check->first = check->last = check->next = NULL;
    sink->pending = 0;
}

const struct sink_type sink_check = {
    .name = "check",
    .about = "stores nothing: looks for each item and compares",
    .caps = SINK_CONNECTS,
    .new = check_new,
    .free = check_free,
    .put = check_put,
    .flush = check_flush,
    .work = check_work,
    .wants = check_wants,
    .abandon = check_abandon,
};
