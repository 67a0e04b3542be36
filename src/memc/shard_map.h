/*
 * The shard map: shards by name, the servers behind them, and which server of
 * a pool holds a key.
 *
 * Built once, before any fork, from the job's shards; then read-only but for
 * the facts of probe.h, the canaries and `is_away`, which only the
 * single-threaded supervisor writes. shards_find() may be called by any thread,
 * and a router, which does not change once it is made, may be shared by
 * threads.
 */
#ifndef MEMC_SHARD_MAP_H
#define MEMC_SHARD_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/err.h"
#include "memc/canary.h"
#include "memc/server_facts.h"

struct server {
    const struct address *address; /* the job's */
    size_t shard;                  /* index in shards */
    size_t first;                  /* the first that is the same server */
    struct server_facts facts;     /* before the load */
    struct canary canary;          /* without a key: none is asked for */
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

/* The first of those that are the same server as this one: shards may share
 * it, under one address or several. */
size_t shards_first(const struct shards *shards, size_t server);

/* Under another address, `server` is the same as the one before it. */
void shards_join(struct shards *shards, size_t server, size_t before);

#endif
