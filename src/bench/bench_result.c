#include "bench/bench_result.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static void
free_texts(char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

void
bench_results_release(struct bench_results *results)
{
    for (size_t i = 0; i < results->n_sweeps; i++)
        free_texts(results->sweeps[i].values, results->sweeps[i].n_values);
    for (size_t i = 0; i < N_FLOORS; i++)
        free(results->floors[i].runs);
    for (size_t i = 0; i < results->n_options; i++)
        free(results->options[i].value);
    free(results->options);
    free_texts(results->operands, results->n_operands);
    free(results->settings);
    free(results->runs);
    free(results->command_line);
    text_release(&results->mapping);
    text_release(&results->servers);
    text_release(&results->file_words);
    *results = (struct bench_results){0};
}

static void
add(struct bench_run **runs, size_t *n_runs, const struct bench_run *run)
{
    *runs = mem_grow(*runs, *n_runs + 1, sizeof(**runs));
    (*runs)[(*n_runs)++] = *run;
}

void
bench_add_run(struct bench_results *results, const struct bench_run *run)
{
    must(run->setting < results->n_settings);
    add(&results->runs, &results->n_runs, run);
}

void
bench_add_floor(struct bench_results *results, enum bench_floor_kind kind,
    const struct bench_run *run)
{
    add(&results->floors[kind].runs, &results->floors[kind].n_runs, run);
}

const char *
bench_floor_name(enum bench_floor_kind kind)
{
    static const char *const names[N_FLOORS] = {
        [FLOOR_INFLATE] = "inflate",
        [FLOOR_PACK] = "pack",
        [FLOOR_SERVERS] = "servers",
    };

    must(kind < N_FLOORS);
    return names[kind];
}

const char *
bench_value(const struct bench_results *results, size_t setting, size_t sweep)
{
    size_t value;

    must(setting < results->n_settings && sweep < results->n_sweeps);
    value = results->settings[setting].value[sweep];
    must(value < results->sweeps[sweep].n_values);
    return results->sweeps[sweep].values[value];
}

char *
bench_setting_text(const struct bench_results *results, size_t setting)
{
    struct text text = {0};

    if (results->n_sweeps == 0)
        return mem_text("as given");
    for (size_t i = 0; i < results->n_sweeps; i++)
        text_format(&text, "%s%s=%s", i ? " " : "", results->sweeps[i].option,
            bench_value(results, setting, i));
    return text.data;
}

static int
by_order(const void *a, const void *b)
{
    const struct bench_in_order *left = a, *right = b;

    if (left->run->order != right->run->order)
        return left->run->order < right->run->order ? -1 : 1;
    return (left->run > right->run) - (left->run < right->run);
}

struct bench_in_order *
bench_in_order(const struct bench_results *results, size_t *n)
{
    struct bench_in_order *made;
    size_t room = results->n_runs;

    for (size_t i = 0; i < N_FLOORS; i++)
        room += results->floors[i].n_runs;
    made = mem_new(room * sizeof(*made));
    *n = 0;
    for (size_t i = 0; i < results->n_runs; i++)
        made[(*n)++] = (struct bench_in_order){.run = &results->runs[i]};
    for (enum bench_floor_kind i = 0; i < N_FLOORS; i++)
        for (size_t j = 0; j < results->floors[i].n_runs; j++)
            made[(*n)++] = (struct bench_in_order){.floor = bench_floor_name(i),
                .run = &results->floors[i].runs[j]};
    qsort(made, *n, sizeof(*made), by_order);
    return made;
}

/* ------------------------------------------------------------- figures --- */

static int
by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

struct bench_figure
bench_figure_of(const double *numbers, size_t n)
{
    struct bench_figure figure = {.n = n};
    double *sorted;

    if (n == 0)
        return figure;
    sorted = mem_new(n * sizeof(*sorted));
    memcpy(sorted, numbers, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), by_size);
    figure.median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    figure.min = sorted[0];
    figure.max = sorted[n - 1];
    free(sorted);
    return figure;
}

static double
per(double amount, double whole)
{
    return whole > 0 ? amount / whole : 0;
}

