/*
 * Where items go: the interface of all sinks (sink_types.h lists them).
 *
 * A sink is one lane: an ordered way to one server, on one connection. Items
 * put in come out through done(), in the order put, each with one outcome;
 * keys keep their order, whatever the retries. A sink never frees an item,
 * never touches one after its done(), and never fails as a whole: a server
 * that stays away becomes the outcome `outage`.
 *
 * A sink belongs to one thread. put(), flush() and wants() never block; work()
 * does not either, unless the type has SINK_BLOCKS: then it wants a thread of
 * its own and may wait for a connection, for one request (timeout_ms each) and,
 * in mode set, for max_outage_ms more for a silent connection to end. done() is
 * called from work() and abandon() only.
 *
 * A lane's life: new, any number of put/flush/work, free. flush() closes the
 * window at hand. When `pending` is 0 the sink is idle. abandon() drops what
 * is pending without outcome: for a stop that ran out of time.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "memc/item.h"

enum sink_caps {
    SINK_BLOCKS = 1 << 0,   /* work() waits for replies itself */
    SINK_CONNECTS = 1 << 1, /* it talks to a server */
    SINK_CONFIRMS = 1 << 2, /* says `stored`, not just `sent` */
};

/* Set at creation; the texts outlive the sink. */
struct sink_config {
    const char *shard;             /* name, for messages */
    const struct address *address; /* NULL for sinks that connect to nothing */
    struct terms terms;
    size_t window_bytes;
    unsigned retries;
    int64_t retry_delay_ms;
    int64_t timeout_ms;
    int64_t max_outage_ms;
    /* Becomes readable when the run is to stop: in mode set, a request ends
     * timeout_ms later at the latest. -1: never. */
    int stop_fd;
    bool is_away; /* given up before it began: all items are `outage` */

    /* Room that the sinks of one thread share while they encode. */
    char *scratch;
    size_t scratch_bytes;

    /* n items from `first` on, in order, all with this outcome. */
    void (*done)(void *ctx, struct item *first, size_t n, enum outcome outcome);
    /* A connection was lost on which the first n items of this list, which are
     * not done, may have been sent; what follows in the list was not. They are
     * sent again, and what the old connection holds may come after that.
     * NULL: not wanted. */
    void (*lost)(void *ctx, const struct item *first, size_t n);
    void *ctx;
};

struct sink_stats {
    uint64_t retried;    /* items sent again */
    uint64_t reconnects; /* connections opened after the first */
    bool is_away;        /* given up */
};

struct sink {
    const struct sink_type *type;
    struct sink_config config;
    struct sink_stats stats;
    size_t pending; /* items put and not done */
};

struct sink_type {
    const char *name; /* what sink_find() knows it by */
    const char *about;
    unsigned caps; /* enum sink_caps */

    struct sink *(*new)(const struct sink_type *type,
        const struct sink_config *config);
    void (*free)(struct sink *sink);

    /* Takes n items, a list from first to last, of n_bytes in keys and
     * values. */
    void (*put)(struct sink *sink, struct item *first, struct item *last,
        size_t n, size_t n_bytes);
    void (*flush)(struct sink *sink);

    /* Gets on as far as it can; true when it is worth calling again now. */
    bool (*work)(struct sink *sink, int64_t now_ms);

    /* What to poll for (fd -1: nothing) and when to call work() at the latest
     * (CLOCK_NEVER: not by time). */
    void (*wants)(const struct sink *sink, struct pollfd *poll_out,
        int64_t *wake_at_out);
    void (*abandon)(struct sink *sink);
};

struct sink *sink_new(const struct sink_type *type,
    const struct sink_config *config);
void sink_free(struct sink *sink);
void sink_put(struct sink *sink, struct item *first, struct item *last,
    size_t n, size_t n_bytes);

#endif
