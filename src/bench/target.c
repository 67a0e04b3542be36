#include "bench/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sink/probe.h"

void
target_own(struct target *target, const struct own_servers *servers)
{
    struct err err;

    *target = (struct target){0};
    shards_init(&target->shards);
    for (size_t i = 0; i < N_OWN_SERVERS; i++) {
        char text[32];

        snprintf(text, sizeof(text), "127.0.0.1:%u",
            servers ? servers->ports[i] : 1);
        if (address_parse(&target->own[i], text, strlen(text), &err))
            die("%s", err.text);
        shards_add(&target->shards, own_names[i], &target->own[i], 1);
    }
}

void
target_named(struct target *target, const struct job *job)
{
    *target = (struct target){0};
    shards_init(&target->shards);
    for (size_t i = 0; i < job->n_shards; i++)
        shards_add(&target->shards, job->shards[i].name,
            job->shards[i].addresses, job->shards[i].n_addresses);
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
    for (size_t i = 0; i < N_OWN_SERVERS; i++)
        address_release(&target->own[i]);
    *target = (struct target){0};
}
