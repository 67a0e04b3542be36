/*
 * What runs jobs, as a table: processes that are forked here (executor_fork.h),
 * an engine later. It knows numbers of places and of jobs, and neither inputs
 * nor servers.
 *
 * What a job is and leaves behind is agreed between the scheduler's client and
 * run() of the executor (loaders.h): today a child inherits the input's
 * descriptor and claim, and leaves its report in shared memory and its sample
 * in a file without a name. An executor on other machines needs other means for
 * these; the calls below stay.
 *
 * One thread. Nothing here waits: the loop that does polls for what wants()
 * says.
 */
#ifndef SUPERVISE_EXECUTOR_H
#define SUPERVISE_EXECUTOR_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "proc/process.h"

enum executor_stop {
    EXECUTOR_ASK,     /* it finishes what is under way and ends */
    EXECUTOR_AT_ONCE, /* it is killed */
};

struct executor_type {
    const char *name;
    /* Begins a job in a place that is free. -1 with errno. */
    int (*start)(void *ctx, size_t place, size_t job);
    /* Has the job in this place ended? Then the place is free. */
    bool (*collect)(void *ctx, size_t place, struct process_end *end);
    void (*stop)(void *ctx, size_t place, enum executor_stop how);
    /* What to poll for to hear of its end, and how many ms at most, or -1. */
    void (*wants)(void *ctx, size_t place, struct pollfd *poll_out,
        int *wait_ms_out);
};

/* The caller's; outlives what runs in it. */
struct executor {
    const struct executor_type *type;
    void *ctx;
};

#endif
