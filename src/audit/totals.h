/*
 * What the servers' counters say of the load in all: evictions, and the sets of
 * other clients. The supervisor's thread only; reads the run.
 */
#ifndef AUDIT_TOTALS_H
#define AUDIT_TOTALS_H

#include <stdint.h>

#include "audit/acked.h"
#include "run/run.h"

/* Items that all servers evicted since the load began. */
uint64_t totals_evictions(const struct run *run);

/* At the very end: what is worth knowing of evictions and other clients. */
void totals_tell(const struct run *run, const struct acked *acked);

#endif
