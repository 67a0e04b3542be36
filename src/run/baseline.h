/*
 * The books: what a server says it did, held against what it acknowledged.
 *
 * A server's baseline has a generation, the time between two losses of all that
 * it held (server_facts.h), and a period, the time in which its counters
 * can be compared: both begin anew when it restarts, and a period ends too
 * when its counters are reset or did not balance. Readings come in the order
 * they were taken. Pure but for the baseline; owned by the supervisor.
 *
 * Which way the books may err: what was acknowledged is summed up before a
 * reading begins, and only of workers begun in the period, so that a server
 * that counts well is never short. More than was acknowledged is no fault:
 * windows sent twice, other clients.
 */
#ifndef RUN_BASELINE_H
#define RUN_BASELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "memc/server_facts.h"

struct baseline {
    bool is_watched;             /* it answered the probe: there is a base */
    struct server_facts base;    /* when the period began */
    struct server_facts now;     /* the last reading that it answered */
    unsigned generation, period; /* from 0 */
    enum server_loss loss;       /* between the last two readings */
    unsigned restarts;           /* seen; whatever the loss */
    uint64_t acked;          /* by workers that began in this period, ended */
    uint64_t evicted_before; /* in former periods */
    uint64_t sets;           /* counted in this period, ours and others' */
    uint64_t refused;        /* sets, in this period, ours and others' */
    int64_t silent_since_ms; /* CLOCK_NEVER: it answered the last time */
    uint64_t silent_acked;   /* acknowledged by then */
    bool is_lost;            /* given up: its former generations are all over */

    /* of the whole load */
    uint64_t acked_ever; /* by all workers that ended */
    uint64_t reloaded;   /* items stored there again after a restart */
    uint64_t lost;       /* items that it lost and were not stored again */
    uint64_t reconnects; /* of workers that ended */
};

enum baseline_result {
    BASELINE_BALANCED,
    BASELINE_LOST,  /* what it held is gone, by `loss`; a new generation */
    BASELINE_RESET, /* its counters went backwards: nothing to compare */
    BASELINE_SHORT, /* it counts less than it acknowledged */
};

/* From the probe before the load; unknown facts: not watched. */
void baseline_open(struct baseline *baseline, const struct server_facts *facts);

/*
 * It answered. `acked` of its sets were acknowledged before it was asked, all
 * in this period. For SHORT, *missing is by how much.
 */
enum baseline_result baseline_take(struct baseline *baseline,
    const struct server_facts *now, uint64_t acked, uint64_t *missing);

/* It is given up, and with it all that it may have held. */
void baseline_lose(struct baseline *baseline);

/* Items that it evicted since the load began, as far as it was seen. */
uint64_t baseline_evictions(const struct baseline *baseline);

/* Of them those that one other counter tells, since the last period began. */
uint64_t baseline_evictions_by(const struct baseline *baseline,
    enum eviction_way way);

#endif
