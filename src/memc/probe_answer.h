/*
 * What a server answers to the probe (probe.h), fed in any pieces.
 *
 * First come the version, three kinds of `stats`, the canary where one is
 * there, and the end of all that. Where there is to be one and is none, the
 * canary is set by a second request. One thread; no socket; cannot fail.
 */
#ifndef MEMC_PROBE_ANSWER_H
#define MEMC_PROBE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memc/canary.h"
#include "memc/server_facts.h"

enum probe_state {
    PROBE_MORE,
    PROBE_WANTS_CANARY, /* answered, but the canary is to be set */
    PROBE_ANSWERED,
    PROBE_SENSELESS
};

/* Whose answer comes next. */
enum probe_step {
    PROBE_STEP_VERSION,
    PROBE_STEP_STATS,
    PROBE_STEP_SETTINGS,
    PROBE_STEP_SLABS,
    PROBE_STEP_TOUCH, /* the canary, where one was set */
    PROBE_STEP_GET,
    PROBE_STEP_FENCE,
    PROBE_STEP_ITEMS, /* the second request: what its class evicted */
    PROBE_STEP_SET,
    PROBE_STEP_DONE,
};

/* Zero-initialised, but for the canary, is ready. */
struct probe_answer {
    const struct canary *canary; /* NULL: none is asked for or set */
    enum probe_step step;
    char line[1024];
    size_t n;
    size_t n_bytes; /* of all of it so far */
    bool has_time, has_uptime;
    bool is_value; /* the next line is the canary's */
    unsigned canary_class;
    uint64_t time_s;
    uint64_t item_bytes;  /* of all items, no rounding */
    uint64_t chunk_bytes; /* of the slab class at hand */
};

/*
 * Some bytes of it. After PROBE_WANTS_CANARY the second request is to be sent;
 * bytes behind the end of the first answer make no sense.
 */
enum probe_state probe_feed(struct probe_answer *answer, const char *bytes,
    size_t n, struct server_facts *facts);

#endif
