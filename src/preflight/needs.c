#include "preflight/needs.h"

#include "load/lane_map.h"

/*
 * Descriptors that memcached needs beside connections and its own threads':
 * it refuses at 16 connections with -c 40 -t 4, at 20 with -c 32 -t 1, when
 * reserved_fds is 20 and 5; two listening sockets more on TCP.
 */
enum { MEMCACHED_FDS = 8 };

/* Of a worker beside its connections: the file, the log, eventfds, what
 * libraries open. */
enum { WORKER_FDS = 32 };

uint64_t
needs_connections_free(const struct server_facts *facts)
{
    uint64_t taken = facts->curr_connections;

    if (taken)
        taken--; /* ours, of the probe, is closed by then */
    if (facts->reserved_fds)
        taken += facts->reserved_fds + MEMCACHED_FDS;
    return taken < facts->max_connections ? facts->max_connections - taken : 0;
}

uint64_t
needs_connections(const struct run *run, const struct preflight *preflight,
    size_t server)
{
    return (uint64_t)run_places(run) * run->settings->tuning.connections *
           preflight->forecast.servers[server].n_shards;
}

/* A connection a lane, and what looks after it in mode set. */
uint64_t
needs_descriptors(const struct run *run)
{
    uint64_t each = run->settings->tuning.mode == MODE_SET ? 3 : 1;

    return lane_map_count(run->settings->tuning.connections, &run->shards) *
               each +
           WORKER_FDS;
}
