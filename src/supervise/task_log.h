/*
 * What the log says of a task while it goes on: its start, and once what became
 * of each input. The supervisor's thread only.
 */
#ifndef SUPERVISE_TASK_LOG_H
#define SUPERVISE_TASK_LOG_H

#include "run/task.h"
#include "settings/settings.h"

struct progress;

struct task_log {
    const struct task *task;
    struct progress *progress; /* taken off the screen before a line; or NULL */
    enum input_state *logged;  /* of each input, what was logged last */
};

void task_log_open(struct task_log *log, const struct task *task,
    struct progress *progress);
void task_log_close(struct task_log *log);

void task_log_start(const struct task_log *log,
    const struct settings *settings);

/* A line for each input that was settled since the last time. */
void task_log_settled(struct task_log *log);

/* No line for any from this one on. */
void task_log_pass_over(struct task_log *log, size_t from);

#endif
