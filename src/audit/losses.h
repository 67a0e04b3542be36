/*
 * What a server lost when it was restarted or flushed, and what becomes of it.
 *
 * A file's items on a server are lost when the server began a new generation
 * (see run/baseline.h) after the file's worker was started. They are loaded
 * again, for that server alone, from the file or, when it was renamed, from its
 * dot name; what cannot be loaded again is failed, and such a file gets its old
 * name back (run/task.h). The supervisor's thread only.
 */
#ifndef AUDIT_LOSSES_H
#define AUDIT_LOSSES_H

#include <stdbool.h>

#include "run/run.h"

/*
 * Looks through all files that no worker is at. Those to be loaded again are
 * TO_RELOAD afterwards, with `again` set; the others that lost something are
 * FAILED as `lost` unless they had failed before. Tells each server's losses
 * once. Without may_reload all of them are failed.
 */
void losses_find(struct run *run, bool may_reload);

/* A file with `again` set cannot be loaded again: what that was for is failed.
 * Others may have lost something, too, which is yet to be found. */
void losses_fail(const struct run *run, struct run_input *at);

/* A worker loaded the file again for the servers in `again`: takes over what
 * came of it. is_whole: it got as far as the first time. */
void losses_reloaded(const struct run *run, struct run_input *at,
    const struct report *again, bool is_whole);

/* Nothing is loaded again any more: what was to be is failed. */
void losses_drop(struct run *run);

#endif
