/*
 * The shard map: shards by name, the servers behind them, and which server of
 * a pool holds a key.
 *
 * Built once, before any fork, from the job's shards; then read-only but for
 * the facts of probe.h and `is_away`, which only the single-threaded
 * supervisor writes. shards_find() may be called by any thread, and a router,
 * which does not change once it is made, may be shared by threads.
 */
#ifndef MEMC_SHARD_MAP_H
#define MEMC_SHARD_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/err.h"
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

/* What a server said of itself when it was probed. */
struct server_facts {
    bool is_known; /* it answered; nothing below holds otherwise */
    bool has_meta; /* knows `mn` and `ms` */
    char version[32];
    uint64_t pid;
    int64_t started_at;    /* by its own clock, seconds since 1970; or 0 */
    int64_t clock_ahead_s; /* of ours, when it was asked */
    uint64_t cmd_flush;
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

    /* its room; 0 where it did not say */
    uint64_t limit_bytes; /* -m, of slab memory */
    uint64_t used_bytes;  /* of it, by items and what rounding costs them */
    uint64_t curr_items;
    uint64_t reserved_fds; /* that -c does not leave to connections */
    bool never_evicts;     /* -M */
    struct slab_settings slabs;
};

struct server {
    const struct address *address; /* the job's */
    size_t shard;                  /* index in shards */
    struct server_facts facts;     /* before the load */
    bool is_away; /* did not answer the probe, or was given up */
    /* at the probe: ERR_HOST, ERR_PEER (no connection), ERR_TIMEOUT,
     * ERR_PROTOCOL (another answer); ERR_NONE when it answered */
    enum err_code trouble;
};

struct shard {
    const char *name; /* the job's */
    size_t first_server, n_servers;
};

struct shards {
    struct shard *shard;
    size_t n;
    struct server *server; /* of all shards, in their order */
    size_t n_servers;
    /* by name; open addressing, 0 = free, else index + 1 */
    uint32_t *table;
    size_t table_size;
};

enum { ITEM_SIZE_MAX_DEFAULT = 1 << 20 };

/* Of one shard: libmemcached, by which other clients find the keys, ends its
 * process at one more. */
enum { POOL_MAX_SERVERS = 100 };

void shards_init(struct shards *shards);
void shards_release(struct shards *shards);

/* Adds a shard of 1 to POOL_MAX_SERVERS addresses, its name a new one; the
 * texts must outlive the map. */
void shards_add(struct shards *shards, const char *name,
    const struct address *addresses, size_t n_addresses);

/* Index of the shard of that name, or -1. */
int shards_find(const struct shards *shards, const char *name, size_t n_bytes);

/* The largest item a server takes, key, value and overhead together. */
static inline size_t
server_item_max(const struct server *server)
{
    return server->facts.is_known ? server->facts.item_size_max
                                  : ITEM_SIZE_MAX_DEFAULT;
}

/* Was it restarted or flushed in between, and so lost what it held? Both are
 * known. (A reset of its counters makes cmd_flush smaller.) */
static inline bool
server_restarted(const struct server_facts *then,
    const struct server_facts *now)
{
    /* time and uptime are read apart: a second is no restart */
    return then->pid != now->pid || now->started_at > then->started_at + 1 ||
           now->cmd_flush > then->cmd_flush;
}

/* The first that has the address of this one: shards may share a server. */
size_t shards_first(const struct shards *shards, size_t server);

#endif
