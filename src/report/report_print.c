#include "report/report_print.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/columns.h"
#include "base/table.h"
#include "base/text.h"
#include "base/units.h"
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

/* The columns of a list of counters. renamed, if it is not NULL, has another
 * title. */
static void
add_columns(struct table *table, const struct count_field *fields, size_t n,
    const struct count_field *renamed, const char *title)
{
    const struct count_field *field;

    for (unsigned i = 1; (field = count_column(fields, n, i)); i++)
        table_column(table, field == renamed ? title : field->name,
            TABLE_RIGHT | (field->use & COUNT_QUIET ? TABLE_QUIET : 0));
}

static void
add_cells(struct table *table, const void *counts,
    const struct count_field *fields, size_t n)
{
    const struct count_field *field;

    for (unsigned i = 1; (field = count_column(fields, n, i)); i++)
        table_count(table, count_get(counts, field));
}

/* Name, status, counts: a file's row or the row of their sum. */
static void
add_input_row(struct table *table, const char *name, const char *status,
    const struct counts *counts, double elapsed_s)
{
    char span[UNITS_TEXT_BYTES] = "";

    table_cell(table, "%s", name);
    table_cell(table, "%s", status);
    add_cells(table, counts, count_fields, N_COUNTS);
    table_cell(table, "%s", elapsed_s > 0 ? units_span(elapsed_s, span) : "");
    if (elapsed_s < LEAST_S)
        table_cell(table, "-");
    else
        table_count(table, per_s(counts->lines, elapsed_s));
}

static void
add_inputs(struct text *out, const struct run_result *result, size_t room)
{
    struct table table = {0};

    table_column(&table, "file", TABLE_NAME);
    table_column(&table, "status", 0);
    add_columns(&table, count_fields, N_COUNTS, &count_fields[COUNT_sent],
        purpose_type(result->purpose)->sent_column);
    table_column(&table, "time", TABLE_RIGHT | TABLE_SPARE);
    table_column(&table, "lines/s", TABLE_RIGHT | TABLE_SPARE | TABLE_QUIET);
    for (size_t i = 0; i < result->n_inputs; i++) {
        const struct input_result *input = &result->inputs[i];

        add_input_row(&table, input->base, input_state_word(input->state),
            &input->counts, input->elapsed_s);
    }
    if (result->n_inputs > 1)
        add_input_row(&table, "total", "", &result->totals, result->elapsed_s);
    table_print(&table, room, out);
    table_release(&table);
}

/* What an input lost that failed for another reason, which its message tells.
 */
static void
add_lost(struct text *out, const struct input_result *input)
{
    char n[UNITS_TEXT_BYTES];

    if (input->lost && input->reason != INPUT_REASON_LOST)
        text_format(out, "; %s stored before %s lost",
            units_of(input->lost, "record", n),
            input->lost == 1 ? "was" : "were");
}

/* Why some files are not done, a line each, with what to do. */
static void
add_messages(struct text *out, const struct run_result *result)
{
    bool is_first = true;

    for (size_t i = 0; i < result->n_inputs; i++) {
        const struct input_result *input = &result->inputs[i];

        if (!input->reason && !*input->message)
            continue;
        text_format(out, "%s", is_first ? "\n" : "");
        columns_add(out, input->shown_name, SIZE_MAX);
        text_format(out, ": %s", input_reason_word(input->reason));
        if (*input->message) {
            text_format(out, "%s", input->reason ? ": " : "");
            columns_add(out, input->message, SIZE_MAX);
        }
        add_lost(out, input);
        text_format(out, "%s\n",
            input->is_partial ? " (counted: whole batches)" : "");
        is_first = false;
    }
}

/* What a server acknowledged before it lost it, no worker could write there. */
static void
add_not_in_rejects(struct text *out, const struct run_result *result)
{
    const struct input_result *last = NULL;
    uint64_t n_lost = 0;
    size_t n_files = 0;
    char n[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < result->n_inputs; i++) {
        const struct input_result *input = &result->inputs[i];

        if (!input->lost)
            continue;
        n_lost += input->lost;
        n_files++;
        last = input;
    }
    if (!n_files)
        return;
    text_format(out, "not in there: %s lost after being stored; ",
        units_of(n_lost, "record", n));
    if (n_files > 1) {
        text_format(out, "load the %zu files again that had them\n", n_files);
    } else if (!last->type->can_read_again) {
        text_format(out, "%s\n", last->type->load_again);
    } else {
        text_format(out, "load ");
        columns_add(out, last->path, SIZE_MAX);
        text_format(out, " again\n");
    }
}

/* The .tsv or the .csv, whichever there is. */
static const struct rejects_result *
text_of(const struct input_result *input)
{
    const struct rejects_result *tsv = &input->rejects[REJECTS_TSV];

    return tsv->path ? tsv : &input->rejects[REJECTS_CSV];
}

