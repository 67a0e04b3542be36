#include "run/result.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "input/reject_paths.h"
#include "run/input_outcome.h"
#include "run/run.h"

static void
take_input(struct input_result *to, const struct run_input *from)
{
    const struct input *input = from->input;

    *to = (struct input_result){
        .path = mem_text(input->path),
        .base = mem_text(input->base),
        .shown_name = mem_text(input_shown_name(input)),
        .type = input->type,
        .state = from->status.state,
        .reason = from->status.reason,
        .message = mem_text(from->status.message),
        .lacks_right = outcome_lacks_right(from->report),
        .is_partial = from->is_partial,
        .elapsed_s = run_input_elapsed_s(from),
        .lost = from->lost,
        .renamed_to = input->renamed_to ? mem_text(input->renamed_to) : NULL,
    };
    if (from->report)
        to->counts = from->report->counts;
    for (enum rejects_kind kind = 0; kind < N_REJECTS_KINDS; kind++)
        to->rejects[kind].path = reject_path(input->rejects, from->report, kind,
            &to->rejects[kind].n_lines);
}

static void
take_inputs(struct run_result *result, const struct task *task)
{
    result->n_inputs = task->n;
    result->inputs = mem_zero(task->n, sizeof(*result->inputs));
    for (size_t i = 0; i < task->n; i++) {
        take_input(&result->inputs[i], &task->inputs[i]);
        counts_add(&result->totals, &result->inputs[i].counts);
    }
}

static void
take_server(struct server_result *to, const struct run *run, size_t server)
{
    const struct server *from = &run->shards.server[server];
    const struct baseline *baseline = &run->baselines[server];

    *to = (struct server_result){
        .address = mem_text(from->address->text),
        .is_away = from->is_away,
        /* where nothing is stored there is no baseline to compare with */
        .losses = {.is_watched = baseline->is_watched &&
                                 baseline->silent_since_ms == CLOCK_NEVER,
            .restarts = baseline->restarts,
            .evictions = baseline_evictions(baseline),
            .reloaded = baseline->reloaded,
            .lost = baseline->lost},
    };
    run_server(run, server, &to->counts);
}

static void
take_shard(struct shard_result *to, const struct run_result *result,
    const struct shard *from)
{
    struct text address = {0};

    *to = (struct shard_result){
        .name = mem_text(from->name),
        .losses.is_watched = true,
        .first_server = from->first_server,
        .n_servers = from->n_servers,
    };
    for (size_t i = 0; i < from->n_servers; i++) {
        const struct server_result *server =
            &result->servers[from->first_server + i];

        text_format(&address, "%s%s", i ? "," : "", server->address);
        server_counts_add(&to->counts, &server->counts);
        to->losses.is_watched &= server->losses.is_watched;
        to->losses.restarts += server->losses.restarts;
        to->losses.evictions += server->losses.evictions;
        to->losses.reloaded += server->losses.reloaded;
        to->losses.lost += server->losses.lost;
    }
    to->address = mem_text(address.data);
    text_release(&address);
}

static void
take_servers(struct run_result *result, const struct run *run)
{
    const struct shards *shards = &run->shards;

    result->n_servers = shards->n_servers;
    result->servers = mem_zero(shards->n_servers, sizeof(*result->servers));
    for (size_t i = 0; i < shards->n_servers; i++)
        take_server(&result->servers[i], run, i);
    result->n_shards = shards->n;
    result->shards = mem_zero(shards->n, sizeof(*result->shards));
    for (size_t i = 0; i < shards->n; i++)
        take_shard(&result->shards[i], result, &shards->shard[i]);
}

struct run_result *
run_result_new(const struct run *run, int exit_code)
{
    struct run_result *result = mem_zero(1, sizeof(*result));

    result->purpose = run->task.purpose;
    result->mode = run->settings->tuning.mode;
    result->exit_code = exit_code;
    result->has_begun = run->has_begun;
    result->elapsed_s = run_elapsed_s(run);
    result->user_s = run->task.user_s;
    result->system_s = run->task.system_s;
    result->max_rss_bytes = run->task.max_rss_bytes;
    take_inputs(result, &run->task);
    take_servers(result, run);
    result->is_verified = run->is_verified;
    if (run->is_verified)
        verify_result_copy(&result->verify, &run->verify);
    for (size_t i = 0; run->is_verified && i < result->n_shards; i++)
        result->verify.shard[i].name = result->shards[i].name;
    result->unverified = run->unverified;
    return result;
}

struct run_result *
run_result_of_none(const struct settings *settings, int exit_code)
{
    struct run_result *result;
    struct run run;

    run_init(&run, settings);
    result = run_result_new(&run, exit_code);
    run_release(&run);
    return result;
}

void
run_result_free(struct run_result *result)
{
    if (!result)
        return;
    for (size_t i = 0; i < result->n_inputs; i++) {
        struct input_result *input = &result->inputs[i];

        free(input->path);
        free(input->base);
        free(input->shown_name);
        free(input->message);
        free(input->renamed_to);
        for (size_t kind = 0; kind < N_REJECTS_KINDS; kind++)
            free(input->rejects[kind].path);
    }
    free(result->inputs);
    for (size_t i = 0; i < result->n_shards; i++) {
        free(result->shards[i].name);
        free(result->shards[i].address);
    }
    free(result->shards);
    for (size_t i = 0; i < result->n_servers; i++)
        free(result->servers[i].address);
    free(result->servers);
    if (result->is_verified)
        verify_result_release(&result->verify);
    free(result);
}

size_t
run_result_count(const struct run_result *result, enum input_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < result->n_inputs; i++) {
        enum input_state of = result->inputs[i].state;

        n += of == state || (of == INPUT_FINISHED && state == INPUT_DONE);
    }
    return n;
}
