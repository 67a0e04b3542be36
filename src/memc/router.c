#include "memc/router.h"

#include <stdlib.h>

#include "base/mem.h"
#include "memc/pool.h"

struct router {
    const struct shards *shards;
    struct pool *pools[]; /* a shard each; NULL where one server has it all */
};

struct router *
router_new(const struct shards *shards)
{
    struct router *router =
        mem_zero(1, sizeof(*router) + shards->n * sizeof(router->pools[0]));
    const struct shard *shard;

    router->shards = shards;
    for (size_t i = 0; i < shards->n; i++) {
        shard = &shards->shard[i];
        if (shard->n_servers > 1)
            router->pools[i] = pool_new(&shards->server[shard->first_server],
                shard->n_servers);
    }
    return router;
}

void
router_free(struct router *router)
{
    if (!router)
        return;
    for (size_t i = 0; i < router->shards->n; i++)
        pool_free(router->pools[i]);
    free(router);
}

size_t
router_server(const struct router *router, size_t shard, const char *key,
    size_t n_bytes)
{
    const struct pool *pool = router->pools[shard];
    size_t first = router->shards->shard[shard].first_server;

    return pool ? first + pool_server(pool, key, n_bytes) : first;
}