/* Where the bad lines of the inputs are. */
static void
add_reject_files(struct text *out, const struct run_result *result)
{
    struct table table = {0};
    size_t n_told = 0, n_more = 0;

    table_column(&table, "to mend or load again", TABLE_NAME);
    table_column(&table, "lines", TABLE_RIGHT);
    table_column(&table, ".jsonl only", TABLE_RIGHT | TABLE_QUIET);
    for (size_t i = 0; i < result->n_inputs; i++) {
        const struct input_result *input = &result->inputs[i];
        const struct rejects_result *all = &input->rejects[REJECTS_JSONL];
        const struct rejects_result *text = text_of(input);

        if (all->path && n_told < REJECT_FILES_MOST) {
            table_cell(&table, "%s", text->path ? text->path : all->path);
            table_count(&table, text->n_lines);
            table_count(&table, all->n_lines - text->n_lines);
            n_told++;
        } else {
            n_more += all->path != NULL;
        }
    }
    if (n_told)
        text_format(out, "\n");
    table_print(&table, ROOM, out);
    if (n_more)
        text_format(out, "and %zu more\n", n_more);
    if (n_told)
        add_not_in_rejects(out, result);
    table_release(&table);
}

static void
add_server_row(struct table *table, const char *name, const char *address,
    const struct server_counts *counts, bool is_away)
{
    table_cell(table, "%s", name);
    table_cell(table, "%s", address);
    add_cells(table, counts, server_count_fields, N_SERVER_COUNTS);
    table_cell(table, "%s", is_away ? "given up" : "");
}

/* Was it given up, by a process at least? */
static bool
is_given_up(const struct server_result *server)
{
    return server->is_away || server->counts.is_away;
}

/* A shard, or a pool and behind it each of its servers. */
static void
add_shard_rows(struct table *table, const struct run_result *result,
    const struct shard_result *shard)
{
    const struct server_result *servers = &result->servers[shard->first_server];
    char pool[64];

    if (shard->n_servers == 1) {
        add_server_row(table, shard->name, servers->address, &shard->counts,
            is_given_up(servers));
        return;
    }
    snprintf(pool, sizeof(pool), "%zu servers:", shard->n_servers);
    /* what was given up is told of the servers */
    add_server_row(table, shard->name, pool, &shard->counts, false);
    for (size_t i = 0; i < shard->n_servers; i++)
        add_server_row(table, "", servers[i].address, &servers[i].counts,
            is_given_up(&servers[i]));
}

static void
add_shards(struct text *out, const struct run_result *result)
{
    struct table table = {0};

    if (!purpose_type(result->purpose)->stores || result->n_shards == 0)
        return;
    table_column(&table, "shard", 0);
    table_column(&table, "address", 0);
    add_columns(&table, server_count_fields, N_SERVER_COUNTS,
        &server_count_fields[SERVER_COUNT_out_of_memory], "out of memory");
    table_column(&table, "", TABLE_QUIET);
    for (size_t i = 0; i < result->n_shards; i++)
        add_shard_rows(&table, result, &result->shards[i]);
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
    const char *words[N_REASONS + N_OUTCOMES + N_COUNTS];
    uint64_t counts[N_REASONS + N_OUTCOMES + N_COUNTS];
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
    n = 0;
    for (size_t i = 0; i < N_COUNTS; i++) {
        if (!(count_fields[i].use & COUNT_WARNING))
            continue;
        words[n] = count_fields[i].name;
        counts[n++] = count_get(totals, &count_fields[i]);
    }
    add_happened(out, "warning", "times", words, counts, n);
}

static void
add_cost(struct text *out, const struct run_result *result)
{
    const struct counts *totals = &result->totals;
    double elapsed_s = result->elapsed_s;
    double cpu_s = result->user_s + result->system_s;
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
            result->user_s, result->system_s);
        if (totals->lines >= LEAST_LINES)
            text_format(out, ", %.2f s per million lines",
                cpu_s * 1e6 / (double)totals->lines);
        text_format(out, "\n");
    }
    if (result->max_rss_bytes)
        text_format(out, "memory  %s at most in one worker\n",
            units_size(result->max_rss_bytes, text));
}

void
report_print(FILE *to, const struct run_result *result)
{
    struct text out = {0};

    add_inputs(&out, result, room_of(to));
    add_messages(&out, result);
    add_shards(&out, result);
    add_errors(&out, &result->totals);
    add_reject_files(&out, result);
    add_cost(&out, result);
    text_format(&out, "\n");
    conclusion_add(&out, result);
    if (result->is_verified)
        verify_add_report(&out, &result->verify, room_of(to));
    else if (result->unverified)
        text_format(&out, "\nNot verified: %s.\n", result->unverified);
    fwrite(out.data, 1, out.n_bytes, to);
    text_release(&out);
}
