/*
 * A load from first to last: the files listed, the room for rejects found, the
 * servers asked whether they are fit, the files loaded (supervisor.h), what
 * was stored proved (readback.h). A stage that fails leaves the rest undone.
 */
#ifndef SUPERVISE_STAGES_H
#define SUPERVISE_STAGES_H

#include "run/run.h"

/*
 * Loads the job's files, one process each; fills the run, but for its job,
 * which the caller has set, and the exit status, which it returns. The caller
 * prints the report and writes the summary, then calls run_release(). The
 * supervisor's thread only; why nothing was loaded is logged.
 */
int run_stages(struct run *run);

void run_release(struct run *run);

#endif
