/*
 * A pool: several servers that share one shard's keys by weighted ketama with
 * MD5, as libmemcached has it (MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED; other
 * clients call it libketama compatible), all weights equal, hosts hashed as
 * written. Any client with that setting and the same list finds what we stored
 * (docs/contract.md 2). Nothing is ever ejected, so a key's server depends on
 * the list alone.
 *
 * Each server has about 160 points on a ring of 2^32: the MD5 of "HOST:PORT-I"
 * ("HOST-I" at port 11211; the port of a unix socket is 0) for each I from 0 on
 * is read as four little-endian numbers. A key belongs to the first point that
 * is not below the first four bytes of its own MD5.
 *
 * A pool connects to nothing and does not change once it is made, so any number
 * of threads may share it. new/free own it. Cannot fail but for memory.
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
