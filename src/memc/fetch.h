/*
 * Reading back: many keys at once, from all servers of a shard map.
 *
 * Each key goes to the server that the router names, so it is looked for where
 * the load put it. All servers are asked side by side. Values are handed on one
 * by one; memory is a few words for each key of the longest list, and the
 * longest value.
 *
 * A key is MISSING only when its server has said so. Whatever else goes wrong
 * makes it UNREADABLE: no connection, timeout_ms without progress, a reply that
 * makes no sense, a key no server takes. A connection that fails is made anew;
 * after `tries` failures in a row the server is given up for the rest of the
 * fetcher's life, so a dead one costs so many timeouts at most. Nothing is
 * logged here.
 *
 * A fetcher belongs to one thread; fetch() blocks. The shard map stays the
 * caller's and outlives the fetcher. Memory that runs out ends the process.
 */
#ifndef MEMC_FETCH_H
#define MEMC_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memc/shard_map.h"

enum fetch_state { FETCH_FOUND, FETCH_MISSING, FETCH_UNREADABLE };

struct fetch_key {
    const char *bytes;
    size_t n_bytes;
    size_t shard; /* index in the shard map */
};

/* What became of a key; texts and bytes are valid during the call only. */
struct fetched {
    size_t key; /* its index in the list given to fetch() */
    enum fetch_state state;
    size_t server;     /* index in shards->server */
    const void *value; /* when FOUND */
    size_t value_bytes;
    uint32_t flags;
    const char *why; /* when UNREADABLE, for people */
};

/* One more than needed when all is well: a connection that lay idle may have
 * been closed. */
enum { FETCH_TRIES = 2 };

struct fetcher;

/* tries: FETCH_TRIES, or 1 for a caller that tries again itself. */
struct fetcher *fetcher_new(const struct shards *shards, int64_t timeout_ms,
    unsigned tries);
void fetcher_free(struct fetcher *fetcher);

/* From the next connections on, asks by meta gets where a server knows them:
 * slower (getter.c), but they can tell what classic ones cannot. */
void fetcher_prefer_meta(struct fetcher *fetcher);

/*
 * Looks for n keys and calls got() once for each, in no order that the caller
 * could rely on. A key may stand in the list more than once.
 */
void fetch(struct fetcher *fetcher, const struct fetch_key *keys, size_t n,
    void (*got)(void *ctx, const struct fetched *fetched), void *ctx);

/* 1 to 250 bytes, none <= 0x20 and none 0x7f: what a server takes as a key. */
bool fetch_takes_key(const char *key, size_t n_bytes);

#endif
