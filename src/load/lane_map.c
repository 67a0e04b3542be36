#include "load/lane_map.h"

size_t
lane_map_count(const struct settings *settings, const struct shards *shards)
{
    return shards->n_servers * settings->tuning.connections;
}

size_t
lane_map_server(const struct settings *settings, size_t lane)
{
    return lane / settings->tuning.connections;
}

size_t
lane_map_find(const struct settings *settings, size_t server, uint64_t key_hash)
{
    return server * settings->tuning.connections +
           (key_hash >> 32) % settings->tuning.connections;
}
