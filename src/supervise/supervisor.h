/*
 * A task from its first input to its last: processes by a scheduler, the audit
 * of what they stored, stops, names, progress. One thread, the caller's, in a
 * poll loop; forks, so the caller may have no other threads.
 */
#ifndef SUPERVISE_SUPERVISOR_H
#define SUPERVISE_SUPERVISOR_H

#include "run/run.h"
#include "supervise/run_host.h"

/*
 * Brings every input of the task to an end; its places are made. Returns the
 * exit status of this part of the run (settings/exit.h).
 */
int supervise_task(struct run *run, struct task *task,
    const struct run_host *host);

#endif
