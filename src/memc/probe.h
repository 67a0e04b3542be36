/*
 * Asks every server what it is, before anything is sent (docs/contract.md 4).
 *
 * All servers are asked side by side, each for at most timeout_ms, and what
 * they say becomes their facts (server_facts.h). One that has a canary with a
 * key is asked for it, and given it anew where it is not there. For the
 * single-threaded supervisor and commands; blocks until all have answered or
 * time is up.
 */
#ifndef MEMC_PROBE_H
#define MEMC_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memc/shard_map.h"

enum { PROBE_TEXT_BYTES = 160 };

/*
 * Sets facts, is_away and trouble of every server; troubles[i] is "" or why
 * server i did not answer (NULL: not wanted). Returns how many did not.
 */
size_t probe_servers(struct shards *shards, int64_t timeout_ms,
    char (*troubles)[PROBE_TEXT_BYTES]);

/* Removes the canaries instead. Of the facts only `canary` becomes known: was
 * it still there? */
void probe_remove_canaries(struct shards *shards, int64_t timeout_ms);

#endif
