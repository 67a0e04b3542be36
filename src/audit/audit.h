/*
 * The audit: asks the servers at each file's end and at the run's end, and
 * whenever a connection was lost, and holds what they say against the books
 * (docs/contract.md 4). Only after that is a file done.
 *
 * Shards may share a server: its counters are held against the sum of them.
 *
 * A server that does not answer is asked again until --max-outage is over,
 * then given up with all that it held; at once when we are stopping. A reading
 * that nobody got to make is made again, until then or, stopping, for
 * --timeout. The supervisor's thread only; nothing here waits.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/acked.h"
#include "audit/server_poll.h"
#include "run/run.h"

struct audit {
    struct run *run;
    struct server_poll poll;
    struct acked acked; /* before the reading under way began */
    int64_t asked_ns;
    int64_t next_at_ms;  /* not before */
    uint64_t reconnects; /* by then */
    bool is_answered;    /* the reading under way is over: audit_take() */
    bool is_final;       /* nothing was stored since the last one */
    bool is_dropped;     /* whatever a reading comes to, it says nothing */
    /* CLOCK_NEVER: no stop was asked for */
    int64_t stopping_since_ms;
};

void audit_init(struct audit *audit, struct run *run);
void audit_release(struct audit *audit);

/* Starts a reading if one is due; is_idle: no worker runs, none will. */
void audit_ask(struct audit *audit, bool is_idle);

/*
 * Takes the answers in, if there are any: finds what was lost, and settles the
 * files that the servers were asked about. is_stopping: what cannot be decided
 * now never will. True when it did something.
 */
bool audit_take(struct audit *audit, bool is_stopping);

/* Nobody waits for the reading under way any more; there is no other one. */
void audit_drop(struct audit *audit);

/* What to poll for to hear of the answers, and how many ms at most, or -1. */
void audit_wants(const struct audit *audit, struct pollfd *poll_out,
    int *wait_ms_out);

/* Is a reading under way, or its answer not taken yet? */
bool audit_is_waiting(const struct audit *audit);

/* At the very end: what is worth knowing of evictions and other clients. */
void audit_tell(const struct audit *audit);

#endif
