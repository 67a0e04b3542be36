/*
 * What is known of the servers when items of a load are not there: for the
 * likely causes (verify/causes.h). The child that reads back asks them once
 * more; the supervisor compares. One thread each.
 */
#ifndef AUDIT_CAUSE_EVIDENCE_H
#define AUDIT_CAUSE_EVIDENCE_H

#include "run/run.h"
#include "verify/causes.h"

/* Of one server, after it was read from. */
struct proof_answer {
    struct verify_counts counts;
    struct server_facts facts; /* is_known: it answers */
};

/* Asks all servers, for at most --timeout; one that something was missing on,
 * at least. answers: by server. */
void proof_ask(const struct run *run, struct proof_answer *answers);

/* After a load, what changed since the servers were asked last; for verify
 * alone, what they say now, held against the age of the files. */
struct cause_facts proof_facts(const struct run *run, size_t server,
    const struct proof_answer *answer);

#endif
