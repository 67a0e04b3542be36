/*
 * The numbers that progress shows, taken from a task at a moment.
 *
 * A struct watch remembers what earlier looks saw, for speeds that follow the
 * last seconds; a struct progress_view is one look. watch_look() fills the
 * view, whose rows stay the watch's and are overwritten by the next look. One
 * thread, the supervisor's. Bytes are those of the input (compressed ones).
 */
#ifndef REPORT_PROGRESS_VIEW_H
#define REPORT_PROGRESS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/task.h"

/* A running file, or all of them. */
struct progress_row {
    const char *name;
    bool has_size; /* else nobody knows how much is to come (a pipe) */
    uint64_t done_bytes, all_bytes;
    uint64_t lines, rejected, failed;
    double lines_s;
    double left_s; /* below 0: not known */
};

struct progress_view {
    size_t n_files, waiting, running, done, not_done; /* files */
    struct progress_row total;
    const struct progress_row *rows; /* of running files */
    size_t n_rows;
};

struct watch;
struct watch *watch_new(void);
void watch_free(struct watch *watch);

void watch_look(struct watch *watch, const struct task *task, int64_t now_ns,
    struct progress_view *out);

#endif
