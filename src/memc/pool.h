/*
 * A pool: several servers that share one shard's keys by libmemcached's
 * weighted ketama with MD5 (what other clients call libketama compatible), all
 * weights equal, hosts hashed as written. Any client with that setting and the
 * same list finds what we stored (docs/contract.md 2). Nothing is ever ejected,
 * so a key's server depends on the list alone.
 *
 * A pool connects to nothing. It belongs to one thread, because libmemcached's
 * handles do. new/free own it. Cannot fail but for memory.
 */
#ifndef MEMC_POOL_H
#define MEMC_POOL_H

#include <stddef.h>

#include "memc/shard_map.h"

struct pool;

/* n: 1 to POOL_MAX_SERVERS. */
struct pool *pool_new(const struct server *servers, size_t n);
void pool_free(struct pool *pool);

/* Index of the key's server in the list given to pool_new(). */
size_t pool_server(const struct pool *pool, const char *key, size_t n_bytes);

#endif
