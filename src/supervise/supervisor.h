/*
 * The supervisor: a single-threaded poll loop over children and signals
 * (DESIGN B.3). See supervisor.c.
 */
#ifndef SUPERVISE_SUPERVISOR_H
#define SUPERVISE_SUPERVISOR_H

#include "run/run.h"

/*
 * Lets workers at the run's files until there is nothing left to do; the
 * run's servers were found fit. Returns the exit status. Done again to read
 * all back (verify_all.h).
 */
int supervise_files(struct run *run, int signal_fd);

#endif
