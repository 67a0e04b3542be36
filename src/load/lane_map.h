/*
 * Which lanes a load has: arithmetic alone.
 *
 * A lane is one ordered way to a server, on one connection. Each server has
 * --connections of them, numbered in a row, server after server, and a key
 * always travels on the same one, chosen by its hash. Pure functions.
 */
#ifndef LOAD_LANE_MAP_H
#define LOAD_LANE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "memc/shard_map.h"

/* How many lanes there are. */
size_t lane_map_count(unsigned connections, const struct shards *shards);

/* The server that this lane leads to. */
size_t lane_map_server(unsigned connections, size_t lane);

/* The lane of a key at this server; key_hash is that of hash_bytes(). */
size_t lane_map_find(unsigned connections, size_t server, uint64_t key_hash);

#endif
