#include "report/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/columns.h"
#include "base/table.h"
#include "base/text.h"
#include "base/units.h"
#include "input/reject_paths.h"
#include "report/conclusion.h"

/* What any terminal shows in a line; a wider one may show more. */
enum { ROOM = 80 };

static size_t
room_of(FILE *to)
{
    struct winsize size;

    if (ioctl(fileno(to), TIOCGWINSZ, &size) || size.ws_col < ROOM)
        return ROOM;
    return size.ws_col;
}

/* Of less, starting and ending is most: no speed and no cost follow from it. */
static const double LEAST_S = 0.1;
enum { LEAST_LINES = 10000 };
/* Of more inputs the rejects files are not named one by one. */
enum { REJECT_FILES_MOST = 10 };

static uint64_t
per_s(uint64_t n, double seconds)
{
    return (uint64_t)((double)n / seconds + 0.5);
}

/* Name, status, counts: a file's row or the row of their sum. */
static void
add_file_row(struct table *table, const char *name, const char *status,
    const struct counts *counts, double elapsed_s)
{
    char span[UNITS_TEXT_BYTES] = "";

    table_cell(table, "%s", name);
    table_cell(table, "%s", status);
    table_count(table, counts->lines);
    table_count(table, counts->blank);
    table_count(table, counts->stored);
    table_count(table, counts->sent);
    table_count(table, counts->rejected);
    table_count(table, counts->failed);
    table_cell(table, "%s", elapsed_s > 0 ? units_span(elapsed_s, span) : "");
    if (elapsed_s < LEAST_S)
        table_cell(table, "-");
    else
        table_count(table, per_s(counts->lines, elapsed_s));
}

static void
add_files(struct text *out, const struct run *run, size_t room)
{
    static const struct counts none;
    struct table table = {0};
    struct counts totals;

    table_column(&table, "file", TABLE_NAME);
    table_column(&table, "status", 0);
    table_column(&table, "lines", TABLE_RIGHT);
    table_column(&table, "blank", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "stored", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, run->settings->only_verifies ? "records" : "sent",
        TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "rejected", TABLE_RIGHT);
    table_column(&table, "failed", TABLE_RIGHT);
    table_column(&table, "time", TABLE_RIGHT | TABLE_SPARE);
    table_column(&table, "lines/s", TABLE_RIGHT | TABLE_SPARE | TABLE_QUIET);
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        add_file_row(&table, file->base, file_status_word(file->status),
            file->report ? &file->report->counts : &none, file_elapsed_s(file));
    }
    run_totals(run, &totals);
    if (run->files.n > 1)
        add_file_row(&table, "total", "", &totals, run_elapsed_s(run));
    table_print(&table, room, out);
    table_release(&table);
}

/* What a file lost that failed for another reason, which its message tells. */
static void
add_lost(struct text *out, const struct file *file)
{
    char n[UNITS_TEXT_BYTES];

    if (file->lost && strcmp(file->reason, "lost") != 0)
        text_format(out, "; %s stored before %s lost",
            units_of(file->lost, "record", n),
            file->lost == 1 ? "was" : "were");
}

/* Why some files are not done, a line each, with what to do. */
static void
add_messages(struct text *out, const struct run *run)
{
    bool is_first = true;

    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        if (!file->reason[0] && !file->message[0])
            continue;
        text_format(out, "%s", is_first ? "\n" : "");
        columns_add(out, file_shown_name(file), SIZE_MAX);
        text_format(out, ": %s", file->reason);
        if (file->message[0]) {
            text_format(out, "%s", file->reason[0] ? ": " : "");
            columns_add(out, file->message, SIZE_MAX);
        }
        add_lost(out, file);
        text_format(out, "%s\n",
            file->is_partial ? " (counted: whole batches)" : "");
        is_first = false;
    }
}

/* What a server acknowledged before it lost it, no worker could write there. */
static void
add_not_in_rejects(struct text *out, const struct run *run)
{
    const struct file *last = NULL;
    uint64_t n_lost = 0;
    size_t n_files = 0;
    char n[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        if (!file->lost)
            continue;
        n_lost += file->lost;
        n_files++;
        last = file;
    }
    if (!n_files)
        return;
    text_format(out, "not in there: %s lost after being stored; ",
        units_of(n_lost, "record", n));
    if (n_files > 1) {
        text_format(out, "load the %zu files again that had them\n", n_files);
    } else if (last->is_stdin) {
        text_format(out, "feed it in again\n");
    } else {
        text_format(out, "load ");
        columns_add(out, last->path, SIZE_MAX);
        text_format(out, " again\n");
    }
}

/* Where the bad lines of the files are. */
static void
add_reject_files(struct text *out, const struct run *run)
{
    struct table table = {0};
    size_t n_told = 0, n_more = 0;

    table_column(&table, "to mend or load again", TABLE_NAME);
    table_column(&table, "lines", TABLE_RIGHT);
    table_column(&table, ".jsonl only", TABLE_RIGHT | TABLE_QUIET);
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];
        uint64_t n, n_all;
        char *jsonl = reject_file_path(file, REJECTS_JSONL, &n_all);
        char *text = reject_text_path(file, &n);

        if (jsonl && n_told < REJECT_FILES_MOST) {
            table_cell(&table, "%s", text ? text : jsonl);
            table_count(&table, n);
            table_count(&table, n_all - n);
            n_told++;
        } else {
            n_more += jsonl != NULL;
        }
        free(jsonl);
        free(text);
    }
    if (n_told)
        text_format(out, "\n");
    table_print(&table, ROOM, out);
    if (n_more)
        text_format(out, "and %zu more\n", n_more);
    if (n_told)
        add_not_in_rejects(out, run);
    table_release(&table);
}

