#include "bench/advice.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "bench/noise.h"
#include "bench/quote.h"
#include "settings/options.h"

/* ------------------------------------------------------------ choosing --- */

struct numbers {
    double *of;
    size_t n;
};

static struct numbers
numbers_of(const struct bench_results *results, size_t setting,
    double (*number)(const struct bench_run *))
{
    struct numbers numbers = {
        .of = mem_new((results->n_runs + 1) * sizeof(double))};

    for (size_t i = 0; i < results->n_runs; i++) {
        const struct bench_run *run = &results->runs[i];

        if (run->setting == setting && !run->failed)
            numbers.of[numbers.n++] = number(run);
    }
    return numbers;
}

static bool
is_lower(const struct bench_results *results, size_t setting, size_t other,
    double (*number)(const struct bench_run *))
{
    struct numbers ours = numbers_of(results, setting, number);
    struct numbers others = numbers_of(results, other, number);
    bool is = noise_is_lower(ours.of, ours.n, others.of, others.n);

    free(ours.of);
    free(others.of);
    return is;
}

static bool
is_candidate(const struct bench_row *row)
{
    return row->n_failed == 0 && row->n_runs > 0;
}

/* The rows are sorted by speed. */
static void
choose(struct advice *advice, const struct bench_results *results,
    const struct bench_row *rows, size_t n_rows)
{
    const struct bench_row *least = NULL;

    for (size_t i = 0; i < n_rows; i++) {
        const struct bench_row *row = &rows[i];

        if (!is_candidate(row) || row->n_runs < NOISE_LEAST_RUNS ||
            is_lower(results, row->setting, advice->fastest, bench_lines_per_s))
            continue;
        advice->is_within[row->setting] = true;
        advice->n_within++;
        if (!least || row->client_cpu.median < least->client_cpu.median)
            least = row;
    }
    for (size_t i = 0; least && i < n_rows; i++) {
        if (!advice->is_within[rows[i].setting] ||
            is_lower(results, least->setting, rows[i].setting,
                bench_client_cpu))
            continue;
        advice->setting = rows[i].setting;
        return;
    }
}

void
advice_make(struct advice *advice, const struct bench_results *results)
{
    size_t n_rows, i = 0;
    struct bench_row *rows = bench_rows(results, &n_rows);

    *advice = (struct advice){
        .is_within = mem_zero(results->n_settings, sizeof(bool))};
    while (i < n_rows && !is_candidate(&rows[i]))
        i++;
    if (i < n_rows) {
        advice->is_given = true;
        advice->setting = advice->fastest = rows[i].setting;
        advice->is_noise_known = rows[i].n_runs >= NOISE_LEAST_RUNS;
        if (advice->is_noise_known)
            choose(advice, results, rows, n_rows);
    }
    free(rows);
}

void
advice_release(struct advice *advice)
{
    free(advice->is_within);
    *advice = (struct advice){0};
}

/* -------------------------------------------------------- command line --- */

static bool
is_off(const struct bench_option *option)
{
    return option->value && strcmp(option->value, "false") == 0;
}

static const struct option *
row_of(const char *name)
{
    const struct option *row = option_find(FOR_LOAD, name, strlen(name));

    must(row != NULL);
    return row;
}

static bool
is_named(const struct bench_results *results, const char *name)
{
    for (size_t i = 0; i < results->n_options; i++)
        if (strcmp(results->options[i].name, name) == 0)
            return true;
    return false;
}

static void
add_operands(struct text *out, const struct bench_results *results)
{
    bool is_fenced = false;

    for (size_t i = 0; i < results->n_operands; i++) {
        const char *operand = results->operands[i];

        if (operand[0] == '-' && operand[1] && !is_fenced) {
            text_format(out, " --");
            is_fenced = true;
        }
        text_format(out, " ");
        quote_shell(out, operand);
    }
    if (results->is_generated && !is_named(results, "pattern"))
        text_format(out, " FILE...");
}

static void
add_all(struct text *out, const struct text *text)
{
    if (text->n_bytes)
        text_add(out, text->data, text->n_bytes);
}

