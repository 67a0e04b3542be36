/*
 * The benchmark's own directory, under $TMPDIR or /tmp. It is removed when the
 * benchmark ends, also when it crashes or is killed.
 *
 * A process that does nothing else waits for that and removes the directory. It
 * reads a pipe whose other end only the benchmark has open, and children that
 * die with it. One thread; work_dir_open() must be called before any other
 * child exists. Errors are ERR_IO.
 */
#ifndef BENCH_WORK_DIR_H
#define BENCH_WORK_DIR_H

#include <sys/types.h>

#include "base/err.h"

/* Zero-initialised (path NULL): not open. */
struct work_dir {
    char *path; /* others may enter it, but not list it */
    pid_t keeper;
    int alive_fd; /* open while the benchmark runs */
};

int work_dir_open(struct work_dir *work_dir, struct err *err);

/* Removes it; returns when that is done. */
void work_dir_close(struct work_dir *work_dir);

/* The path of a file in it; the caller frees it. */
char *work_dir_path(const struct work_dir *work_dir, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