static void
add_server_row(struct table *table, const char *name, const char *address,
    const struct server_counts *counts, bool is_away)
{
    table_cell(table, "%s", name);
    table_cell(table, "%s", address);
    table_count(table, counts->stored);
    table_count(table, counts->sent);
    table_count(table, counts->failed);
    table_count(table, counts->out_of_memory);
    table_count(table, counts->retried);
    table_count(table, counts->reconnects);
    table_cell(table, "%s", is_away || counts->is_away ? "given up" : "");
}

/* A shard, or a pool and behind it each of its servers. */
static void
add_shard_rows(struct table *table, const struct run *run, size_t shard)
{
    const struct shard *at = &run->shards.shard[shard];
    const struct server *servers = &run->shards.server[at->first_server];
    struct server_counts counts;
    char pool[64];

    run_shard(run, shard, &counts);
    if (at->n_servers == 1) {
        add_server_row(table, at->name, servers->address->text, &counts,
            servers->is_away);
        return;
    }
    snprintf(pool, sizeof(pool), "%zu servers:", at->n_servers);
    counts.is_away = 0; /* told of the servers */
    add_server_row(table, at->name, pool, &counts, false);
    for (size_t i = 0; i < at->n_servers; i++) {
        run_server(run, at->first_server + i, &counts);
        add_server_row(table, "", servers[i].address->text, &counts,
            servers[i].is_away);
    }
}

static void
add_shards(struct text *out, const struct run *run)
{
    struct table table = {0};

    if (!settings_stores(run->settings) || run->shards.n == 0)
        return;
    table_column(&table, "shard", 0);
    table_column(&table, "address", 0);
    table_column(&table, "stored", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "sent", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "failed", TABLE_RIGHT);
    table_column(&table, "out of memory", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "retried", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "reconnects", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "", TABLE_QUIET);
    for (size_t i = 0; i < run->shards.n; i++)
        add_shard_rows(&table, run, i);
    text_format(out, "\n");
    table_print(&table, ROOM, out);
    table_release(&table);
}

/* A small table of its own for what happened at all. */
static void
add_happened(struct text *out, const char *title, const char *unit,
    const char *const *words, const uint64_t *counts, size_t n)
{
    struct table table = {0};

    table_column(&table, title, 0);
    table_column(&table, unit, TABLE_RIGHT);
    for (size_t i = 0; i < n; i++) {
        if (counts[i] == 0)
            continue;
        table_cell(&table, "%s", words[i]);
        table_count(&table, counts[i]);
    }
    if (table.n_cells)
        text_format(out, "\n");
    table_print(&table, ROOM, out);
    table_release(&table);
}

static void
add_errors(struct text *out, const struct counts *totals)
{
    static const enum outcome failures[] = {
        OUTCOME_OUT_OF_MEMORY, OUTCOME_REFUSED, OUTCOME_OUTAGE};
    const char *words[N_REASONS + N_OUTCOMES];
    uint64_t counts[N_REASONS + N_OUTCOMES];
    size_t n = 0;

    for (enum reason i = REASON_NONE + 1; i < N_REASONS; i++) {
        words[n] = reason_word(i);
        counts[n++] = totals->rejects[i];
    }
    add_happened(out, "rejected as", "lines", words, counts, n);
    n = 0;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        words[n] = outcome_word(failures[i]);
        counts[n++] = totals->outcomes[failures[i]];
    }
    add_happened(out, "failed by", "records", words, counts, n);
    words[0] = "out_of_range";
    counts[0] = totals->out_of_range;
    words[1] = "skipped_app";
    counts[1] = totals->skipped_app;
    add_happened(out, "warning", "times", words, counts, 2);
}

static void
add_cost(struct text *out, const struct run *run, const struct counts *totals)
{
    double elapsed_s = run_elapsed_s(run), cpu_s = run->user_s + run->system_s;
    char text[UNITS_TEXT_BYTES], rate[UNITS_TEXT_BYTES];

    units_span(elapsed_s, text);
    if (elapsed_s < LEAST_S)
        text_format(out, "\ntime    %s\n", text);
    else
        text_format(out, "\nspeed   %s lines/s, %.1f MB/s of text (in %s)\n",
            units_count(per_s(totals->lines, elapsed_s), rate),
            (double)totals->text_bytes / 1e6 / elapsed_s, text);
    if (cpu_s >= LEAST_S) {
        text_format(out, "CPU     %.2f s (user %.2f + system %.2f)", cpu_s,
            run->user_s, run->system_s);
        if (totals->lines >= LEAST_LINES)
            text_format(out, ", %.2f s per million lines",
                cpu_s * 1e6 / (double)totals->lines);
        text_format(out, "\n");
    }
    if (run->max_rss_bytes)
        text_format(out, "memory  %s at most in one worker\n",
            units_size(run->max_rss_bytes, text));
}

void
report_print(FILE *to, const struct run *run)
{
    struct text out = {0};
    struct counts totals;

    run_totals(run, &totals);
    add_files(&out, run, room_of(to));
    add_messages(&out, run);
    add_shards(&out, run);
    add_errors(&out, &totals);
    add_reject_files(&out, run);
    add_cost(&out, run, &totals);
    text_format(&out, "\n");
    conclusion_add(&out, run);
    if (run->is_verified)
        verify_add_report(&out, &run->verify, room_of(to));
    else if (run->unverified)
        text_format(&out, "\nNot verified: %s.\n", run->unverified);
    fwrite(out.data, 1, out.n_bytes, to);
    text_release(&out);
}
