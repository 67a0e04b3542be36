#include "supervise/next_input.h"

#include <string.h>

#include "audit/losses.h"
#include "base/clock.h"
#include "base/log.h"

/* One of which a server lost records. */
static struct run_input *
open_again(struct next_input *next)
{
    struct task *task = next->task;

    for (size_t i = 0; i < task->n; i++) {
        struct run_input *at = &task->inputs[i];

        if (at->status.state != INPUT_TO_RELOAD)
            continue;
        if (at->input->fd < 0 && task_must_wait(task))
            return NULL;
        if (at->input->type->open_again(at->input))
            return at;
        log_warn("%s: it cannot be loaded again: removed, changed or locked "
                 "by another loader",
            at->input->path);
        losses_fail(next->run, at);
        next->settled(next->ctx);
    }
    return NULL;
}

static struct run_input *
open_new(struct next_input *next)
{
    struct task *task = next->task;
    bool claims = purpose_type(task->purpose)->stores;
    struct input_outcome outcome;

    while (!next_input_is_last(next) && !task_must_wait(task)) {
        struct run_input *at = &task->inputs[next->new_from++];

        if (at->input->type->open(at->input, claims, &outcome))
            return at;
        input_settle(&at->status, &outcome);
        next->settled(next->ctx);
    }
    return NULL;
}

struct run_input *
next_input_open(struct next_input *next)
{
    struct run_input *at = open_again(next);

    return at ? at : open_new(next);
}

void
next_input_fail(struct next_input *next, struct run_input *at, int error)
{
    struct input_outcome outcome;

    at->ended_ns = clock_ns();
    input_outcome_fail(&outcome, INPUT_REASON_WORKER,
        "cannot start a process for it: %s", strerror(error));
    input_settle(&at->status, &outcome);
    if (at->again)
        losses_fail(next->run, at);
    next->settled(next->ctx);
}

bool
next_input_is_last(const struct next_input *next)
{
    return next->new_from == next->task->n;
}
