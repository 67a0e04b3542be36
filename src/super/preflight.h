/*
 * What is checked before the first byte is sent (DESIGN A.4): every server
 * answers, and has room for the connections that the load will open. One
 * thread, the supervisor's; blocks for at most --timeout.
 */
#ifndef SUPER_PREFLIGHT_H
#define SUPER_PREFLIGHT_H

#include "super/run.h"

/* The shard map of the job. */
void preflight_shards(struct run *run);

/*
 * Probes the servers, says what is wrong with each, marks those away.
 * -1 when the load cannot start: one does not answer (without --degraded), or
 * none does.
 */
int preflight_servers(struct run *run);

#endif
