#include "memc/shard_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void
shards_init(struct shards *shards)
{
    *shards = (struct shards){0};
}

void
shards_release(struct shards *shards)
{
    free(shards->shard);
    free(shards->server);
    free(shards->table);
    shards_init(shards);
}

/* Never more than half full, so that a search soon meets a free place. */
static void
table_put(struct shards *shards, uint32_t index)
{
    const char *name = shards->shard[index].name;
    size_t mask = shards->table_size - 1;
    size_t at = hash_bytes(name, strlen(name)) & mask;

    while (shards->table[at])
        at = (at + 1) & mask;
    shards->table[at] = index + 1;
}

static void
table_grow(struct shards *shards)
{
    free(shards->table);
    shards->table_size = shards->table_size ? shards->table_size * 2 : 16;
    shards->table = mem_zero(shards->table_size, sizeof(*shards->table));
    for (size_t i = 0; i + 1 < shards->n; i++)
        table_put(shards, (uint32_t)i);
}

static size_t
find_first(const struct shards *shards, const struct address *address)
{
    size_t i = 0;

    while (strcmp(shards->server[i].address->text, address->text) != 0)
        i++;
    return i;
}

void
shards_add(struct shards *shards, const char *name,
    const struct address *addresses, size_t n_addresses)
{
    size_t n = shards->n_servers + n_addresses;

    must(n_addresses >= 1);
    must(shards_find(shards, name, strlen(name)) < 0);
    shards->server = mem_grow(shards->server, n, sizeof(*shards->server));
    for (size_t i = 0; i < n_addresses; i++) {
        struct server *server = &shards->server[shards->n_servers + i];

        *server = (struct server){.address = &addresses[i], .shard = shards->n};
        server->first = find_first(shards, server->address);
    }
    shards->shard =
        mem_grow(shards->shard, shards->n + 1, sizeof(*shards->shard));
    shards->shard[shards->n] = (struct shard){.name = name,
        .first_server = shards->n_servers,
        .n_servers = n_addresses};
    shards->n_servers = n;
    shards->n++;
    if (shards->n * 2 > shards->table_size)
        table_grow(shards);
    table_put(shards, (uint32_t)(shards->n - 1));
}

size_t
shards_first(const struct shards *shards, size_t server)
{
    return shards->server[server].first;
}

void
shards_join(struct shards *shards, size_t server, size_t before)
{
    size_t from = shards->server[server].first,
           to = shards->server[before].first;

    for (size_t i = 0; i < shards->n_servers; i++)
        if (shards->server[i].first == from)
            shards->server[i].first = to;
}

int
shards_find(const struct shards *shards, const char *name, size_t n_bytes)
{
    size_t mask = shards->table_size - 1, at;
    const char *found;

    if (shards->table_size == 0)
        return -1;
    at = hash_bytes(name, n_bytes) & mask;
    for (; shards->table[at]; at = (at + 1) & mask) {
        found = shards->shard[shards->table[at] - 1].name;
        if (strlen(found) == n_bytes && memcmp(found, name, n_bytes) == 0)
            return (int)shards->table[at] - 1;
    }
    return -1;
}
