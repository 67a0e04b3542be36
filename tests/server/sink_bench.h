/*
 * A sink under test on a real memcached: put items, run it as a writer does,
 * see what came out and what the server holds. What fails stops the test at
 * once.
 */
#ifndef SERVER_SINK_BENCH_H
#define SERVER_SINK_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/memcached.h"
#include "sink/sink_types.h"
#include "unit/item_maker.h"

static struct memcached server;

static const char *const names[] = {"set", "multi", "noreply", "null", "check"};
enum { N_SINKS = 5, SCRATCH_BYTES = 4096 };

/* A sink under test and what came out of it. */
struct bench {
    struct sink *sink;
    char scratch[SCRATCH_BYTES];
    struct item *expected; /* the next item to come out */
    size_t n_done, n_by_outcome[N_OUTCOMES];
};

static inline void
on_done(void *ctx, struct item *first, size_t n, enum outcome outcome)
{
    struct bench *bench = ctx;

    assert_true(n > 0);
    assert_ptr_equal(first, bench->expected);
    for (size_t i = 0; i < n; i++)
        bench->expected = bench->expected->next;
    bench->n_done += n;
    bench->n_by_outcome[outcome] += n;
}

static inline void
open_sink(struct bench *bench, const char *name, struct sink_config config)
{
    memset(bench, 0, sizeof(*bench));
    config.shard = "test";
    config.address = &server.address;
    if (!config.window_bytes)
        config.window_bytes = 1000;
    if (!config.timeout_ms)
        config.timeout_ms = DEADLINE_MS;
    config.max_outage_ms = config.max_outage_ms ? config.max_outage_ms : 1000;
    config.stop_fd = config.stop_fd ? config.stop_fd : -1;
    config.retry_delay_ms = 1;
    config.scratch = bench->scratch;
    config.scratch_bytes = sizeof(bench->scratch);
    config.done = on_done;
    config.ctx = bench;
    bench->sink = sink_new(sink_find(name), &config);
    assert_non_null(bench->sink);
}

static inline void
put(struct bench *bench, struct item **items, size_t n)
{
    size_t n_bytes = 0;

    for (size_t i = 0; i < n; i++) {
        items[i]->next = i + 1 < n ? items[i + 1] : NULL;
        n_bytes += items[i]->key_bytes + items[i]->value_bytes;
    }
    if (!bench->expected)
        bench->expected = items[0];
    sink_put(bench->sink, items[0], items[n - 1], n, n_bytes);
}

/* As a writer does it, until nothing is pending. */
static inline void
run(struct bench *bench)
{
    const struct sink_type *type = bench->sink->type;
    int64_t end_at = clock_ms() + DEADLINE_MS, wake_at;
    struct pollfd fd;

    type->flush(bench->sink);
    while (bench->sink->pending) {
        int64_t now = clock_ms();

        assert_true(now < end_at);
        if (type->work(bench->sink, now))
            continue;
        type->wants(bench->sink, &fd, &wake_at);
        poll(&fd, 1, clock_poll_ms(wake_at < end_at ? wake_at : end_at, now));
    }
}

static inline enum outcome
good(const struct sink *sink)
{
    return sink->type->caps & SINK_CONFIRMS ? OUTCOME_STORED : OUTCOME_SENT;
}

static inline bool
stores(const struct sink *sink)
{
    return sink->type->caps & SINK_CONNECTS &&
           strcmp(sink->type->name, "check") != 0;
}

/* What becomes of an item when the server stays away. */
static inline enum outcome
away(const struct sink *sink)
{
    return stores(sink) ? OUTCOME_OUTAGE : OUTCOME_SENT;
}

static inline void
assert_stored(const struct item *item)
{
    char request[300], *answer, *value;
    char size[32];

    snprintf(request, sizeof(request), "mg %.*s v\r\nmn\r\n", item->key_bytes,
        item_key(item));
    answer = memcached_ask(&server, request, "MN\r\n");
    snprintf(size, sizeof(size), "VA %u\r\n", item->value_bytes);
    assert_memory_equal(answer, size, strlen(size));
    value = answer + strlen(size);
    assert_memory_equal(value, item_value(item), item->value_bytes);
    assert_memory_equal(value + item->value_bytes, "\r\nMN\r\n", 6);
}

static inline void
flush_server(void)
{
    memcached_ask(&server, "flush_all\r\n", "OK\r\n");
}

/* Around a group of tests. */
static inline int
start(void **state)
{
    (void)state;
    memcached_start(&server, "64", "1m");
    return 0;
}

static inline int
stop(void **state)
{
    (void)state;
    memcached_stop(&server);
    return 0;
}

#endif
