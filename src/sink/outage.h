/*
 * A server that is away, for sinks whose library does the connecting: when to
 * try again, when to give up, and what is logged of it (docs/contract.md 4).
 *
 * Part of the sink that holds it; one thread. The pipelined sinks have their
 * own (link.h), since a connection of theirs has more states.
 */
#ifndef SINK_OUTAGE_H
#define SINK_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "sink/sink.h"

struct outage {
    const struct sink_config *config;
    const char *given_up; /* what follows from it, and what to do; static */
    int64_t since_ms;     /* CLOCK_NEVER while all is well */
    int64_t paused_until; /* 0 = not paused */
    unsigned tries;       /* failed ones since the last answer */
    struct rng rng;
};

/* config must outlive it. */
void outage_init(struct outage *outage, const struct sink_config *config,
    const char *given_up);

/* A try failed, detail says how: sets paused_until. False: for longer than
 * max_outage_ms now, the server is given up. */
bool outage_lasts(struct outage *outage, const char *detail, int64_t now_ms);

/* An answer came: an outage, if there was one, is over. */
void outage_is_over(struct outage *outage, int64_t now_ms);

#endif
