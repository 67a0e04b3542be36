/*
 * Looking for items, by libmemcached's multi-get: rounds of up to ROUND_ITEMS
 * keys through a fetcher (memc/fetch.h) that knows this lane's server alone.
 * Since a round blocks, each lane has a thread of its own, and so servers work
 * side by side.
 *
 * A round that fails is asked again after a pause, but for the items that were
 * found in it, with a new fetcher, until max_outage_ms is over.
 *
 * 2 million real-shaped lines in two files, four servers beside it on two
 * cores, by libmemcached 1.1: looking alone came to 444,000 to 500,000 keys/s.
 * All of `verify` takes 2.4 CPU seconds a million (1.1 of them for reading and
 * packing the lines) and its servers 1.5, never idle; that is 309,000 keys/s
 * with four tenths of the machine taken by others. So there is no need of quiet
 * meta gets on connections of our own.
 */
#include "sink/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "memc/fetch.h"
#include "sink/outage.h"

enum { ROUND_ITEMS = 1000 };

struct check {
    struct sink sink;
    struct shards server;    /* a map of one */
    struct fetcher *fetcher; /* NULL until it is needed */
    struct item *first, *last;
    struct outage outage;
    bool is_known;    /* was asked before */
    char detail[160]; /* what went wrong last, for people; "" = nothing */

    /* of the round at hand: what is asked */
    struct item *items[ROUND_ITEMS];
    struct fetch_key keys[ROUND_ITEMS];
};

static struct check *
check_of(const struct sink *sink)
{
    return (struct check *)(uintptr_t)sink;
}

static struct sink *
check_new(const struct sink_type *type, const struct sink_config *config)
{
    struct check *check = mem_zero(1, sizeof(*check));

    check->sink.type = type;
    check->sink.config = *config;
    check->sink.stats.is_away = config->is_away;
    shards_init(&check->server);
    shards_add(&check->server, config->shard, config->address, 1);
    outage_init(&check->outage, &check->sink.config,
        "what it should have is unreadable. Start the server and verify again");
    return &check->sink;
}

static void
check_free(struct sink *sink)
{
    struct check *check = check_of(sink);

    fetcher_free(check->fetcher);
    shards_release(&check->server);
    free(check);
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
}

static void
check_flush(struct sink *sink)
{
    (void)sink;
}

/* The first n items are done. */
static void
finish(struct check *check, size_t n)
{
    struct item *first = check->first;

    for (size_t i = 0; i < n; i++)
        check->first = check->first->next;
    check->sink.pending -= n;
    if (check->sink.pending == 0)
        check->first = check->last = NULL;
    check->sink.config.done(check->sink.config.ctx, first, n, OUTCOME_SENT);
}

/* The server was given up. */
static void
finish_unread(struct check *check)
{
    struct item *item = check->first;

    for (size_t i = 0; i < check->sink.pending; i++, item = item->next)
        if (item->check == CHECK_NONE)
            item->check = CHECK_UNREADABLE;
    finish(check, check->sink.pending);
}

static void
take(void *ctx, const struct fetched *fetched)
{
    struct check *check = ctx;
    struct item *item = check->items[fetched->key];

    switch (fetched->state) {
    case FETCH_FOUND:
        item->check = fetched->flags == check->sink.config.terms.flags &&
                              fetched->value_bytes == item->value_bytes &&
                              memcmp(fetched->value, item_value(item),
                                  item->value_bytes) == 0
                          ? CHECK_MATCHED
                          : CHECK_DIFFERENT;
        break;
    case FETCH_MISSING:
        item->check = CHECK_MISSING;
        break;
    case FETCH_UNREADABLE: /* it is asked for again */
        snprintf(check->detail, sizeof(check->detail), "%s", fetched->why);
        break;
    }
}

static void
open_fetcher(struct check *check)
{
    check->fetcher =
        fetcher_new(&check->server, check->sink.config.timeout_ms, 1);
    check->sink.stats.reconnects += check->is_known;
    check->is_known = true;
}

/* Asks for what is not known of the first n items. */
static void
ask(struct check *check, size_t n)
{
    struct item *item = check->first;
    size_t n_keys = 0;

    for (size_t i = 0; i < n; i++, item = item->next) {
        if (item->check != CHECK_NONE)
            continue;
        check->items[n_keys] = item;
        check->keys[n_keys++] = (struct fetch_key){
            .bytes = item_key(item),
            .n_bytes = item->key_bytes,
        };
    }
    check->detail[0] = '\0';
    fetch(check->fetcher, check->keys, n_keys, take, check);
}

static bool
check_work(struct sink *sink, int64_t now_ms)
{
    struct check *check = check_of(sink);
    size_t n = sink->pending < ROUND_ITEMS ? sink->pending : ROUND_ITEMS;

    if (n == 0)
        return false;
    if (sink->stats.is_away) {
        finish_unread(check);
        return true;
    }
    if (check->outage.paused_until > now_ms)
        return false;
    check->outage.paused_until = 0;
    if (!check->fetcher)
        open_fetcher(check);
    ask(check, n);
    if (!check->detail[0]) {
        outage_end(&check->outage, clock_ms());
        finish(check, n);
        return true;
    }
    fetcher_free(check->fetcher);
    check->fetcher = NULL;
    now_ms = clock_ms();
    outage_note(&check->outage, TROUBLE_CLOSED, check->detail, now_ms);
    sink->stats.is_away =
        !outage_may_retry(&check->outage, check->detail, now_ms);
    return true;
}

static void
check_wants(const struct sink *sink, struct pollfd *poll_out,
    int64_t *wake_at_out)
{
    *poll_out = (struct pollfd){.fd = -1};
    *wake_at_out =
        sink->pending ? check_of(sink)->outage.paused_until : CLOCK_NEVER;
}

static void
check_abandon(struct sink *sink)
{
    check_of(sink)->first = check_of(sink)->last = NULL;
    sink->pending = 0;
}

const struct sink_type sink_check = {
    .name = "check",
    .about = "stores nothing: looks for each item and compares",
    .caps = SINK_BLOCKS | SINK_CONNECTS,
    .new = check_new,
    .free = check_free,
    .put = check_put,
    .flush = check_flush,
    .work = check_work,
    .wants = check_wants,
    .abandon = check_abandon,
};
