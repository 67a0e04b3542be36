#include "super/verdict.h"

#include <string.h>

#include "base/columns.h"
#include "base/units.h"

/* More names than this make no sentence. */
enum { NAMES_MOST = 3, NAME_COLUMNS = 60 };

static void
add_count(struct text *out, uint64_t n, const char *one, const char *many)
{
    char text[UNITS_TEXT_BYTES];

    text_format(out, "%s %s", units_count(n, text), n == 1 ? one : many);
}

/* "3,000,000 records stored, 36 lines rejected" */
static void
add_records(struct text *out, const struct run *run)
{
    struct counts totals;

    run_totals(run, &totals);
    if (run->job->dry) {
        add_count(out, totals.sent, "record", "records");
        text_format(out, " made, nothing sent");
    } else if (run->job->mode == MODE_NOREPLY) {
        add_count(out, totals.sent, "record", "records");
        text_format(out, " sent, not known to be stored");
    } else {
        add_count(out, totals.stored, "record", "records");
        text_format(out, " stored");
    }
    if (totals.rejected) {
        text_format(out, ", ");
        add_count(out, totals.rejected, "line rejected", "lines rejected");
    }
    if (totals.failed) {
        text_format(out, ", ");
        add_count(out, totals.failed, "record failed", "records failed");
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
    size_t n = run->files.n;

    text_format(out, "%s", run->job->dry ? "Dry run: " : "");
    if (n == 1)
        text_format(out, "1 file done: ");
    else
        text_format(out, "%s %zu files done: ", run->job->dry ? "all" : "All",
            n);
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

static void
add_interrupted(struct text *out, const struct run *run)
{
    size_t failed = run_files(run, FILE_FAILED);

    text_format(out, "Interrupted: %zu of %zu file%s done",
        run_files(run, FILE_DONE), run->files.n, run->files.n == 1 ? "" : "s");
    if (failed)
        text_format(out, ", %zu failed", failed);
    text_format(out, "; ");
    add_records(out, run);
    text_format(out, "; run again to load the rest.\n");
}

/* Files of one status that is not done, by name, and what to do about them. */
static void
add_not_done(struct text *out, const struct run *run, enum file_status status,
    const char *word)
{
    size_t n = run_files(run, status);
    size_t skipped = run_files(run, FILE_SKIPPED);

    text_format(out, "%zu of %zu file%s %s: ", n, run->files.n,
        run->files.n == 1 ? "" : "s", word);
    add_names(out, run, status);
    if (status != FILE_SKIPPED && skipped)
        text_format(out, ", %zu skipped", skipped);
    text_format(out, "; ");
    add_records(out, run);
}

static bool
has_no_rejects(const struct run *run)
{
    for (size_t i = 0; i < run->files.n; i++)
        if (strcmp(run->files.file[i].reason, "rejects") == 0)
            return true;
    return false;
}

void
verdict_add(struct text *out, const struct run *run)
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
        text_format(out, "; run again to load %s.\n",
            failed == 1 ? "it" : "them");
    } else {
        add_not_done(out, run, FILE_SKIPPED, "skipped");
        text_format(out, ".\n");
    }
    if (has_no_rejects(run))
        text_format(out, "Bad lines could not be written to a file, so all was "
                         "stopped: make room there, or run again with "
                         "--rejects DIR or --no-rejects.\n");
    if (run->has_lost)
        text_format(out, "A server was restarted or flushed meanwhile, or does "
                         "not answer any more: not all of it may be there.\n");
}
