#include "supervise/loaders.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "audit/losses.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "load/load.h"
#include "load/reject_file.h"
#include "proc/stop_fd.h"
#include "run/input_outcome.h"
#include "settings/exit.h"
#include "supervise/samples.h"

/* ------------------------------------------------------------ starting --- */

/* In which generation of each server its items are stored, in which period
 * they are counted. */
static void
note_baselines(const struct run *run, struct place *place, struct run_input *at)
{
    size_t n = run->shards.n_servers;

    if (!at->generations)
        at->generations = mem_zero(n, sizeof(*at->generations));
    for (size_t i = 0; i < n; i++) {
        place->periods[i] = run->baselines[i].period;
        if (!at->again || at->again[i])
            at->generations[i] = run->baselines[i].generation;
    }
}

int
loader_prepare(const struct loaders *loaders, size_t place,
    struct run_input *at)
{
    struct place *to = &loaders->task->places[place];

    slot_clear(to->slot);
    if (!at->again)
        at->started_ns = clock_ns();
    note_baselines(loaders->run, to, at);
    return samples_make_room(loaders->run, to);
}

void
loader_started(const struct loaders *loaders, size_t place,
    struct run_input *at)
{
    loaders->task->places[place].at = at;
    input_happened(&at->status, INPUT_STARTED);
}

int
loader_run(void *ctx, size_t place, size_t input)
{
    const struct loaders *loaders = ctx;
    const struct run *run = loaders->run;
    const struct run_input *at = &loaders->task->inputs[input];
    const struct place *in = &loaders->task->places[place];

    task_leave(loaders->task, at->input);
    if (loaders->log_fd >= 0)
        log_redirect(loaders->log_fd);
    load_run(&(struct load_input){
        .settings = run->settings,
        .purpose = loaders->task->purpose,
        .shards = &run->shards,
        .fd = at->input->fd,
        .name = at->input->base,
        .only = at->again,
        .rejects = at->input->rejects,
        .stop_fd = stop_fd_open(),
        .slot = in->slot,
        .sample_fd = in->sample_fd,
        .check_log = {run->verify_log, at->input->number, at->generations},
    });
    return 0;
}

/* -------------------------------------------------------------- ending --- */

bool
loader_is_leaving(const struct loaders *loaders, size_t place)
{
    const struct place *in = &loaders->task->places[place];
    struct report *report;
    bool is_leaving;

    if (!in->at)
        return false;
    report = slot_read(in->slot);
    is_leaving = report->ending != ENDING_NONE;
    free(report);
    return is_leaving;
}

/* Servers that this process gave up are given up for the rest of the run; what
 * it had acknowledged goes into their baselines. */
static void
note_servers(const struct loaders *loaders, const struct place *place,
    const struct report *report)
{
    struct run *run = loaders->run;
    bool stores = purpose_type(loaders->task->purpose)->stores;

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server_counts *of = &report->servers[i];
        struct baseline *baseline = &run->baselines[i];

        if (of->is_away)
            run->shards.server[i].is_away = true;
        if (!stores)
            continue;
        baseline->reconnects += of->reconnects;
        baseline->acked_ever += of->stored + of->sent;
        if (place->periods[i] == baseline->period)
            baseline->acked += of->stored + of->sent;
    }
}

/* The input was read for the first time. */
static void
end_first(const struct loaders *loaders, struct run_input *at,
    struct report *report, const struct process_end *end, bool is_stopping)
{
    struct outcome_input of = {
        loaders->run->settings, loaders->task->purpose, at->input, report};
    struct input_outcome outcome;

    at->report = report;
    if (process_ended_well(end))
        outcome_of_report(&of, &outcome);
    else
        outcome_of_death(&of, end->wait_status, is_stopping, &outcome);
    at->is_partial = !process_ended_well(end) || report->ending == ENDING_NONE;
    if (outcome.end == INPUT_END_DONE &&
        purpose_type(loaders->task->purpose)->stores)
        input_happened(&at->status, INPUT_WAS_READ);
    else
        input_settle(&at->status, &outcome);
}

/* It was loaded again for some of the servers. */
static void
end_again(const struct loaders *loaders, struct run_input *at,
    struct report *report, const struct process_end *end)
{
    losses_reloaded(loaders->run, at, report,
        process_ended_well(end) && report->ending == at->report->ending);
    free(report);
}

static void
add_usage(struct task *task, const struct process_end *end)
{
    task->user_s += end->user_s;
    task->system_s += end->system_s;
    if (task->max_rss_bytes < end->max_rss_bytes)
        task->max_rss_bytes = end->max_rss_bytes;
}

enum ending
loader_ended(const struct loaders *loaders, size_t place,
    const struct process_end *end, bool is_stopping)
{
    struct run *run = loaders->run;
    struct place *in = &loaders->task->places[place];
    struct run_input *at = in->at;
    struct report *report = slot_read(in->slot);
    enum ending ending = report->ending;
    int report_error = report->error;

    add_usage(loaders->task, end);
    at->ended_ns = clock_ns();
    samples_take(run, in, process_ended_well(end));
    in->at = NULL;
    note_servers(loaders, in, report);
    if (at->status.state == INPUT_RELOADING)
        end_again(loaders, at, report, end);
    else
        end_first(loaders, at, report, end, is_stopping);
    if (at->input->rejects && !process_ended_well(end))
        rejects_remove_working(at->input->rejects,
            purpose_type(loaders->task->purpose)->is_dry);
    loaders->task->has_fault |= WIFEXITED(end->wait_status) &&
                                WEXITSTATUS(end->wait_status) == EXIT_FAULT;
    if (ending == ENDING_REJECTS && outcome_is_of_name(report_error))
        return ENDING_BROKEN; /* it concerns no other input */
    return ending;
}
