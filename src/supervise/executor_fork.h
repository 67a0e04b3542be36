/*
 * The executor that forks: a job is a process of this machine, a child of ours
 * that dies with us. One thread; see executor.h.
 */
#ifndef SUPERVISE_EXECUTOR_FORK_H
#define SUPERVISE_EXECUTOR_FORK_H

#include "supervise/executor.h"

struct fork_executor;

/*
 * run() is what a child does with a job; it returns its exit status. ctx is
 * the caller's, and so is *executor_out, which stands for the result.
 */
struct fork_executor *fork_executor_new(size_t n_places,
    int (*run)(void *ctx, size_t place, size_t job), void *ctx,
    struct executor *executor_out);

/* All places are free by then. */
void fork_executor_free(struct fork_executor *executor);

#endif
