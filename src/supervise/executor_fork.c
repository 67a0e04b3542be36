#include "supervise/executor_fork.h"

#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"

struct fork_executor {
    struct process *processes; /* by place */
    size_t n_places;
    int (*run)(void *ctx, size_t place, size_t job);
    void *ctx;
};

static int
fork_start(void *ctx, size_t place, size_t job)
{
    struct fork_executor *executor = ctx;
    pid_t pid;

    must(!process_is_running(&executor->processes[place]));
    pid = process_start(&executor->processes[place], PROCESS_IS_ASKED);
    if (pid < 0)
        return -1;
    /* exit() rather than _exit(): stdio was flushed before the fork, and leak
     * and coverage checks run here */
    if (pid == 0)
        exit(executor->run(executor->ctx, place, job));
    return 0;
}

static bool
fork_collect(void *ctx, size_t place, struct process_end *end)
{
    struct fork_executor *executor = ctx;

    return process_reap(&executor->processes[place], end);
}

static void
fork_stop(void *ctx, size_t place, enum executor_stop how)
{
    struct fork_executor *executor = ctx;

    process_signal(&executor->processes[place],
        how == EXECUTOR_ASK ? SIGTERM : SIGKILL);
}

static void
fork_wants(void *ctx, size_t place, struct pollfd *poll_out, int *wait_ms_out)
{
    const struct fork_executor *executor = ctx;

    process_wants(&executor->processes[place], poll_out, wait_ms_out);
}

static const struct executor_type fork_type = {
    .name = "fork",
    .start = fork_start,
    .collect = fork_collect,
    .stop = fork_stop,
    .wants = fork_wants,
};

struct fork_executor *
fork_executor_new(size_t n_places,
    int (*run)(void *ctx, size_t place, size_t job), void *ctx,
    struct executor *executor_out)
{
    struct fork_executor *executor = mem_zero(1, sizeof(*executor));

    executor->processes = mem_zero(n_places, sizeof(*executor->processes));
    executor->n_places = n_places;
    executor->run = run;
    executor->ctx = ctx;
    *executor_out = (struct executor){&fork_type, executor};
    return executor;
}

void
fork_executor_free(struct fork_executor *executor)
{
    for (size_t i = 0; i < executor->n_places; i++)
        must(!process_is_running(&executor->processes[i]));
    free(executor->processes);
    free(executor);
}
