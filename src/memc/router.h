/*
 * Where a key goes: to the server of its shard, or to one of the shard's pool
 * (pool.h). Const once it is made, so any thread may ask it; new/free own it.
 * The shard map stays the caller's and outlives it.
 */
#ifndef MEMC_ROUTER_H
#define MEMC_ROUTER_H

#include "memc/shard_map.h"

struct router;
struct router *router_new(const struct shards *shards);
void router_free(struct router *router);

/* Index (in shards->server) of the server that holds this key. */
size_t router_server(const struct router *router, size_t shard, const char *key,
    size_t n_bytes);

#endif
