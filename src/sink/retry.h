/*
 * What to do about trouble with a server: the one table that decides it.
 *
 * Pure functions. Sinks ask; nobody else decides about retries, drains and
 * delays (docs/contract.md 4).
 */
#ifndef SINK_RETRY_H
#define SINK_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "memc/item.h"

enum trouble {
    /* one item was refused; the connection is fine */
    TROUBLE_NO_MEMORY,
    TROUBLE_TOO_LARGE,
    TROUBLE_REFUSED,
    /* the connection is lost */
    TROUBLE_CLOSED,  /* end of file, reset, not to be connected to */
    TROUBLE_SILENT,  /* --timeout without a byte while there was work */
    TROUBLE_GARBAGE, /* a reply that does not parse, or one too many */
};

struct remedy {
    bool retry;         /* sending again may help */
    bool drain;         /* first the old connection is read to its end: its
                           bytes may still be applied, after a new one's */
    enum outcome final; /* when it did not help */
};

struct remedy retry_remedy(enum trouble trouble);

/* "out of memory", "connection lost", … for messages. */
const char *trouble_text(enum trouble trouble);

/* The longest pause between two tries. */
enum { RETRY_DELAY_MAX_MS = 5000 };

/*
 * How long to wait before try number n (from 1): base_ms doubled each time up
 * to RETRY_DELAY_MAX_MS, and of that a random 50 to 100 %, so that lanes do
 * not come back in step.
 */
int64_t retry_delay_ms(int64_t base_ms, unsigned n, struct rng *rng);

#endif
