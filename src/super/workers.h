/*
 * The children: started, stopped, reaped, and what their ends mean for their
 * files. One thread, the supervisor's; nothing here waits.
 */
#ifndef SUPER_WORKERS_H
#define SUPER_WORKERS_H

#include <stdbool.h>

#include "super/run.h"

/* log_fd: where a child's log goes, -1 for where ours goes. -1: no fork; the
 * file is settled as failed. */
int worker_start(struct run *run, struct worker *worker, struct file *file,
    int log_fd);

/* Collects one child that ended and settles its file; NULL when none has. */
struct file *workers_reap(struct run *run, bool is_stopping);

void workers_signal(const struct run *run, int signal_number);

size_t workers_running(const struct run *run);

/* A free place, or NULL. */
struct worker *worker_free_place(struct run *run);

#endif
