#include "report/summary.h"

#include "base/json_build.h"
#include "base/mem.h"
#include "report/verify_json.h"

/* Those of a list that are shown there, in its order. */
static void
put_counts(json_t *json, const void *counts, const struct count_field *fields,
    size_t n, unsigned use)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].use & use)
            put_count(json, fields[i].name, count_get(counts, &fields[i]));
}

static json_t *
totals_json(const struct run_result *result)
{
    json_t *json = made(json_object());

    put_count(json, "files", result->n_inputs);
    put_count(json, "files_done", run_result_count(result, INPUT_DONE));
    put_count(json, "files_failed", run_result_count(result, INPUT_FAILED));
    put_count(json, "files_interrupted",
        run_result_count(result, INPUT_INTERRUPTED));
    put_count(json, "files_skipped", run_result_count(result, INPUT_SKIPPED));
    put_counts(json, &result->totals, count_fields, N_COUNTS, COUNT_TOTAL);
    return json;
}

static json_t *
warnings_json(const struct counts *totals)
{
    json_t *json = made(json_object());

    put_counts(json, totals, count_fields, N_COUNTS, COUNT_WARNING);
    return json;
}

static json_t *
rejects_json(const struct counts *totals)
{
    json_t *json = made(json_object());

    for (enum reason i = REASON_NONE + 1; i < N_REASONS; i++)
        put_count(json, reason_word(i), totals->rejects[i]);
    return json;
}

/* null when there is none. */
static void
put_path_or_null(json_t *object, const char *key, const char *path)
{
    if (path)
        put_path(object, key, path);
    else
        put(object, key, json_null());
}

static json_t *
input_json(const struct input_result *input)
{
    json_t *json = made(json_object());

    if (!put_path(json, "path", input->path))
        put(json, "raw", json_true());
    put(json, "status", json_string(input_state_word(input->state)));
    put(json, "reason", json_string(input_reason_word(input->reason)));
    put_counts(json, &input->counts, count_fields, N_COUNTS, COUNT_INPUT);
    put_rate(json, "error_rate", counts_error_rate(&input->counts));
    put_seconds(json, "elapsed_s", input->elapsed_s);
    put_path_or_null(json, "renamed_to", input->renamed_to);
    put_path_or_null(json, "rejects_jsonl", input->rejects[REJECTS_JSONL].path);
    put_path_or_null(json, "rejects_tsv", input->rejects[REJECTS_TSV].path);
    put_path_or_null(json, "rejects_csv", input->rejects[REJECTS_CSV].path);
    if (input->is_partial)
        put(json, "partial", json_true());
    return json;
}

/* What was seen of a server from first to last; null where it was not. */
static void
put_losses(json_t *json, const struct server_losses *losses)
{
    if (losses->is_watched) {
        put(json, "restarted", json_boolean(losses->restarts > 0));
        put_count(json, "evictions", losses->evictions);
    } else {
        put(json, "restarted", json_null());
        put(json, "evictions", json_null());
    }
    put_count(json, "reloaded", losses->reloaded);
    put_count(json, "lost", losses->lost);
}

static void
put_server(json_t *json, const char *address,
    const struct server_counts *counts, const struct server_losses *losses)
{
    put_path(json, "address", address);
    put_counts(json, counts, server_count_fields, N_SERVER_COUNTS,
        COUNT_SERVER);
    put_losses(json, losses);
}

/* The servers of a pool. */
static json_t *
servers_json(const struct run_result *result, const struct shard_result *shard)
{
    json_t *list = made(json_array());

    for (size_t i = 0; i < shard->n_servers; i++) {
        const struct server_result *server =
            &result->servers[shard->first_server + i];
        json_t *json = made(json_object());

        put_server(json, server->address, &server->counts, &server->losses);
        append(list, json);
    }
    return list;
}

static json_t *
shard_json(const struct run_result *result, const struct shard_result *shard)
{
    json_t *json = made(json_object());

    put_path(json, "name", shard->name);
    put_server(json, shard->address, &shard->counts, &shard->losses);
    if (shard->n_servers > 1)
        put(json, "servers", servers_json(result, shard));
    return json;
}

static json_t *
cpu_json(const struct run_result *result)
{
    json_t *json = made(json_object());

    put_seconds(json, "user", result->user_s);
    put_seconds(json, "system", result->system_s);
    return json;
}

static json_t *
run_json(const struct run_result *result, int exit_code)
{
    const struct purpose_type *purpose = purpose_type(result->purpose);
    json_t *json = made(json_object()), *files = made(json_array());
    json_t *shards = made(json_array());
    double elapsed_s = result->elapsed_s;
    double lines = (double)result->totals.lines;

    put(json, "program", json_string("memc_load"));
    put(json, "version", json_string(MEMC_LOAD_VERSION));
    put(json, "command", json_string(purpose->command));
    put_count(json, "exit_code", (uint64_t)exit_code);
    put(json, "mode",
        json_string(purpose->mode ? purpose->mode : mode_name(result->mode)));
    put_seconds(json, "elapsed_s", elapsed_s);
    put_count(json, "lines_per_s",
        elapsed_s > 0 ? (uint64_t)(lines / elapsed_s + 0.5) : 0);
    put(json, "cpu_s", cpu_json(result));
    put_count(json, "max_rss_bytes", result->max_rss_bytes);
    put(json, "totals", totals_json(result));
    put(json, "warnings", warnings_json(&result->totals));
    put(json, "rejects", rejects_json(&result->totals));
    for (size_t i = 0; i < result->n_inputs; i++)
        append(files, input_json(&result->inputs[i]));
    put(json, "files", files);
    for (size_t i = 0; i < result->n_shards; i++)
        append(shards, shard_json(result, &result->shards[i]));
    put(json, "shards", shards);
    put(json, "verify",
        result->is_verified ? verify_json(&result->verify) : json_null());
    return json;
}

int
summary_write(const char *path, const struct run_result *result, int exit_code,
    struct err *err)
{
    return write_json(path, run_json(result, exit_code), err);
}
