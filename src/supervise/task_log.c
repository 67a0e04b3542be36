#include "supervise/task_log.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "load/load.h"
#include "report/progress.h"

void
task_log_open(struct task_log *log, const struct task *task,
    struct progress *progress)
{
    *log = (struct task_log){.task = task, .progress = progress};
    log->logged = mem_zero(task->n, sizeof(*log->logged));
}

void
task_log_close(struct task_log *log)
{
    free(log->logged);
}

void
task_log_start(const struct task_log *log, const struct settings *settings)
{
    const struct task *task = log->task;
    char files[UNITS_TEXT_BYTES], processes[UNITS_TEXT_BYTES];
    char memory[UNITS_TEXT_BYTES];

    log_info("%s, mode %s, %s with up to %s of batches in each",
        units_of(task->n, "file", files),
        settings_mode_word(settings, task->purpose),
        units_of(task->n_places, "process", processes),
        units_size(load_memory(settings), memory));
}

static void
log_done(const struct task_log *log, const struct run_input *at)
{
    const char *name = input_shown_name(at->input);
    char lines[UNITS_TEXT_BYTES], span[UNITS_TEXT_BYTES];

    /* an export that came out empty looks like one that went well */
    if (at->report && !at->report->counts.lines)
        log_warn("%s: no lines in it; check where it comes from", name);
    else
        log_info("%s: read%s: %s in %s", name,
            purpose_type(log->task->purpose)->stores ? " and acknowledged" : "",
            units_of(at->report ? at->report->counts.lines : 0, "line", lines),
            units_span(run_input_elapsed_s(at), span));
}

static void
log_not_done(const struct run_input *at)
{
    const struct input_status *status = &at->status;
    enum log_level level = status->state == INPUT_FAILED ? LOG_E : LOG_W;
    const char *name = input_shown_name(at->input);

    if (status->state == INPUT_INTERRUPTED &&
        status->reason == INPUT_REASON_INTERRUPTED)
        log_line(level, "%s: %s: %s", name, input_state_word(status->state),
            status->message);
    else
        log_line(level, "%s: %s (%s): %s", name,
            input_state_word(status->state), input_reason_word(status->reason),
            status->message);
}

static void
log_input(struct task_log *log, size_t i)
{
    const struct run_input *at = &log->task->inputs[i];
    enum input_state state = at->status.state;

    /* of the rename nothing is said but that it failed */
    if (state == INPUT_FINISHED)
        state = INPUT_DONE;
    if (input_state_is_settled(state) && log->logged[i] != state) {
        progress_clear(log->progress);
        if (state == INPUT_DONE)
            log_done(log, at);
        else
            log_not_done(at);
    }
    log->logged[i] = state;
}

void
task_log_settled(struct task_log *log)
{
    for (size_t i = 0; i < log->task->n; i++)
        log_input(log, i);
}

void
task_log_pass_over(struct task_log *log, size_t from)
{
    for (size_t i = from; i < log->task->n; i++)
        log->logged[i] = INPUT_SKIPPED;
}