void
advice_command(struct text *out, const struct bench_results *results,
    size_t setting)
{
    text_format(out, "memc_load");
    add_all(out, &results->file_words);
    for (size_t i = 0; i < results->n_sweeps; i++) {
        text_format(out, " --%s ", results->sweeps[i].option);
        quote_shell(out, bench_value(results, setting, i));
    }
    for (size_t i = 0; i < results->n_options; i++) {
        const struct bench_option *option = &results->options[i];
        bool is_flag = !row_of(option->name)->arg;

        if (is_flag && is_off(option))
            continue;
        text_format(out, " --%s", option->name);
        if (is_flag)
            continue;
        text_format(out, " ");
        quote_shell(out, option->value);
    }
    add_operands(out, results);
}

/* -------------------------------------------------------------- config --- */

static int
add_value(struct text *out, const char *name, const char *value,
    struct err *err)
{
    if (!utf8_is_valid(value, strlen(value))) {
        err_set(err, ERR_DATA,
            "the value of --%s is not UTF-8, as a config file must be", name);
        return -1;
    }
    quote_yaml(out, value);
    text_format(out, "\n");
    return 0;
}

/* All values of an option that repeats, the last one of any other; written
 * where the option is given first. */
static int
add_option(struct text *out, const struct bench_results *results, size_t at,
    struct err *err)
{
    const char *name = results->options[at].name;
    const struct option *row = row_of(name);
    size_t last = at;

    for (size_t i = 0; i < at; i++)
        if (strcmp(results->options[i].name, name) == 0)
            return 0;
    if (row->is_cli_only)
        return 0;
    for (size_t i = at; i < results->n_options; i++)
        if (strcmp(results->options[i].name, name) == 0)
            last = i;
    text_format(out, "  %s:", name);
    if (!row->repeats) {
        const char *value = results->options[last].value;

        text_format(out, " ");
        return add_value(out, name, value ? value : "true", err);
    }
    text_format(out, "\n");
    for (size_t i = at; i <= last; i++) {
        if (strcmp(results->options[i].name, name) != 0)
            continue;
        text_format(out, "    - ");
        if (add_value(out, name, results->options[i].value, err))
            return -1;
    }
    return 0;
}

/* Control characters would end the comment. */
static void
add_comment(struct text *out, const char *comment)
{
    text_format(out, "# ");
    for (; *comment; comment++) {
        unsigned char c = (unsigned char)*comment;

        text_add(out, c < 0x20 || c >= 0x7f ? "?" : comment, 1);
    }
    text_format(out, "\n");
}

static void
add_origin(struct text *out, const struct bench_results *results,
    size_t setting)
{
    char day[64] = "", speed[UNITS_TEXT_BYTES];
    time_t started = (time_t)results->started_s;
    struct bench_row *rows, *row = NULL;
    struct tm local;
    size_t n_rows;
    char *line;

    if (localtime_r(&started, &local))
        strftime(day, sizeof(day), "%Y-%m-%d %H:%M", &local);
    rows = bench_rows(results, &n_rows);
    for (size_t i = 0; i < n_rows; i++)
        if (rows[i].setting == setting)
            row = &rows[i];
    must(row != NULL);
    line = mem_format("measured %s on %u x %s: %s lines/s, %.2f s of client "
                      "CPU per million lines",
        day, results->machine.cores,
        results->machine.cpu[0] ? results->machine.cpu : "core",
        units_count((uint64_t)(row->lines_per_s.median + 0.5), speed),
        row->client_cpu.median);
    add_comment(out, line);
    add_comment(out,
        results->command_line ? results->command_line : "memc_load bench");
    free(line);
    free(rows);
}

int
advice_config(struct text *out, const struct bench_results *results,
    const struct advice *advice, struct err *err)
{
    must(advice->is_given);
    add_origin(out, results, advice->setting);
    add_all(out, &results->mapping);
    add_all(out, &results->servers);
    if (results->n_sweeps + results->n_options == 0)
        text_format(out, "load: {}\n");
    else
        text_format(out, "load:\n");
    for (size_t i = 0; i < results->n_sweeps; i++) {
        const char *name = results->sweeps[i].option;

        text_format(out, "  %s: ", name);
        if (add_value(out, name, bench_value(results, advice->setting, i), err))
            return -1;
    }
    for (size_t i = 0; i < results->n_options; i++)
        if (add_option(out, results, i, err))
            return -1;
    return 0;
}

