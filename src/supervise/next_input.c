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

/* It was opened. False: it is not begun now. */
static bool
may_begin(struct next_input *next, struct run_input *at)
{
    bool claims = purpose_type(next->task->purpose)->stores;
    struct input_outcome outcome;

    switch (input_await_begin(at->input, claims, &outcome)) {
    case WRITERS_GONE:
        return true;
    case WRITERS_AWAIT:
        at->input->is_awaited = true;
        return false;
    default:
        at->input->is_awaited = false;
        input_settle(&at->status, &outcome);
        next->settled(next->ctx);
        return false;
    }
}

static bool
is_held(const struct run_input *at)
{
    return at->status.state == INPUT_WAITING && at->input->is_awaited;
}

static struct run_input *
open_held(struct next_input *next)
{
    for (size_t i = 0; next->n_held && i < next->new_from; i++) {
        struct run_input *at = &next->task->inputs[i];

        if (!is_held(at))
            continue;
        if (may_begin(next, at)) {
            next->n_held--;
            return at;
        }
        next->n_held -= !is_held(at);
    }
    return NULL;
}

static struct run_input *
open_new(struct next_input *next, size_t n_free)
{
    struct task *task = next->task;
    bool claims = purpose_type(task->purpose)->stores;
    struct input_outcome outcome;

    while (next->new_from < task->n && next->n_held < n_free &&
           !task_must_wait(task)) {
        struct run_input *at = &task->inputs[next->new_from++];

        if (!at->input->type->open(at->input, claims, &outcome) ||
            !input_check_names(at->input, &outcome)) {
            input_settle(&at->status, &outcome);
            next->settled(next->ctx);
        } else if (may_begin(next, at)) {
            return at;
        }
        next->n_held += is_held(at);
    }
    return NULL;
}

struct run_input *
next_input_open(struct next_input *next, size_t n_free)
{
    struct run_input *at = open_again(next);

    if (!at)
        at = open_held(next);
    return at ? at : open_new(next, n_free);
}

void
next_input_drop_held(struct next_input *next, enum input_reason reason)
{
    struct input_outcome outcome;

    input_outcome_set(&outcome, INPUT_END_SKIPPED, reason, "it was not begun");
    for (size_t i = 0; next->n_held && i < next->new_from; i++) {
        struct run_input *at = &next->task->inputs[i];

        if (!is_held(at))
            continue;
        next->n_held--;
        at->input->is_awaited = false;
        input_settle(&at->status, &outcome);
    }
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
    return next->new_from == next->task->n && !next->n_held;
}
