#include "bench/print_table.h"

#include <stdlib.h>

#include "base/columns.h"
#include "base/table.h"
#include "base/units.h"
#include "bench/advice.h"

/* So many failed runs are listed; the others are only counted. */
enum { FAILURES_MOST = 10 };

static uint64_t
whole(double number)
{
    return (uint64_t)(number + 0.5);
}

/* -------------------------------------------------------------- tables --- */

static void
add_figure_columns(struct table *table)
{
    table_column(table, "lines/s", TABLE_RIGHT);
    table_column(table, "min", TABLE_RIGHT | TABLE_SPARE);
    table_column(table, "max", TABLE_RIGHT | TABLE_SPARE);
    table_column(table, "MB/s", TABLE_RIGHT | TABLE_SPARE | TABLE_QUIET);
    table_column(table, "client", TABLE_RIGHT | TABLE_QUIET);
    table_column(table, "server", TABLE_RIGHT | TABLE_QUIET);
    table_column(table, "peak", TABLE_RIGHT | TABLE_QUIET);
    table_column(table, "ceiling", TABLE_RIGHT | TABLE_QUIET);
    table_column(table, "failed", TABLE_RIGHT | TABLE_QUIET);
}

static void
add_cpu(struct table *table, const struct bench_figure *cpu)
{
    if (cpu->n && cpu->max > 0)
        table_cell(table, "%.2f", cpu->median);
    else
        table_cell(table, "-");
}

static void
add_figures(struct table *table, const struct bench_row *row)
{
    if (row->n_runs) {
        table_count(table, whole(row->lines_per_s.median));
        table_count(table, whole(row->lines_per_s.min));
        table_count(table, whole(row->lines_per_s.max));
    } else {
        for (int i = 0; i < 3; i++)
            table_cell(table, "-");
    }
    table_count(table, whole(row->text_mb_per_s));
    add_cpu(table, &row->client_cpu);
    add_cpu(table, &row->server_cpu);
    if (row->peak_rss_bytes)
        table_cell(table, "%.0f", (double)row->peak_rss_bytes / (1 << 20));
    else
        table_cell(table, "-");
    if (row->share > 0)
        table_cell(table, "%.0f %%", 100 * row->share);
    else
        table_cell(table, "-");
    table_count(table, row->n_failed);
}

static const char *
mark_of(const struct advice *advice, const struct bench_row *row)
{
    if (advice->is_given && row->setting == advice->setting)
        return "*";
    return advice->is_within[row->setting] ? "~" : "";
}

static void
add_settings(struct text *out, const struct bench_results *results,
    const struct bench_row *rows, size_t n_rows, const struct advice *advice,
    size_t room)
{
    struct table table = {0};
    bool has_marks = n_rows > 1;

    if (has_marks)
        table_column(&table, "", 0);
    for (size_t i = 0; i < results->n_sweeps; i++)
        table_column(&table, results->sweeps[i].option, TABLE_RIGHT);
    if (results->n_sweeps == 0)
        table_column(&table, "setting", 0);
    add_figure_columns(&table);
    for (size_t i = 0; i < n_rows; i++) {
        if (has_marks)
            table_cell(&table, "%s", mark_of(advice, &rows[i]));
        for (size_t j = 0; j < results->n_sweeps; j++)
            table_cell(&table, "%s", bench_value(results, rows[i].setting, j));
        if (results->n_sweeps == 0)
            table_cell(&table, "as given");
        add_figures(&table, &rows[i]);
    }
    table_print(&table, room, out);
    table_release(&table);
}

static void
add_floors(struct text *out, const struct bench_results *results, size_t room)
{
    struct table table = {0};
    struct bench_row row;

    table_column(&table, "floor", 0);
    add_figure_columns(&table);
    for (enum bench_floor_kind i = 0; i < N_FLOORS; i++) {
        if (!bench_floor_row(results, i, &row))
            continue;
        table_cell(&table, "%s", bench_floor_name(i));
        add_figures(&table, &row);
    }
    if (table.n_cells)
        text_format(out, "\n");
    table_print(&table, room, out);
    table_release(&table);
}

/* ---------------------------------------------------------------- foot --- */

/* What the columns of the tables mean. */
static void
add_legend(struct text *out, const struct bench_results *results,
    const struct bench_row *rows, size_t n_rows, const struct advice *advice)
{
    enum bench_floor_kind kind;
    double ceiling = bench_ceiling(results, &kind);
    char count[UNITS_TEXT_BYTES];

    text_format(out,
        "\nlines/s: median, min and max of %s; MB/s: of text\n"
        "client, server: CPU seconds per million lines; peak: MiB of the "
        "largest process\n",
        units_of(results->rounds, "run", count));
    if (n_rows > 1 && advice->n_within > 1)
        text_format(out,
            "* recommended; ~ as fast as the fastest, within the noise\n");
    else if (n_rows > 1 && advice->is_given)
        text_format(out, "* recommended\n");
    if (ceiling > 0)
        text_format(out,
            "ceiling: %s lines/s, of the slowest floor (%s), which no setting "
            "can do without\n",
            units_count(whole(ceiling), count), bench_floor_name(kind));
    if (n_rows && rows[0].share > 1)
        text_format(out,
            "More than 100 %%: the floors are measurements, too, and scatter "
            "as the runs do.\n");
}

