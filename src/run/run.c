#include "run/run.h"

const char *
run_mode(const struct run *run)
{
    const struct settings *settings = run->settings;

    return settings->only_verifies ? "verify"
           : settings->dry         ? "dry"
                                   : mode_name(settings->tuning.mode);
}

void
run_totals(const struct run *run, struct counts *out)
{
    *out = (struct counts){0};
    for (size_t i = 0; i < run->files.n; i++) {
        const struct report *report = run->files.file[i].report;

        if (report)
            counts_add(out, &report->counts);
    }
}

static void
add_server(const struct run *run, size_t server, struct server_counts *to)
{
    for (size_t i = 0; i < run->files.n; i++) {
        const struct report *report = run->files.file[i].report;

        if (report && server < report->n_servers)
            server_counts_add(to, &report->servers[server]);
    }
}

void
run_server(const struct run *run, size_t server, struct server_counts *out)
{
    *out = (struct server_counts){0};
    add_server(run, server, out);
}

void
run_shard(const struct run *run, size_t shard, struct server_counts *out)
{
    const struct shard *at = &run->shards.shard[shard];

    *out = (struct server_counts){0};
    for (size_t i = 0; i < at->n_servers; i++)
        add_server(run, at->first_server + i, out);
}

size_t
run_places(const struct run *run)
{
    size_t n = run->settings->tuning.processes;

    return run->files.n && run->files.n < n ? run->files.n : n;
}

size_t
run_files(const struct run *run, enum file_status status)
{
    size_t n = 0;

    for (size_t i = 0; i < run->files.n; i++)
        n += run->files.file[i].status == status;
    return n;
}

static double
span_s(int64_t started_ns, int64_t ended_ns)
{
    if (!started_ns || ended_ns <= started_ns)
        return 0;
    return (double)(ended_ns - started_ns) / 1e9;
}

double
run_elapsed_s(const struct run *run)
{
    return span_s(run->started_ns, run->ended_ns);
}

double
file_elapsed_s(const struct file *file)
{
    return span_s(file->started_ns, file->ended_ns);
}
