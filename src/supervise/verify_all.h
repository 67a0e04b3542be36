/*
 * The full verification: --verify all (DESIGN A.6). Every item of the files is
 * looked for (sink/check.h), and what was found goes into a verify log
 * (verify/verify_log.h), which is settled in the end.
 *
 * For `verify` looking is all that the workers do. After a load its files are
 * read once more, by other workers and under the names that they have now;
 * what failed in the load does not count. The supervisor's thread, but for
 * verify_all_settle(), which is for the child of readback.c.
 */
#ifndef SUPERVISE_VERIFY_ALL_H
#define SUPERVISE_VERIFY_ALL_H

#include "run/run.h"

/* Makes the run's verify log if it takes one. -1: there is no room for it. */
int verify_all_open(struct run *run, struct err *err);
void verify_all_release(struct run *run);

/* After a load: looks for all that it stored. Returns an exit status. */
int verify_all_read_back(struct run *run, int signal_fd);

/* Counts each key once, by server, and tells the first that do not match. */
int verify_all_settle(const struct run *run, struct verify_counts *servers,
    struct err *err);

#endif
