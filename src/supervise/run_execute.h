/*
 * A run as a function: settings in, a result out.
 *
 * The inputs are listed, the room for rejects is found, the servers are asked
 * whether they are fit, the inputs are loaded (supervisor.h), and what was
 * stored is read back (readback.h). A stage that fails leaves the rest undone.
 * The settings are not changed. Nothing outlives the run but its result: runs
 * one after the other in one process behave like processes of their own.
 *
 * Signals, standard output and progress are the caller's (run_host.h); only the
 * log is written, which the caller has initialised. The settings are complete
 * (cmd/complete.h). SIGPIPE and SIGXFSZ are ignored, as signals_open() sees to,
 * and SIGCHLD is not. Forks, so the caller may have no other threads; waits for
 * its own children alone. The soft limit on open files may be raised.
 */
#ifndef SUPERVISE_RUN_EXECUTE_H
#define SUPERVISE_RUN_EXECUTE_H

#include "run/result.h"
#include "supervise/run_host.h"

/* The caller frees the result; its exit_code says how the run ended, the log
 * why nothing was loaded. */
struct run_result *run_execute(const struct settings *settings,
    const struct run_host *host);

#endif
