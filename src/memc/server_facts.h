/*
 * What a server says of itself when it is asked (probe.h), and what an answer
 * means that came after another: does it still hold what it held?
 *
 * Pure functions; any thread; cannot fail. Counters that are left out by a
 * server are 0.
 */
#ifndef MEMC_SERVER_FACTS_H
#define MEMC_SERVER_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "memc/slabs.h"

/*
 * Counters of memcached, beside `evictions`, by which an item that was stored
 * can go before its time: with a slab page that was moved to another class,
 * for want of room there or because it was busy for too long; from an extstore
 * that is full, or whose bytes do not add up. (Moved pages free only what had
 * expired as slab_reassign_inline_reclaim, and expiry is what was asked for.)
 */
#define EVICTION_WAYS(X)                             \
    X(PAGE_NO_ROOM, "slab_reassign_evictions_nomem") \
    X(PAGE_BUSY, "slab_reassign_busy_deletes")       \
    X(EXTSTORE_FULL, "extstore_objects_evicted")     \
    X(EXTSTORE_BAD, "badcrc_from_extstore")

enum eviction_way {
#define X(way, counter) EVICTION_##way,
    EVICTION_WAYS(X)
#undef X
        N_EVICTION_WAYS
};

/* The counter's name. */
const char *eviction_counter(enum eviction_way way);

/* Of the item of ours that it was given to keep (canary.h). */
enum canary_state {
    CANARY_UNKNOWN, /* not asked for */
    CANARY_THERE,
    CANARY_GONE,
    CANARY_EVICTED, /* gone, as others of its size are since it was set */
};

struct server_facts {
    bool is_known; /* it answered; nothing below holds otherwise */
    bool has_meta; /* knows `mn` and `ms` */
    char version[32];
    uint64_t pid;
    uint64_t uptime_s;     /* by its own clock, which may not be set */
    int64_t started_at;    /* by its own clock, seconds since 1970; or 0 */
    int64_t clock_ahead_s; /* of ours, when it was asked */
    int64_t told_at_ms;    /* by our clock_ms() */
    uint64_t cmd_flush;
    bool has_oldest;
    uint64_t oldest;          /* what was stored by then is flushed, or to be */
    uint64_t flush_due_s;     /* 0: none is to come */
    bool has_counters;        /* it tells cmd_set and the like */
    uint64_t cmd_set;         /* items it stored, since its start or a reset */
    uint64_t store_no_memory; /* items it refused for want of memory */
    uint64_t store_too_large;
    /* items that went although they had not expired: evictions, and each of
     * evictions_by, which memcached does not count among these */
    uint64_t evictions;
    uint64_t evictions_by[N_EVICTION_WAYS];
    uint64_t total_connections;
    uint64_t item_size_max; /* bytes */
    uint64_t max_connections;
    uint64_t curr_connections;

    enum canary_state canary;
    bool has_canary;           /* it was set anew, after all this was told */
    uint64_t canary_evictions; /* of items of its size, before that */

    /* its room; 0 where it did not say */
    uint64_t limit_bytes; /* -m, of slab memory */
    uint64_t used_bytes;  /* of it, by items and what rounding costs them */
    uint64_t curr_items;
    uint64_t reserved_fds; /* that -c does not leave to connections */
    bool never_evicts;     /* -M */
    struct slab_settings slabs;
};

/* What became of all that it held. */
enum server_loss {
    SERVER_KEPT,
    SERVER_RESTARTED,
    SERVER_FLUSHED,
    SERVER_REPLACED, /* the canary is gone: emptied, or it is another one */
    SERVER_UNSURE,   /* gone, too, but it may have expired, or been evicted */
};

/* Between two answers, both known, the first the last that was known. */
enum server_loss server_loss(const struct server_facts *then,
    const struct server_facts *now);

/* "it was restarted", … for messages; of a loss. */
const char *server_loss_text(enum server_loss loss);

#endif