static const struct bench_run *
first_failed(const struct bench_run *runs, size_t n_runs, size_t *n_failed)
{
    const struct bench_run *first = NULL;

    for (size_t i = n_runs; i-- > 0;) {
        if (!runs[i].failed)
            continue;
        first = &runs[i];
        ++*n_failed;
    }
    return first;
}

static void
add_failure(struct text *out, const char *what, const struct bench_run *run)
{
    text_format(out, "%s failed in round %u: ", what, run->round + 1);
    columns_add(out, run->why[0] ? run->why : "no reason given", SIZE_MAX);
    text_format(out, "\n");
}

static void
add_failures(struct text *out, const struct bench_results *results)
{
    size_t n = 0, n_listed = 0;

    first_failed(results->runs, results->n_runs, &n);
    for (enum bench_floor_kind i = 0; i < N_FLOORS; i++)
        first_failed(results->floors[i].runs, results->floors[i].n_runs, &n);
    if (n)
        text_format(out, "\n");
    for (enum bench_floor_kind i = 0; i < N_FLOORS; i++) {
        const struct bench_floor *floor = &results->floors[i];
        size_t n_failed = 0;
        const struct bench_run *run =
            first_failed(floor->runs, floor->n_runs, &n_failed);

        if (run)
            add_failure(out, bench_floor_name(i), run);
        n_listed += run != NULL;
    }
    for (size_t i = 0; i < results->n_runs && n_listed < FAILURES_MOST; i++) {
        const struct bench_run *run = &results->runs[i];
        char *name;

        if (!run->failed)
            continue;
        name = bench_setting_text(results, run->setting);
        add_failure(out, name, run);
        free(name);
        n_listed++;
    }
    if (n > n_listed)
        text_format(out, "and %zu more failed runs\n", n - n_listed);
}

static void
add_interruption(struct text *out, const struct bench_results *results)
{
    char made[UNITS_TEXT_BYTES], wanted[UNITS_TEXT_BYTES];

    if (results->is_interrupted)
        text_format(out, "\nInterrupted: %s of %s runs were made.\n",
            units_count(results->n_runs, made),
            units_count(results->n_settings * (uint64_t)results->rounds,
                wanted));
}

static void
add_fact(struct text *out, const char *name, const char *value)
{
    if (value[0])
        text_format(out, ", %s %s", name, value);
}

static void
add_machine(struct text *out, const struct bench_results *results)
{
    const struct bench_machine *machine = &results->machine;
    char cores[UNITS_TEXT_BYTES], memory[UNITS_TEXT_BYTES];

    text_format(out, "\nmachine   %s%s%s",
        units_of(machine->cores, "core", cores), machine->cpu[0] ? " of " : "",
        machine->cpu);
    if (machine->memory_bytes)
        text_format(out, ", %s", units_size(machine->memory_bytes, memory));
    text_format(out, "%s%s", machine->kernel[0] ? ", " : "", machine->kernel);
    text_format(out, "\nprograms  memc_load %s", MEMC_LOAD_VERSION);
    add_fact(out, "memcached", machine->memcached);
    add_fact(out, "libmemcached", machine->libmemcached);
    add_fact(out, "protobuf-c", machine->protobuf_c);
    add_fact(out, "isa-l", machine->isal);
    add_fact(out, "zlib", machine->zlib);
    text_format(out, "\n");
}

static void
add_data(struct text *out, const struct bench_results *results)
{
    char files[UNITS_TEXT_BYTES], lines[UNITS_TEXT_BYTES];
    char servers[UNITS_TEXT_BYTES];

    text_format(out, "data      %s, %s%s, into %s%s; seed %llu\n",
        units_of(results->n_files, "file", files),
        units_of(results->lines, "line", lines),
        results->is_generated ? " (generated)" : "",
        units_of(results->n_servers, "memcached server", servers),
        results->has_own_servers
            ? " of its own"
            : ", named ones, whose hash tables were not fresh",
        (unsigned long long)results->seed);
}

void
bench_print(struct text *out, const struct bench_results *results, size_t room)
{
    size_t n_rows;
    struct bench_row *rows = bench_rows(results, &n_rows);
    struct advice advice;

    advice_make(&advice, results);
    add_settings(out, results, rows, n_rows, &advice, room);
    add_floors(out, results, room);
    add_legend(out, results, rows, n_rows, &advice);
    add_failures(out, results);
    add_interruption(out, results);
    add_machine(out, results);
    add_data(out, results);
    text_format(out, "\n");
    advice_print(out, results, &advice);
    advice_release(&advice);
    free(rows);
}
