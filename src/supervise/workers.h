/*
 * The children: started, stopped, reaped, and what their ends mean for their
 * files. One thread, the supervisor's; nothing here waits.
 */
#ifndef SUPERVISE_WORKERS_H
#define SUPERVISE_WORKERS_H

#include <stdbool.h>

#include "audit/server_poll.h"
#include "run/run.h"

/* Places for as many as run at once, and what they need; before any starts. */
void workers_place(struct run *run);
void workers_release(struct run *run);

/* log_fd: where a child's log goes, -1 for where ours goes. Loads the file, or
 * again for the servers in file->again. -1: no fork; the file is settled as
 * failed. */
int worker_start(struct run *run, struct worker *worker, struct file *file,
    int log_fd);

/*
 * Collects one child that ended and settles its file, or makes it READ when
 * all of it was; NULL when none has. The reading's child (audit/server_poll.h),
 * if there is one, is collected in passing; *is_answered says so.
 */
struct file *workers_reap(struct run *run, bool is_stopping,
    struct server_poll *poll, bool *is_answered);

void workers_signal(const struct run *run, int signal_number);

size_t workers_running(const struct run *run);

/* A free place, or NULL. */
struct worker *worker_free_place(struct run *run);

#endif