/* ---------------------------------------------------------------- text --- */

static const struct bench_row *
find_row(const struct bench_row *rows, size_t n_rows, size_t setting)
{
    for (size_t i = 0; i < n_rows; i++)
        if (rows[i].setting == setting)
            return &rows[i];
    die("setting %zu has no row", setting);
}

/* More than this share of the median between the slowest and the fastest run is
 * unusual. */
static const double SCATTER_MOST = 0.2;

/* Figures from a busy machine prove little. */
static void
add_doubt(struct text *out, const struct bench_row *row)
{
    double scatter =
        (row->lines_per_s.max - row->lines_per_s.min) / row->lines_per_s.median;

    if (scatter > SCATTER_MOST)
        text_format(out,
            "  Its runs differ by %.0f %%: on a quieter machine, or with more "
            "--repeat, it would\n  be surer.\n",
            100 * scatter);
}

static void
add_reason(struct text *out, const struct bench_results *results,
    const struct advice *advice)
{
    size_t n_rows;
    struct bench_row *rows = bench_rows(results, &n_rows);
    const struct bench_row *row = find_row(rows, n_rows, advice->setting);
    const struct bench_row *fastest = find_row(rows, n_rows, advice->fastest);
    char speed[UNITS_TEXT_BYTES], most[UNITS_TEXT_BYTES];
    char *name = bench_setting_text(results, advice->fastest);

    units_count((uint64_t)(row->lines_per_s.median + 0.5), speed);
    units_count((uint64_t)(fastest->lines_per_s.median + 0.5), most);
    text_format(out,
        "  %s lines/s, %.2f s of client CPU per million lines: ", speed,
        row->client_cpu.median);
    if (!advice->is_noise_known)
        text_format(out,
            "the fastest median.\n"
            "  With fewer than %d runs of each the noise is not known: "
            "--repeat 5 tells more.\n",
            NOISE_LEAST_RUNS);
    else if (advice->setting != advice->fastest)
        text_format(out,
            "within the noise\n"
            "  as fast as the fastest (%s, %s lines/s, %.2f s), which uses "
            "more CPU.\n",
            name, most, fastest->client_cpu.median);
    else if (advice->n_within > 1)
        text_format(out,
            "the fastest; of %zu\n"
            "  settings as fast within the noise none uses less CPU.\n",
            advice->n_within);
    else if (n_rows > 1)
        text_format(out, "the fastest,\n"
                         "  and no other comes near it.\n");
    else
        text_format(out, "nothing to\n  compare it with.\n");
    add_doubt(out, row);
    free(name);
    free(rows);
}

/* Mode noreply promises less than the modes that it is compared with. */
static void
add_caution(struct text *out, const struct bench_results *results,
    const struct advice *advice)
{
    for (size_t i = 0; i < results->n_sweeps; i++)
        if (strcmp(results->sweeps[i].option, "mode") == 0 &&
            strcmp(bench_value(results, advice->setting, i), "noreply") == 0)
            text_format(out,
                "  Mode noreply does not learn what a server refuses: leave "
                "it out of --sweep\n  where that matters, or load with "
                "--verify.\n");
}

void
advice_print(struct text *out, const struct bench_results *results,
    const struct advice *advice)
{
    char *name;

    if (!advice->is_given) {
        text_format(out, "No setting to recommend: %s.\n",
            results->n_runs ? "each had a run that failed"
                            : "no run was finished");
        return;
    }
    name = bench_setting_text(results, advice->setting);
    text_format(out, "Recommended: %s\n", name);
    add_reason(out, results, advice);
    add_caution(out, results, advice);
    text_format(out, "\n  ");
    advice_command(out, results, advice->setting);
    text_format(out, "\n");
    free(name);
}
