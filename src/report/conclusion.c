#include "report/conclusion.h"

#include <string.h>

#include "base/columns.h"
#include "base/units.h"
#include "run/input_outcome.h"

/* More names than this make no sentence. */
enum { NAMES_MOST = 3, NAME_COLUMNS = 60 };

/* "36 lines rejected" */
static void
add_count(struct text *out, uint64_t n, const char *noun, const char *what)
{
    char text[UNITS_TEXT_BYTES];

    text_format(out, "%s %s", units_of(n, noun, text), what);
}

/* "3,000,000 records stored, 36 lines rejected" */
static void
add_records(struct text *out, const struct run *run)
{
    struct counts totals;

    run_totals(run, &totals);
    if (run->settings->only_verifies) {
        add_count(out, totals.sent, "record", "in them");
    } else if (run->settings->dry) {
        add_count(out, totals.sent, "record", "made, nothing sent");
    } else if (run->settings->tuning.mode == MODE_NOREPLY) {
        add_count(out, totals.sent, "record", "sent, not known to be stored");
    } else {
        add_count(out, totals.stored, "record", "stored");
    }
    if (totals.rejected) {
        text_format(out, ", ");
        add_count(out, totals.rejected, "line", "rejected");
    }
    if (totals.failed) {
        text_format(out, ", ");
        add_count(out, totals.failed, "record", "failed");
    }
}

/* "a.tsv.gz (corrupt), b.tsv.gz (truncated) and 3 more" */
static void
add_names(struct text *out, const struct run *run, enum file_status status)
{
    size_t n = run_files(run, status), told = 0;

    for (size_t i = 0; i < run->files.n && told < NAMES_MOST; i++) {
        const struct file *file = &run->files.file[i];

        if (file->status != status)
            continue;
        text_format(out, "%s", told ? ", " : "");
        columns_add(out, file->base, NAME_COLUMNS);
        text_format(out, " (%s)", file->reason);
        told++;
    }
    if (n > told)
        text_format(out, " and %zu more", n - told);
}

/* Were all files that failed loaded all the same? */
static bool
are_only_names_left(const struct run *run)
{
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        if (file->status == FILE_FAILED && strcmp(file->reason, "rename") != 0)
            return false;
    }
    return true;
}

static void
add_all_done(struct text *out, const struct run *run)
{
    const char *done = run->settings->only_verifies ? "read" : "done";
    size_t n = run->files.n;

    text_format(out, "%s", run->settings->dry ? "Dry run: " : "");
    if (n == 1)
        text_format(out, "1 file %s: ", done);
    else
        text_format(out,
            "%s %zu files %s: ", run->settings->dry ? "all" : "All", n, done);
    add_records(out, run);
    text_format(out, ".\n");
}

/* Files that a stop kept from being done, begun or not. */
static size_t
stopped_files(const struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        n += !file_is_settled(file) || strcmp(file->reason, "interrupted") == 0;
    }
    return n;
}

static bool
is_stdin_all_that_is_left(const struct run *run)
{
    for (size_t i = 0; i < run->files.n; i++)
        if (run->files.file[i].status != FILE_DONE &&
            !run->files.file[i].is_stdin)
            return false;
    return true;
}

static void
add_interrupted(struct text *out, const struct run *run)
{
    char files[UNITS_TEXT_BYTES];
    size_t failed = run_files(run, FILE_FAILED);

    text_format(out, "Interrupted: %zu of %s done", run_files(run, FILE_DONE),
        units_of(run->files.n, "file", files));
    if (failed)
        text_format(out, ", %zu failed", failed);
    text_format(out, "; ");
    add_records(out, run);
    text_format(out, "; %s to %s the rest.\n",
        is_stdin_all_that_is_left(run) ? "feed standard input in again"
                                       : "run again",
        run->settings->only_verifies ? "read" : "load");
}

/*
 * Does the same command load what failed? Only where nothing is wrong with the
 * files themselves; else each file's message says what helps.
 */
static bool
would_again_help(const struct run *run)
{
    static const char *const reasons[] = {
        "worker", "outage", "changed", "lost", "shortfall"};

    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];
        bool helps = file->status != FILE_FAILED;

        for (size_t k = 0; k < sizeof(reasons) / sizeof(reasons[0]); k++)
            helps |= strcmp(file->reason, reasons[k]) == 0 && !file->is_stdin;
        if (!helps)
            return false;
    }
    return true;
}

/* Files of one status that is not done, by name, and what to do about them. */
static void
add_not_done(struct text *out, const struct run *run, enum file_status status,
    const char *word)
{
    char files[UNITS_TEXT_BYTES];
    size_t n = run_files(run, status);
    size_t skipped = run_files(run, FILE_SKIPPED);

    text_format(out, "%zu of %s %s: ", n, units_of(run->files.n, "file", files),
        word);
    add_names(out, run, status);
    if (status != FILE_SKIPPED && skipped)
        text_format(out, ", %zu skipped", skipped);
    text_format(out, "; ");
    add_records(out, run);
}

/* "Shard gaid (ADDRESS) was restarted or flushed: 12 records loaded again." */
static void
add_restarts(struct text *out, const struct run *run)
{
    for (size_t i = 0; run->baselines && i < run->shards.n_servers; i++) {
        const struct server *server = &run->shards.server[i];
        const struct baseline *baseline = &run->baselines[i];

        if (!baseline->reloaded && !baseline->lost)
            continue;
        text_format(out,
            "Shard %s (%s) %s: ", run->shards.shard[server->shard].name,
            server->address->text,
            baseline->restarts ? "was restarted or flushed"
                               : "does not answer any more");
        if (baseline->reloaded)
            add_count(out, baseline->reloaded, "record", "loaded again");
        if (baseline->reloaded && baseline->lost)
            text_format(out, ", ");
        if (baseline->lost)
            add_count(out, baseline->lost, "record", "lost");
        text_format(out, ".\n");
    }
}

/* All was stopped for a file whose rejects could not be written. */
static void
add_no_rejects(struct text *out, const struct run *run)
{
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        if (file->status != FILE_FAILED || strcmp(file->reason, "rejects") != 0)
            continue;
        text_format(out,
            "Bad lines could not be written to a file, so all was stopped: %s, "
            "or run again with --rejects DIR or --no-rejects.\n",
            judge_lacks_right(file) ? "give memc_load write permission there"
                                    : "make room there");
        return;
    }
}

void
conclusion_add(struct text *out, const struct run *run)
{
    size_t failed = run_files(run, FILE_FAILED);

    if (run_files(run, FILE_DONE) == run->files.n) {
        add_all_done(out, run);
    } else if (stopped_files(run)) {
        add_interrupted(out, run);
    } else if (failed && are_only_names_left(run)) {
        add_not_done(out, run, FILE_FAILED, "not renamed");
        text_format(out, "; everything was loaded.\n");
    } else if (failed) {
        add_not_done(out, run, FILE_FAILED, "failed");
        if (run->settings->only_verifies)
            text_format(out, "; the rest was read.\n");
        else if (would_again_help(run))
            text_format(out, "; run again to load %s.\n",
                failed == 1 ? "it" : "them");
        else
            text_format(out, "; see above what to do.\n");
    } else {
        add_not_done(out, run, FILE_SKIPPED, "skipped");
        text_format(out, ".\n");
    }
    add_restarts(out, run);
    add_no_rejects(out, run);
}
