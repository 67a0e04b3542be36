/*
 * What the servers say of themselves when the load is over, against what they
 * said before it (preflight.h): restarts, flushes and evictions lose records
 * that were stored. One thread, the supervisor's; blocks for at most
 * --timeout.
 */
#ifndef SUPER_POSTFLIGHT_H
#define SUPER_POSTFLIGHT_H

#include "super/run.h"

/*
 * Probes the servers once more, notes it in at_end, and tells losses. True
 * when one lost what it held: it was restarted or flushed in between, or does
 * not answer any more.
 */
bool postflight_servers(struct run *run);

#endif
