#include "load/lane_map.h"

size_t
lane_map_count(unsigned connections, const struct shards *shards)
{
    return shards->n_servers * connections;
}

size_t
lane_map_server(unsigned connections, size_t lane)
{
    return lane / connections;
}

size_t
lane_map_find(unsigned connections, size_t server, uint64_t key_hash)
{
    return server * connections + (key_hash >> 32) % connections;
}
