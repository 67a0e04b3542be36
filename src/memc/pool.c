#include "memc/pool.h"

#include <stdlib.h>

#include <libmemcached/memcached.h>

#include "base/mem.h"

struct pool {
    memcached_st *ring;
    size_t n;
};

static void
add_server(memcached_st *ring, const struct address *address)
{
    memcached_return_t rc;

    if (address->is_unix)
        rc = memcached_server_add_unix_socket(ring, address->host);
    else
        rc = memcached_server_add(ring, address->host, address->port);
    if (rc != MEMCACHED_SUCCESS)
        die("libmemcached refuses the address %s: %s", address->text,
            memcached_strerror(ring, rc));
}

struct pool *
pool_new(const struct server *servers, size_t n)
{
    struct pool *pool = mem_zero(1, sizeof(*pool));
    memcached_return_t rc;

    must(n >= 1 && n <= POOL_MAX_SERVERS);
    pool->n = n;
    pool->ring = memcached_create(NULL);
    if (!pool->ring)
        die("out of memory (libmemcached)");
    rc = memcached_behavior_set(pool->ring, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED,
        1);
    if (rc != MEMCACHED_SUCCESS)
        die("libmemcached refuses weighted ketama: %s",
            memcached_strerror(pool->ring, rc));
    for (size_t i = 0; i < n; i++)
        add_server(pool->ring, servers[i].address);
    return pool;
}

void
pool_free(struct pool *pool)
{
    if (!pool)
        return;
    memcached_free(pool->ring);
    free(pool);
}

size_t
pool_server(const struct pool *pool, const char *key, size_t n_bytes)
{
    size_t i = memcached_generate_hash(pool->ring, key, n_bytes);

    must(i < pool->n);
    return i;
}
