/*
 * What was loaded is read back, after the last input is settled.
 *
 * The samples that processes handed over (samples.h) are read by one more
 * process, so that stops are heard meanwhile: a stop ends it there and then.
 * Where all is read back (verify_all.h) a second task does so, and the process
 * settles what it found. What came of it stands in the run: `verify`, or why
 * there is none in `unverified`. The supervisor's thread only.
 */
#ifndef SUPERVISE_READBACK_H
#define SUPERVISE_READBACK_H

#include "run/run.h"
#include "supervise/run_host.h"

/*
 * status is what the load ends with. Returns what all of it ends with
 * (docs/contract.md 7).
 */
int readback_run(struct run *run, int status, const struct run_host *host);

#endif
