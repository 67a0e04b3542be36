/*
 * What is known of the servers when items of a load are not there: for the
 * likely causes (verify/causes.h). The child that reads back asks them once
 * more; the supervisor compares. One thread each.
 */
#ifndef AUDIT_CAUSE_EVIDENCE_H
#define AUDIT_CAUSE_EVIDENCE_H

#include "run/run.h"
#include "verify/causes.h"

/* After a load, what changed since the servers were asked last; for verify
 * alone, what they say now, held against the age of the files. now: what the
 * server says, not known when it does not answer. */
struct cause_facts cause_evidence(const struct run *run, size_t server,
    const struct server_facts *now);

#endif
