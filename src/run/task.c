#include "run/task.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

void
task_take(struct task *task, struct input_list *list)
{
    task->list = *list;
    *list = (struct input_list){0};
    task->n = task->list.n;
    task->inputs = mem_zero(task->n, sizeof(*task->inputs));
    for (size_t i = 0; i < task->n; i++) {
        task->inputs[i].input = &task->list.input[i];
        input_status_init(&task->inputs[i].status);
    }
}

void
task_make_places(struct task *task, size_t n, size_t n_servers)
{
    task->n_places = n;
    task->places = mem_zero(n, sizeof(*task->places));
    for (size_t i = 0; i < n; i++) {
        struct place *place = &task->places[i];

        place->sample_fd = -1;
        place->slot = slot_new(n_servers);
        place->periods = mem_zero(n_servers, sizeof(*place->periods));
    }
}

void
task_release(struct task *task)
{
    for (size_t i = 0; i < task->n_places; i++) {
        slot_free(task->places[i].slot);
        free(task->places[i].periods);
        if (task->places[i].sample_fd >= 0)
            close(task->places[i].sample_fd);
    }
    free(task->places);
    for (size_t i = 0; i < task->n; i++) {
        free(task->inputs[i].report);
        free(task->inputs[i].generations);
        free(task->inputs[i].again);
    }
    free(task->inputs);
    input_list_release(&task->list);
    *task = (struct task){.purpose = task->purpose};
}

size_t
task_done(const struct task *task)
{
    size_t n = 0;

    for (size_t i = 0; i < task->n; i++)
        n += input_state_is_done(task->inputs[i].status.state);
    return n;
}

double
run_input_elapsed_s(const struct run_input *at)
{
    if (!at->started_ns || at->ended_ns <= at->started_ns)
        return 0;
    return (double)(at->ended_ns - at->started_ns) / 1e9;
}

static void
finish(struct run_input *at)
{
    struct input_outcome outcome;
    enum writers_verdict verdict = input_await_end(at->input, &outcome);

    if (verdict == WRITERS_AWAIT)
        return;
    if (verdict == WRITERS_GONE && input_finish(at->input, &outcome))
        input_happened(&at->status, INPUT_WAS_FINISHED);
    else
        input_settle(&at->status, &outcome);
    if (verdict == WRITERS_STAY)
        at->input->type->close(at->input);
}

bool
task_awaits(const struct task *task)
{
    for (size_t i = 0; i < task->n; i++)
        if (task->inputs[i].input->is_awaited &&
            task->inputs[i].status.state == INPUT_DONE)
            return true;
    return false;
}

void
task_hurry(struct task *task)
{
    for (size_t i = 0; i < task->n; i++)
        task->inputs[i].input->is_hurried = true;
}

void
task_finish_settled(struct task *task)
{
    bool is_first = true; /* nothing unsettled before it */

    for (size_t i = 0; i < task->n; i++) {
        struct run_input *at = &task->inputs[i];
        struct input *input = at->input;
        enum input_state state = at->status.state;

        if (!input_state_is_settled(state)) {
            is_first = false;
        } else if (state == INPUT_DONE) {
            if (is_first || input->renamed_to || input->is_loaded)
                finish(at);
            is_first &= at->status.state != INPUT_DONE;
        } else {
            if (state != INPUT_FINISHED && input->renamed_to &&
                !input->is_stuck)
                input->type->rename_back(input);
            input->type->close(input);
        }
    }
}

void
task_leave(const struct task *task, const struct input *own)
{
    for (size_t i = 0; i < task->n; i++) {
        const struct input *input = task->inputs[i].input;

        if (input != own && input->fd > STDERR_FILENO)
            close(input->fd);
    }
}

void
task_skip(struct task *task, size_t from, enum input_reason reason)
{
    struct input_outcome outcome;

    input_outcome_set(&outcome, INPUT_END_SKIPPED, reason, "it was not begun");
    for (size_t i = from; i < task->n; i++)
        input_settle(&task->inputs[i].status, &outcome);
}

bool
task_must_wait(const struct task *task)
{
    if (!input_descriptors_are_short())
        return false;
    for (size_t i = 0; i < task->n; i++) {
        enum input_state state = task->inputs[i].status.state;

        if (state == INPUT_READ || input_state_is_running(state))
            return true;
    }
    return false;
}
