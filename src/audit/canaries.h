/*
 * The canaries of a run (memc/canary.h): one on each server that answered
 * before it, from the first question of the audit to its last.
 *
 * The supervisor's thread only. What is set and asked for is done by polls
 * (server_poll.h), in their processes; this keeps what the supervisor knows.
 */
#ifndef AUDIT_CANARIES_H
#define AUDIT_CANARIES_H

#include <stdbool.h>

#include "base/rng.h"
#include "memc/server_facts.h"
#include "run/run.h"

/* Names one for each server that answered; none with --no-canary. False: there
 * is none. */
bool canaries_open(struct run *run, struct rng *rng);

/* Before a poll: draws the values that are set where there is none. */
void canaries_draw(struct run *run, struct rng *rng);

/* The server answered a poll. Tells of one that cannot be set. */
void canaries_take(struct run *run, size_t server,
    const struct server_facts *facts);

/* Is one left to be removed from a server that may answer? */
bool canaries_are_left(const struct run *run);

/* Of a server of which the canary was to be removed: what became of it. False:
 * it was gone before, so the server is to be asked once more. */
bool canaries_removed(struct run *run, size_t server, enum canary_state was);

/* There are none any more. */
void canaries_close(struct run *run);

#endif
