/*
 * The audit: polls the servers when an input ends, when the run ends, and
 * whenever a connection was lost, and compares their counters with what they
 * acknowledged (docs/contract.md 4). An input is done only after that.
 *
 * Shards may share a server: its counters are compared with their sum.
 *
 * A server that does not answer is polled again until --max-outage is over, and
 * then given up with all that it held; while the run is stopping, at once. A
 * poll for which no process could be started, or whose process died, is
 * repeated for as long, or, while stopping, for --timeout.
 *
 * Its first poll comes before the first record: it leaves a canary on each
 * server (canaries.h), and what is told then is what later answers are compared
 * with. The last one removes the canaries.
 *
 * Owned by the supervisor, in its one thread; nothing here waits.
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
    struct acked acked;         /* before the poll under way began */
    struct rng rng;             /* of the canaries */
    bool is_open;               /* records may be stored */
    enum server_poll_kind kind; /* of the poll under way */
    int64_t asked_ns;
    int64_t next_at_ms;     /* not before */
    int64_t flush_at_ms;    /* a flush that was announced is over; 0: none is */
    unsigned removals;      /* of the canaries, tried so far */
    int64_t fresh_until_ms; /* then the canaries are to be asked for, lest they
                               expire */
    uint64_t reconnects;    /* by then */
    bool is_answered;       /* a poll is over, and not taken yet */
    bool is_final;          /* nothing was stored since the last one */
    bool is_dropped;        /* answers are not taken any more */
    /* CLOCK_NEVER: no stop was requested */
    int64_t stopping_since_ms;
};

void audit_init(struct audit *audit, struct run *run);
void audit_release(struct audit *audit);

/* Starts a poll if one is due; is_idle: no process runs or will. */
void audit_ask(struct audit *audit, bool is_idle);

/*
 * Takes the answers in, if there are any: finds what was lost, and settles the
 * inputs that the servers were asked about. is_stopping: what cannot be decided
 * now is not decided later. True when it did something.
 */
bool audit_take(struct audit *audit, bool is_stopping);

/* The answers are not waited for any more, and no poll is started again. */
void audit_drop(struct audit *audit);

/* What to poll for to hear of the answers, and how many ms at most, or -1. */
void audit_wants(const struct audit *audit, struct pollfd *poll_out,
    int *wait_ms_out);

/* Has the first poll been taken? No record is to be stored before. */
bool audit_is_open(const struct audit *audit);

/* Is nothing to be asked any more, and nothing under way? */
bool audit_is_over(const struct audit *audit);

/* At the very end: what is worth knowing of evictions and other clients. */
void audit_tell(const struct audit *audit);

#endif
