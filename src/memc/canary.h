/*
 * The canary: a small item of our own on each server, which nothing survives
 * that all other items do not survive.
 *
 * Process and start time do not tell one server from another: in a container
 * each has process 1, an address may fail over to another server, counters can
 * be reset together with a flush. So before the first record a load leaves an
 * item with a random value on each server, and asks for it whenever it asks for
 * the counters (probe.h). Where it is gone, or has another value, the rest is
 * gone.
 *
 * It costs a command in each question to a server, and 96 bytes there: a chunk
 * of the smallest class, which few items are small enough to share. What is
 * evicted from that class meanwhile may be the canary: then it says nothing. It
 * expires by itself when the load is killed, and is set anew, with another
 * value, where it was lost. It cannot tell of a server that took the place of
 * another and was replaced by it between two questions, with no connection
 * lost.
 *
 * A key belongs to one load and one server of its map, so loads do not meet.
 * Of the supervisor's thread; nothing here can fail.
 */
#ifndef MEMC_CANARY_H
#define MEMC_CANARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"
#include "memc/server_facts.h"

/* What all keys of canaries begin with; reserved (docs/contract.md 4). */
#define CANARY_PREFIX "memc_load:"

enum {
    CANARY_TTL_S = 3600,
    CANARY_KEY_BYTES = sizeof(CANARY_PREFIX) + 8 + 4, /* with the NUL */
    CANARY_VALUE_BYTES = 8 + 1,
    CANARY_TEXT_BYTES = 160, /* more than any request of these */
};

struct canary {
    char key[CANARY_KEY_BYTES];     /* empty: there is no canary */
    char value[CANARY_VALUE_BYTES]; /* that is there; empty: none is */
    char next[CANARY_VALUE_BYTES];  /* the one to set where there is none;
                                       empty: it is only asked for */
    uint64_t evictions; /* of items of its size, before it was set */
    bool is_refused;    /* it could not be set once: has been told */
};

/* Names it: of server number `server`, of the load that run_id stands for. */
void canary_name(struct canary *canary, uint32_t run_id, size_t server);

/* Draws the value to set next. */
void canary_draw(struct canary *canary, struct rng *rng);

/* Takes over what became of it when the server was asked, if it was known. */
void canary_take(struct canary *canary, const struct server_facts *facts);

/* Requests, into text: to keep it longer and get it; to set `next`; to remove
 * it. Each returns the bytes. */
size_t canary_ask(const struct canary *canary, char text[CANARY_TEXT_BYTES]);
size_t canary_set(const struct canary *canary, char text[CANARY_TEXT_BYTES]);
size_t canary_remove(const struct canary *canary, char text[CANARY_TEXT_BYTES]);

/* The class of slabs it lies in, from 1. */
unsigned canary_class(const struct canary *canary,
    const struct slab_settings *settings);

#endif
