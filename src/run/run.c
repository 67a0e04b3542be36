#include "run/run.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "load/load_shards.h"

void
run_init(struct run *run, const struct settings *settings)
{
    *run = (struct run){
        .settings = settings, .task = {.purpose = settings->purpose}};
    load_shards(&run->shards, settings);
    run->baselines = mem_zero(run->shards.n_servers, sizeof(*run->baselines));
}

void
run_release(struct run *run)
{
    task_release(&run->task);
    sample_free(run->sample);
    verify_log_free(run->verify_log);
    if (run->is_verified)
        verify_result_release(&run->verify);
    free(run->baselines);
    shards_release(&run->shards);
}

void
run_totals(const struct run *run, struct counts *out)
{
    *out = (struct counts){0};
    for (size_t i = 0; i < run->task.n; i++) {
        const struct report *report = run->task.inputs[i].report;

        if (report)
            counts_add(out, &report->counts);
    }
}

void
run_server(const struct run *run, size_t server, struct server_counts *out)
{
    *out = (struct server_counts){0};
    for (size_t i = 0; i < run->task.n; i++) {
        const struct report *report = run->task.inputs[i].report;

        if (report && server < report->n_servers)
            server_counts_add(out, &report->servers[server]);
    }
}

double
run_elapsed_s(const struct run *run)
{
    if (!run->started_ns || run->ended_ns <= run->started_ns)
        return 0;
    return (double)(run->ended_ns - run->started_ns) / 1e9;
}

size_t
run_places(const struct run *run)
{
    size_t n = run->settings->tuning.processes;

    return run->task.n && run->task.n < n ? run->task.n : n;
}
