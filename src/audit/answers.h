/*
 * What the answer of one server to a poll means, or its silence: told to people
 * and held against the books (run/baseline.h). The audit (audit.h) decides when
 * servers are asked, and what becomes of the inputs then.
 *
 * The supervisor's thread only; nothing waits.
 */
#ifndef AUDIT_ANSWERS_H
#define AUDIT_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "run/run.h"

/* Before the first record: what later answers are compared with. */
void answer_open(struct run *run, size_t server,
    const struct server_facts *facts);

/* It did not answer then; what it said before is compared with. */
void answer_unopened(const struct run *run, size_t server, const char *trouble);

/* It answered; so many of its sets were acknowledged before it was asked, in
 * its period. True: with this answer another period began. */
bool answer_take(struct run *run, size_t server,
    const struct server_facts *facts, uint64_t acked);

struct silence {
    bool was_asked;      /* else the poll failed on our side */
    const char *trouble; /* why there is no answer, for people */
    uint64_t acked;      /* of its sets, by now: they show that it lives */
    int64_t stopping_since_ms; /* CLOCK_NEVER: no stop was requested */
};

/* It did not answer: it is given up when that has lasted for too long. */
void answer_missing(struct run *run, size_t server,
    const struct silence *silence);

/* Is anything of this load on it, as far as is known? */
bool answer_matters(const struct run *run, size_t server);

#endif
