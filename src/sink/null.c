#include "sink/null.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

struct null {
    struct sink sink;
    struct item *first, *last;
};

static struct null *
null_of(const struct sink *sink)
{
    return (struct null *)(uintptr_t)sink;
}

static struct sink *
null_new(const struct sink_type *type, const struct sink_config *config)
{
    struct null *null = mem_zero(1, sizeof(*null));

    null->sink.type = type;
    null->sink.config = *config;
    return &null->sink;
}

static void
null_free(struct sink *sink)
{
    free(null_of(sink));
}

static void
null_put(struct sink *sink, struct item *first, struct item *last, size_t n,
    size_t n_bytes)
{
    struct null *null = null_of(sink);

    (void)n;
    (void)n_bytes;
    if (null->first)
        null->last->next = first;
    else
        null->first = first;
    null->last = last;
}

static void
null_flush(struct sink *sink)
{
    (void)sink;
}

static bool
null_work(struct sink *sink, int64_t now_ms)
{
    struct null *null = null_of(sink);
    struct item *first = null->first;
    size_t n = sink->pending;

    (void)now_ms;
    if (n == 0)
        return false;
    null->first = null->last = NULL;
    sink->pending = 0;
    sink->config.done(sink->config.ctx, first, n, OUTCOME_SENT);
    return true;
}

static void
null_wants(const struct sink *sink, struct pollfd *poll_out,
    int64_t *wake_at_out)
{
    *poll_out = (struct pollfd){.fd = -1};
    *wake_at_out = sink->pending ? 0 : CLOCK_NEVER;
}

static void
null_abandon(struct sink *sink)
{
    null_of(sink)->first = null_of(sink)->last = NULL;
    sink->pending = 0;
}

const struct sink_type sink_null = {
    .name = "null",
    .about = "nowhere: connects to nothing, every item is sent",
    .caps = 0,
    .new = null_new,
    .free = null_free,
    .put = null_put,
    .flush = null_flush,
    .work = null_work,
    .wants = null_wants,
    .abandon = null_abandon,
};
