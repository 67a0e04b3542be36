/* Checking and writing a benchmark's files, with what is logged meanwhile. */
#ifndef UNIT_BENCH_LOGGED_H
#define UNIT_BENCH_LOGGED_H

#include <fcntl.h>

#include "base/log.h"
#include "bench/result_files.h"
#include "unit/temp_dir.h"

/* What was logged meanwhile. */
static inline char *
logged(int (*action)(void *), void *context, int *rc)
{
    char *path = temp_file("log", "");
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

    log_init(fd, LOG_I);
    *rc = action(context);
    log_init(STDERR_FILENO, LOG_I);
    close(fd);
    return temp_read(path);
}

/* temp_path()'s texts take turns; this one stays. */
static inline char *
own_path(char path[512], const char *name)
{
    snprintf(path, 512, "%s", temp_path(name));
    return path;
}

struct task {
    struct bench_files files;
    const struct bench_results *results;
};

static inline int
write_all(void *context)
{
    const struct task *task = context;

    return bench_files_write(&task->files, task->results);
}

static inline int
check_all(void *context)
{
    const struct task *task = context;
    struct err err;

    return bench_files_check(&task->files, &err);
}

#endif
