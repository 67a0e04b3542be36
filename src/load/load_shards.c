#include "load/load_shards.h"

void
load_shards(struct shards *shards, const struct settings *settings)
{
    shards_init(shards);
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        const struct shard_spec *spec = &settings->servers.shards[i];

        shards_add(shards, spec->name, spec->addresses, spec->n_addresses);
    }
}
