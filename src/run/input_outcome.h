/*
 * What became of a file, by what its worker left: settles it, with a reason
 * word and a message for people that says what to do. The supervisor's thread
 * only.
 */
#ifndef RUN_INPUT_OUTCOME_H
#define RUN_INPUT_OUTCOME_H

#include <stdbool.h>

#include "run/run.h"

/* By its report, which says how the worker ended: DONE, FAILED, INTERRUPTED. */
void judge_report(const struct run *run, struct file *file);

/* Its worker died, with this status of wait4(2): FAILED, or INTERRUPTED when
 * we had it killed; the report is of whole batches. */
void judge_death(struct file *file, int status, bool is_stopping);

/* Was it for want of a right to write there that its rejects files could not be
 * written? Else room may help. */
bool judge_lacks_right(const struct file *file);

/* What helps when the file itself is bad, for this reason. */
const char *judge_remedy(const struct file *file, const char *reason);

#endif
