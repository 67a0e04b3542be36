/*
 * The full verification, --verify all (docs/contract.md 6): every item of the
 * inputs is looked for by the processes that read them (sink/check.h), and what
 * was found goes into a verify log (verify/verify_log.h), which is settled in
 * the end.
 *
 * For `verify` that is the run's task. After a load it is a second one: its
 * inputs are read once more, under the names that they have now; what failed in
 * the load does not count. The supervisor's thread, but for
 * verify_all_settle(), which is for the process of readback.c.
 */
#ifndef SUPERVISE_VERIFY_ALL_H
#define SUPERVISE_VERIFY_ALL_H

#include "run/run.h"
#include "supervise/run_host.h"

/* Makes the run's verify log if it takes one. -1: there is no room for it. */
int verify_all_open(struct run *run, struct err *err);

/* After a load: looks for all that it stored. Returns an exit status. */
int verify_all_read_back(struct run *run, const struct run_host *host);

/* Counts each key once, by server, and tells the first that do not match. */
int verify_all_settle(const struct run *run, struct verify_counts *servers,
    struct err *err);

#endif
