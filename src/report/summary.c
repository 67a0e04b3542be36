#include "report/output.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/json_build.h"
#include "input/reject_paths.h"
#include "report/verify_json.h"

static json_t *
totals_json(const struct run *run, const struct counts *totals)
{
    json_t *json = made(json_object());

    put_count(json, "files", run->files.n);
    put_count(json, "files_done", run_files(run, FILE_DONE));
    put_count(json, "files_failed", run_files(run, FILE_FAILED));
    put_count(json, "files_interrupted", run_files(run, FILE_INTERRUPTED));
    put_count(json, "files_skipped", run_files(run, FILE_SKIPPED));
    put_count(json, "lines", totals->lines);
    put_count(json, "blank", totals->blank);
    put_count(json, "stored", totals->stored);
    put_count(json, "sent", totals->sent);
    put_count(json, "rejected", totals->rejected);
    put_count(json, "failed", totals->failed);
    put_count(json, "text_bytes", totals->text_bytes);
    return json;
}

static json_t *
warnings_json(const struct counts *totals)
{
    json_t *json = made(json_object());

    put_count(json, "out_of_range", totals->out_of_range);
    put_count(json, "skipped_app", totals->skipped_app);
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

/* The path of a file with bad lines, null when there is none. */
static void
put_rejects(json_t *object, const char *key, const struct file *file,
    enum rejects_kind kind)
{
    uint64_t n_lines;
    char *path = reject_file_path(file, kind, &n_lines);

    if (path)
        put_path(object, key, path);
    else
        put(object, key, json_null());
    free(path);
}

static json_t *
file_json(const struct file *file)
{
    static const struct counts none;
    const struct counts *counts = file->report ? &file->report->counts : &none;
    json_t *json = made(json_object());

    if (!put_path(json, "path", file->path))
        put(json, "raw", json_true());
    put(json, "status", json_string(file_status_word(file->status)));
    put(json, "reason", json_string(file->reason));
    put_count(json, "lines", counts->lines);
    put_count(json, "batches", counts->batches);
    put_count(json, "blank", counts->blank);
    put_count(json, "stored", counts->stored);
    put_count(json, "sent", counts->sent);
    put_count(json, "rejected", counts->rejected);
    put_count(json, "failed", counts->failed);
    put_rate(json, "error_rate", counts_error_rate(counts));
    put_seconds(json, "elapsed_s", file_elapsed_s(file));
    if (file->renamed_to)
        put_path(json, "renamed_to", file->renamed_to);
    else
        put(json, "renamed_to", json_null());
    put_rejects(json, "rejects_jsonl", file, REJECTS_JSONL);
    put_rejects(json, "rejects_tsv", file, REJECTS_TSV);
    put_rejects(json, "rejects_csv", file, REJECTS_CSV);
    if (file->is_partial)
        put(json, "partial", json_true());
    return json;
}

static void
put_server_counts(json_t *json, const struct server_counts *counts)
{
    put_count(json, "stored", counts->stored);
    put_count(json, "sent", counts->sent);
    put_count(json, "failed", counts->failed);
    put_count(json, "retried", counts->retried);
    put_count(json, "reconnects", counts->reconnects);
    put_count(json, "out_of_memory", counts->out_of_memory);
}

/* What was seen of the servers from first to last; null where it was not. */
static void
put_losses(json_t *json, const struct baseline *baselines, size_t n)
{
    bool is_watched = baselines != NULL, restarted = false;
    uint64_t evictions = 0, reloaded = 0, lost = 0;

    for (size_t i = 0; baselines && i < n; i++) {
        is_watched &= baselines[i].is_watched &&
                      baselines[i].silent_since_ms == CLOCK_NEVER;
        restarted |= baselines[i].restarts > 0;
        evictions += baseline_evictions(&baselines[i]);
        reloaded += baselines[i].reloaded;
        lost += baselines[i].lost;
    }
    put(json, "restarted", is_watched ? json_boolean(restarted) : json_null());
    if (is_watched)
        put_count(json, "evictions", evictions);
    else
        put(json, "evictions", json_null());
    put_count(json, "reloaded", reloaded);
    put_count(json, "lost", lost);
}

/* NULL when nothing was stored: then nobody looked what changed. */
static const struct baseline *
baselines_of(const struct run *run, size_t server)
{
    return run->baselines && settings_stores(run->settings)
               ? &run->baselines[server]
               : NULL;
}

/* The servers of a pool. */
static json_t *
servers_json(const struct run *run, const struct shard *shard)
{
    json_t *list = made(json_array());

    for (size_t i = 0; i < shard->n_servers; i++) {
        size_t server = shard->first_server + i;
        struct server_counts counts;
        json_t *json = made(json_object());

        run_server(run, server, &counts);
        put_path(json, "address", run->shards.server[server].address->text);
        put_server_counts(json, &counts);
        put_losses(json, baselines_of(run, server), 1);
        if (json_array_append_new(list, json))
            die("out of memory (the summary)");
    }
    return list;
}

static json_t *
shard_json(const struct run *run, size_t index)
{
    const struct shard *shard = &run->shards.shard[index];
    const struct server *servers = &run->shards.server[shard->first_server];
    struct server_counts counts;
    struct text addresses = {0};
    json_t *json = made(json_object());

    must(shard->n_servers > 0);
    for (size_t i = 0; i < shard->n_servers; i++)
        text_format(&addresses, "%s%s", i ? "," : "", servers[i].address->text);
    run_shard(run, index, &counts);
    put_path(json, "name", shard->name);
    put_path(json, "address", addresses.data);
    put_server_counts(json, &counts);
    put_losses(json, baselines_of(run, shard->first_server), shard->n_servers);
    if (shard->n_servers > 1)
        put(json, "servers", servers_json(run, shard));
    text_release(&addresses);
    return json;
}

static json_t *
cpu_json(const struct run *run)
{
    json_t *json = made(json_object());

    put_seconds(json, "user", run->user_s);
    put_seconds(json, "system", run->system_s);
    return json;
}

static json_t *
run_json(const struct run *run)
{
    json_t *json = made(json_object()), *files = made(json_array());
    json_t *shards = made(json_array());
    double elapsed_s = run_elapsed_s(run);
    const char *mode = run_mode(run);
    struct counts totals;

    run_totals(run, &totals);
    put(json, "program", json_string("memc_load"));
    put(json, "version", json_string(MEMC_LOAD_VERSION));
    put(json, "command",
        json_string(run->settings->only_verifies ? "verify" : "load"));
    put_count(json, "exit_code", (uint64_t)run->exit_code);
    put(json, "mode", json_string(mode));
    put_seconds(json, "elapsed_s", elapsed_s);
    put_count(json, "lines_per_s",
        elapsed_s > 0 ? (uint64_t)((double)totals.lines / elapsed_s + 0.5) : 0);
    put(json, "cpu_s", cpu_json(run));
    put_count(json, "max_rss_bytes", run->max_rss_bytes);
    put(json, "totals", totals_json(run, &totals));
    put(json, "warnings", warnings_json(&totals));
    put(json, "rejects", rejects_json(&totals));
    for (size_t i = 0; i < run->files.n; i++)
        if (json_array_append_new(files, file_json(&run->files.file[i])))
            die("out of memory (the summary)");
    put(json, "files", files);
    for (size_t i = 0; i < run->shards.n; i++)
        if (json_array_append_new(shards, shard_json(run, i)))
            die("out of memory (the summary)");
    put(json, "shards", shards);
    put(json, "verify",
        run->is_verified ? verify_json(&run->verify) : json_null());
    return json;
}

int
summary_write(const char *path, const struct run *run, struct err *err)
{
    return write_json(path, run_json(run), err);
}
