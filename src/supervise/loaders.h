/*
 * The processes at the inputs of a task: made ready, what each does, and what
 * its end means for its input and for the servers' baselines. How many run at
 * a time, and which input is next, is decided elsewhere (supervisor.h).
 *
 * The supervisor's thread, but for loader_run(), which is a child's.
 */
#ifndef SUPERVISE_LOADERS_H
#define SUPERVISE_LOADERS_H

#include <stdbool.h>

#include "proc/process.h"
#include "run/run.h"

struct loaders {
    struct run *run;
    struct task *task;
    int log_fd; /* where a child's log goes; -1: where ours goes */
};

/* Before a process is started for it in this place. -1 with errno. */
int loader_prepare(const struct loaders *loaders, size_t place,
    struct run_input *at);

/* In a child; ctx is the struct loaders. Reads the task's input of that number,
 * for the servers in `again` where it is to be loaded again. Returns the exit
 * status. */
int loader_run(void *ctx, size_t place, size_t input);

/* It was started. */
void loader_started(const struct loaders *loaders, size_t place,
    struct run_input *at);

/* Its work is over and accounted for; all that is left to it is to leave. */
bool loader_is_leaving(const struct loaders *loaders, size_t place);

/*
 * It ended: takes over what it left, and settles the input, or makes it READ
 * when all of it was stored and the servers are to be asked. Returns how its
 * work ended, by its report.
 */
enum ending loader_ended(const struct loaders *loaders, size_t place,
    const struct process_end *end, bool is_stopping);

#endif
