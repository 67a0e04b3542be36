/*
 * Sinks without a server, which do as the test says and check what they get:
 * items of each lane must come in the order of their values, which are numbers.
 *
 * One struct fake_sink a lane, made in the order of the lanes. What the test
 * sets (struct fake_plan) it sets before it makes the lanes; what it reads of
 * them it reads when they are joined.
 */
#ifndef UNIT_FAKE_SINK_H
#define UNIT_FAKE_SINK_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "sink/sink.h"

enum { FAKE_LANES_MOST = 64 };

/* What the sinks do. */
struct fake_plan {
    uint64_t seed;
    bool waits_for_flush; /* finishes nothing before that */
    bool is_stuck;        /* finishes nothing at all */
    unsigned bad_of_100;  /* items with another outcome than `sent` */
    size_t away_lane;     /* its server is away; SIZE_MAX: none */
    /* called by each work() that has something pending, or NULL */
    void (*at_work)(void);
};

struct fake_sink {
    struct sink sink;
    struct rng rng;
    struct item *first, *last;
    size_t n_flushed; /* of those pending, from the first on */
    long last_value;
    uint64_t by_outcome[N_OUTCOMES];
    unsigned n_abandoned;
};

static struct fake_plan fake_plan;
static struct fake_sink *fakes[FAKE_LANES_MOST];
static size_t n_fakes;

static inline struct fake_sink *
fake_of(const struct sink *sink)
{
    return (struct fake_sink *)(uintptr_t)sink;
}

static inline struct sink *
fake_new(const struct sink_type *type, const struct sink_config *config)
{
    struct fake_sink *fake = mem_zero(1, sizeof(*fake));

    must(n_fakes < FAKE_LANES_MOST);
    fake->sink.type = type;
    fake->sink.config = *config;
    rng_init(&fake->rng, fake_plan.seed + n_fakes);
    fake->last_value = -1;
    fakes[n_fakes++] = fake;
    return &fake->sink;
}

/* What it has counted is looked at after the lanes are gone. */
static inline void
fake_free(struct sink *sink)
{
    (void)sink;
}

static inline void
fakes_free(void)
{
    for (size_t i = 0; i < n_fakes; i++)
        free(fakes[i]);
    n_fakes = 0;
    fake_plan = (struct fake_plan){.away_lane = SIZE_MAX};
}

static inline void
fake_put(struct sink *sink, struct item *first, struct item *last, size_t n,
    size_t n_bytes)
{
    struct fake_sink *fake = fake_of(sink);

    must(n > 0 && n_bytes > 0);
    if (fake->first)
        fake->last->next = first;
    else
        fake->first = first;
    fake->last = last;
}

static inline void
fake_flush(struct sink *sink)
{
    fake_of(sink)->n_flushed = sink->pending;
}

static inline enum outcome
fake_outcome(struct fake_sink *fake)
{
    static const enum outcome bad[] = {OUTCOME_REFUSED, OUTCOME_OUT_OF_MEMORY,
        OUTCOME_TOO_LARGE, OUTCOME_OUTAGE};

    if (fake->sink.stats.is_away)
        return OUTCOME_OUTAGE;
    if (rng_below(&fake->rng, 100) >= fake_plan.bad_of_100)
        return OUTCOME_SENT;
    return bad[rng_below(&fake->rng, 4)];
}

/* The first n are done, all with this outcome. */
static inline void
fake_finish(struct fake_sink *fake, size_t n, enum outcome outcome)
{
    struct item *first = fake->first, *item = first;

    for (size_t i = 0; i < n; i++) {
        char text[32] = "";
        long value;

        memcpy(text, item_value(item), item->value_bytes);
        value = strtol(text, NULL, 10);
        must(value > fake->last_value);
        fake->last_value = value;
        if (outcome != OUTCOME_SENT)
            item->outcome = (uint8_t)outcome;
        item = item->next;
    }
    fake->first = item;
    fake->sink.pending -= n;
    if (fake->sink.pending == 0)
        fake->first = fake->last = NULL;
    fake->n_flushed -= n < fake->n_flushed ? n : fake->n_flushed;
    fake->by_outcome[outcome] += n;
    fake->sink.config.done(fake->sink.config.ctx, first, n, outcome);
}

/* A run of items at a time, as long as it happens to be. */
static inline bool
fake_work(struct sink *sink, int64_t now_ms)
{
    struct fake_sink *fake = fake_of(sink);
    size_t n = fake_plan.waits_for_flush ? fake->n_flushed : sink->pending;

    (void)now_ms;
    if (sink->pending && fake_plan.at_work)
        fake_plan.at_work();
    if (n == 0 || fake_plan.is_stuck)
        return false;
    if (fake_plan.away_lane < n_fakes && fakes[fake_plan.away_lane] == fake)
        sink->stats.is_away = true;
    sink->stats.retried += rng_below(&fake->rng, 3);
    sink->stats.reconnects += rng_below(&fake->rng, 50) == 0;
    fake_finish(fake, 1 + rng_below(&fake->rng, n), fake_outcome(fake));
    return true;
}

static inline void
fake_wants(const struct sink *sink, struct pollfd *poll_out,
    int64_t *wake_at_out)
{
    (void)sink;
    *poll_out = (struct pollfd){.fd = -1};
    *wake_at_out = CLOCK_NEVER;
}

static inline void
fake_abandon(struct sink *sink)
{
    fake_of(sink)->first = fake_of(sink)->last = NULL;
    fake_of(sink)->n_abandoned++;
    sink->pending = 0;
}

#define FAKE_FUNCTIONS                                                        \
    .new = fake_new, .free = fake_free, .put = fake_put, .flush = fake_flush, \
    .work = fake_work, .wants = fake_wants, .abandon = fake_abandon

static const struct sink_type fake_polled = {.name = "polled", FAKE_FUNCTIONS};
static const struct sink_type fake_blocking = {
    .name = "blocking", .caps = SINK_BLOCKS, FAKE_FUNCTIONS};

#endif
