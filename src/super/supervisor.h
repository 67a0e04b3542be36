/*
 * The supervisor: a single-threaded poll loop over children and signals
 * (DESIGN B.3). See supervisor.c.
 */
#ifndef SUPER_SUPERVISOR_H
#define SUPER_SUPERVISOR_H

#include "super/run.h"

/*
 * Loads the job's files, one process each; fills the run, but for its job,
 * which the caller has set, and the exit status, which it returns. The caller
 * prints the report and writes the summary, then calls run_release().
 */
int supervise(struct run *run);

/*
 * The part of it that is done again to read all back: lets workers at the
 * run's files until there is nothing left to do. Returns the exit status.
 */
int supervise_files(struct run *run, int signal_fd);

void run_release(struct run *run);

#endif
