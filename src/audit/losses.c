#include "audit/losses.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"

/* What one server lost, over all files. */
struct loss {
    uint64_t reloaded, failed; /* records */
    size_t n_files;            /* to be loaded again */
};

static uint64_t
kept(const struct file *file, size_t server)
{
    const struct server_counts *of = &file->report->servers[server];

    return of->stored + of->sent;
}

static bool
is_lost(const struct run *run, const struct file *file, size_t server)
{
    return run->baselines[server].is_watched && kept(file, server) &&
           file->generations[server] != run->baselines[server].generation &&
           !(file->again && file->again[server]);
}

/* Can these items be had a second time? Counts of a file whose worker died
 * are of a part of it only, and it is to be loaded again anyway. */
static bool
can_reload(const struct run *run, const struct file *file, size_t server)
{
    return run->settings->failure.on_restart == ON_RESTART_RELOAD &&
           !run->baselines[server].is_lost && !file->is_stdin &&
           !file->is_partial && file->status != FILE_INTERRUPTED;
}

static void
lose(const struct run *run, struct file *file, size_t server)
{
    char n[UNITS_TEXT_BYTES];
    const struct server *at = &run->shards.server[server];
    uint64_t lost = report_lose(file->report, server);

    run->baselines[server].lost += lost;
    file->lost += lost;
    if (file->status == FILE_FAILED || file->status == FILE_INTERRUPTED)
        return;
    file_settle(file, FILE_FAILED, "lost",
        "shard %s (%s) lost %s of its records: %s",
        run->shards.shard[at->shard].name, at->address->text,
        units_count(lost, n),
        file->is_stdin ? "standard input cannot be read twice, give it again"
                       : "load it again");
}

static void
reload(const struct run *run, struct file *file, size_t server)
{
    if (!file->again)
        file->again = mem_zero(run->shards.n_servers, sizeof(*file->again));
    file->again[server] = true;
    file->status = FILE_READ;
    /* one that got no new name may fail at its end again, or not any more */
    if (!file->renamed_to)
        file->is_renamed_or_kept = false;
    file->is_stuck = false;
}

static void
tell(const struct run *run, size_t server, const struct loss *loss)
{
    const struct server *at = &run->shards.server[server];
    const char *shard = run->shards.shard[at->shard].name;
    char n[UNITS_TEXT_BYTES], files[UNITS_TEXT_BYTES];

    if (loss->reloaded)
        log_warn(
            "shard %s (%s): %s of this load gone from it; loading %s again "
            "for it",
            shard, at->address->text, units_of(loss->reloaded, "record", n),
            units_of(loss->n_files, "file", files));
    if (loss->failed)
        log_error("shard %s (%s): %s of this load gone from it, and failed",
            shard, at->address->text, units_of(loss->failed, "record", n));
}

static void
find_in(struct run *run, struct file *file, bool may_reload,
    struct loss *losses)
{
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        if (!is_lost(run, file, i))
            continue;
        if (may_reload && can_reload(run, file, i)) {
            losses[i].reloaded += kept(file, i);
            losses[i].n_files++;
            reload(run, file, i);
        } else {
            losses[i].failed += kept(file, i);
            lose(run, file, i);
        }
    }
}

void
losses_find(struct run *run, bool may_reload)
{
    struct loss *losses = mem_zero(run->shards.n_servers, sizeof(*losses));

    for (size_t i = 0; i < run->files.n; i++) {
        struct file *file = &run->files.file[i];

        if (file->report && file->status != FILE_RUNNING)
            find_in(run, file, may_reload, losses);
    }
    for (size_t i = 0; i < run->shards.n_servers; i++)
        tell(run, i, &losses[i]);
    free(losses);
}

void
losses_fail(const struct run *run, struct file *file)
{
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        struct loss loss = {.failed = kept(file, i)};

        if (!file->again[i])
            continue;
        lose(run, file, i);
        tell(run, i, &loss);
    }
    free(file->again);
    file->again = NULL;
}

void
losses_reloaded(const struct run *run, struct file *file,
    const struct report *again, bool is_whole)
{
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        if (!file->again[i])
            continue;
        run->baselines[i].reloaded +=
            again->servers[i].stored + again->servers[i].sent;
        report_replace(file->report, i, &again->servers[i]);
    }
    file->report->jsonl_lines += again->jsonl_lines;
    file->report->tsv_lines += again->tsv_lines;
    file->report->csv_lines += again->csv_lines;
    free(file->again);
    file->again = NULL;
    if (is_whole)
        file->status = FILE_READ;
    else
        file_settle(file, FILE_FAILED, "lost",
            "a server lost records of it, and loading it again for that "
            "server did not get to its end: load it again");
}

void
losses_drop(struct run *run)
{
    for (size_t i = 0; i < run->files.n; i++) {
        struct file *file = &run->files.file[i];

        if (file->status == FILE_RUNNING || !file->again)
            continue;
        free(file->again);
        file->again = NULL;
    }
    losses_find(run, false);
}