double
bench_lines_per_s(const struct bench_run *run)
{
    return per((double)run->lines, run->wall_s);
}

double
bench_text_mb_per_s(const struct bench_run *run)
{
    return per((double)run->text_bytes / 1e6, run->wall_s);
}

double
bench_client_cpu(const struct bench_run *run)
{
    return per(run->client_user_s + run->client_system_s,
        (double)run->lines / 1e6);
}

double
bench_server_cpu(const struct bench_run *run)
{
    return run->server_cpu_s < 0
               ? -1
               : per(run->server_cpu_s, (double)run->lines / 1e6);
}

static double
wall_s(const struct bench_run *run)
{
    return run->wall_s;
}

/* Of the good runs of that setting; numbers below 0 are not known. */
static struct bench_figure
figure_of(const struct bench_run *runs, size_t n_runs, size_t setting,
    double (*number)(const struct bench_run *))
{
    double *numbers = mem_new((n_runs + 1) * sizeof(*numbers));
    struct bench_figure figure;
    size_t n = 0;

    for (size_t i = 0; i < n_runs; i++)
        if (runs[i].setting == setting && !runs[i].failed &&
            number(&runs[i]) >= 0)
            numbers[n++] = number(&runs[i]);
    figure = bench_figure_of(numbers, n);
    free(numbers);
    return figure;
}

static struct bench_row
make_row(const struct bench_run *runs, size_t n_runs, size_t setting)
{
    struct bench_row row = {.setting = setting};

    for (size_t i = 0; i < n_runs; i++) {
        if (runs[i].setting != setting)
            continue;
        row.n_failed += runs[i].failed;
        row.n_runs += !runs[i].failed;
        if (!runs[i].failed && runs[i].peak_rss_bytes > row.peak_rss_bytes)
            row.peak_rss_bytes = runs[i].peak_rss_bytes;
    }
    row.lines_per_s = figure_of(runs, n_runs, setting, bench_lines_per_s);
    row.wall_s = figure_of(runs, n_runs, setting, wall_s);
    row.client_cpu = figure_of(runs, n_runs, setting, bench_client_cpu);
    row.server_cpu = figure_of(runs, n_runs, setting, bench_server_cpu);
    row.text_mb_per_s =
        figure_of(runs, n_runs, setting, bench_text_mb_per_s).median;
    return row;
}

/* Settings without a good run have speed 0; equal ones stay in the order of the
 * sweeps. */
static int
by_speed(const void *a, const void *b)
{
    const struct bench_row *left = a, *right = b;
    double x = left->lines_per_s.median, y = right->lines_per_s.median;

    if (x > y || x < y)
        return x > y ? -1 : 1;
    return left->setting < right->setting ? -1 : 1;
}

struct bench_row *
bench_rows(const struct bench_results *results, size_t *n)
{
    struct bench_row *rows = NULL, row;
    enum bench_floor_kind kind;
    double ceiling = bench_ceiling(results, &kind);

    *n = 0;
    for (size_t i = 0; i < results->n_settings; i++) {
        row = make_row(results->runs, results->n_runs, i);
        if (row.n_runs + row.n_failed == 0)
            continue;
        row.share = per(row.lines_per_s.median, ceiling);
        rows = mem_grow(rows, *n + 1, sizeof(*rows));
        rows[(*n)++] = row;
    }
    if (rows)
        qsort(rows, *n, sizeof(*rows), by_speed);
    return rows;
}

bool
bench_floor_row(const struct bench_results *results, enum bench_floor_kind kind,
    struct bench_row *row)
{
    const struct bench_floor *floor = &results->floors[kind];

    *row = make_row(floor->runs, floor->n_runs, 0);
    return row->n_runs > 0;
}

double
bench_ceiling(const struct bench_results *results, enum bench_floor_kind *kind)
{
    double least = 0;
    struct bench_row row;

    *kind = FLOOR_INFLATE;
    for (enum bench_floor_kind i = 0; i < N_FLOORS; i++) {
        if (!bench_floor_row(results, i, &row))
            continue;
        if (least > 0 && row.lines_per_s.median >= least)
            continue;
        least = row.lines_per_s.median;
        *kind = i;
    }
    return least;
}
