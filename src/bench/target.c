#include "bench/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/load_shards.h"
#include "memc/probe.h"

/* A pool does not have the same server twice. */
static size_t
own_servers_of(const struct shard_spec *spec)
{
    return spec->n_addresses < N_OWN_SERVERS ? spec->n_addresses
                                             : N_OWN_SERVERS;
}

size_t
target_own_servers(const struct settings *settings)
{
    size_t n = 0;

    for (size_t i = 0; i < settings->servers.n_shards; i++)
        n += own_servers_of(&settings->servers.shards[i]);
    return n < N_OWN_SERVERS ? n : N_OWN_SERVERS;
}

static struct address
own_address(const struct own_servers *servers, size_t i)
{
    struct address address;
    struct err err;
    char text[32];

    snprintf(text, sizeof(text), "127.0.0.1:%u",
        servers ? servers->ports[i % N_OWN_SERVERS] : 1);
    if (address_parse(&address, text, strlen(text), &err))
        die("%s", err.text);
    return address;
}

void
target_own(struct target *target, const struct settings *settings,
    const struct own_servers *servers)
{
    size_t room = 0;

    for (size_t i = 0; i < settings->servers.n_shards; i++)
        room += own_servers_of(&settings->servers.shards[i]);
    *target = (struct target){.own = mem_zero(room, sizeof(*target->own))};
    shards_init(&target->shards);
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        const struct shard_spec *spec = &settings->servers.shards[i];
        struct address *first = &target->own[target->n_own];

        for (size_t j = 0; j < own_servers_of(spec); j++) {
            target->own[target->n_own] = own_address(servers, target->n_own);
            target->n_own++;
        }
        shards_add(&target->shards, spec->name, first, own_servers_of(spec));
    }
}

void
target_named(struct target *target, const struct settings *settings)
{
    *target = (struct target){0};
    load_shards(&target->shards, settings);
}

int
target_probe(struct target *target, int64_t timeout_ms, struct err *err)
{
    size_t n = target->shards.n_servers;
    char(*troubles)[PROBE_TEXT_BYTES] = mem_zero(n, sizeof(*troubles));
    int status = 0;

    if (probe_servers(&target->shards, timeout_ms, troubles))
        status = -1;
    for (size_t i = 0; status && i < n; i++) {
        if (!*troubles[i])
            continue;
        err_set(err, ERR_PEER, "the server %s cannot be used: %s",
            target->shards.server[i].address->text, troubles[i]);
        break;
    }
    free(troubles);
    return status;
}

void
target_release(struct target *target)
{
    shards_release(&target->shards);
    for (size_t i = 0; i < target->n_own; i++)
        address_release(&target->own[i]);
    free(target->own);
    *target = (struct target){0};
}
