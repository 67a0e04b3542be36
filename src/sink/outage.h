/*
 * A server that is away: since when, when to try again, when to give up, and
 * what the log says of it (docs/contract.md 4). The one place for all sinks.
 *
 * An outage begins with the first trouble and ends with the first answer.
 * Between two tries there is a pause, each longer than the last (retry.h); the
 * last try comes at the very end of max_outage_ms, and when that fails the
 * server is given up.
 *
 * Part of the sink or link that holds it; one thread. Times in ms of
 * clock_ms().
 */
#ifndef SINK_OUTAGE_H
#define SINK_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/rng.h"
#include "sink/retry.h"
#include "sink/sink.h"

struct outage {
    const struct sink_config *config;
    const char *given_up; /* what follows from it, and what to do; static */
    int64_t since_ms;     /* CLOCK_NEVER while all is well */
    int64_t paused_until; /* when the next try is due; 0 = not paused */
    unsigned tries;       /* failed ones since the last answer */
    struct rng rng;       /* for all delays of its owner */
};

/* config must outlive it. */
void outage_init(struct outage *outage, const struct sink_config *config,
    const char *given_up);

static inline bool
outage_is_on(const struct outage *outage)
{
    return outage->since_ms != CLOCK_NEVER;
}

/* When it has lasted too long. While it is on. */
static inline int64_t
outage_ends_at(const struct outage *outage)
{
    return outage->since_ms + outage->config->max_outage_ms;
}

/* There is trouble with the connection, detail says what: an outage begins,
 * or goes on. */
void outage_note(struct outage *outage, enum trouble trouble,
    const char *detail, int64_t now_ms);

/* What was noted means that another try is needed: sets paused_until. False:
 * there is no time for one, and the server is given up. */
bool outage_may_retry(struct outage *outage, const char *detail,
    int64_t now_ms);

/* The server is given up, and the log says so. */
void outage_give_up(const struct outage *outage, const char *detail,
    int64_t now_ms);

/* An answer came: the outage, if there was one, is over. */
void outage_end(struct outage *outage, int64_t now_ms);

#endif
