/*
 * A benchmark's own directory, which is gone when the benchmark is: however it
 * ends, killed or for a fault of its own, too.
 *
 * A process that does nothing else waits for the benchmark's end, by the end
 * of a pipe that the benchmark alone has open (and children of it that die
 * with it), and removes the directory then. Under $TMPDIR, or /tmp. One
 * thread; work_dir_open() before anything is in it, and before other children
 * exist. Errors are ERR_IO.
 */
#ifndef BENCH_WORK_DIR_H
#define BENCH_WORK_DIR_H

#include <sys/types.h>

#include "base/err.h"

/* Zero-initialised, with path NULL, is one that was not opened. */
struct work_dir {
    char *path; /* others may go through it, but not look around */
    pid_t keeper;
    int alive_fd; /* open as long as we live */
};

int work_dir_open(struct work_dir *work_dir, struct err *err);

/* Removes it; comes back when that is done. */
void work_dir_close(struct work_dir *work_dir);

/* A name in there; the caller frees it. */
char *work_dir_path(const struct work_dir *work_dir, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
