/*
 * Asks every server what it is, before anything is sent (docs/contract.md 4).
 *
 * All servers are asked side by side, each for at most timeout_ms, and what
 * they say becomes their facts (shard_map.h). For the single-threaded
 * supervisor and commands; blocks until all have answered or time is up.
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
 * server i did not answer. Returns how many did not.
 */
size_t probe_servers(struct shards *shards, int64_t timeout_ms,
    char (*troubles)[PROBE_TEXT_BYTES]);

/*
 * The bytes of an answer to the probe, fed in any pieces; for probe.c and its
 * tests. Zero-initialised is ready.
 */
enum probe_state { PROBE_MORE, PROBE_ANSWERED, PROBE_SENSELESS };

struct probe_answer {
    char line[1024];
    size_t n;
    size_t n_bytes;   /* of all of it so far */
    unsigned answers; /* of the five requests */
    bool has_time, has_uptime;
    uint64_t time_s, uptime_s;
    uint64_t item_bytes;  /* of all items, no rounding */
    uint64_t chunk_bytes; /* of the slab class at hand */
};

extern const char probe_request[];

enum probe_state probe_feed(struct probe_answer *answer, const char *bytes,
    size_t n, struct server_facts *facts);

#endif
