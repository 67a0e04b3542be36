#include "bench/bench_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "bench/mapping_yaml.h"
#include "bench/quote.h"
#include "bench/schedule.h"
#include "settings/options.h"

/* --------------------------------------------------------------- sweeps --- */

static struct bench_sweep *
add_sweep(struct bench_results *results, const char *option)
{
    struct bench_sweep *sweep = &results->sweeps[results->n_sweeps++];

    must(results->n_sweeps <= BENCH_MAX_SWEEPS);
    sweep->option = option;
    return sweep;
}

static void
add_value(struct bench_sweep *sweep, const char *value)
{
    sweep->values =
        mem_grow(sweep->values, sweep->n_values + 1, sizeof(*sweep->values));
    sweep->values[sweep->n_values++] = mem_text(value);
}

static void
add_number(struct bench_sweep *sweep, unsigned n)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", n);
    add_value(sweep, text);
}

static bool
is_given(const struct settings *settings, const char *option)
{
    for (size_t i = 0; i < settings->n_given; i++)
        if (strcmp(settings->given[i].option->name, option) == 0)
            return true;
    return false;
}

/*
 * Without --sweep, the options that depend most on the machine: processes in
 * powers of two up to the cores, and no packing thread or one. What the user
 * set is not swept.
 */
static void
add_usual_sweeps(struct bench_results *results, const struct settings *settings)
{
    unsigned cores = settings_cores(), most = cores < 2 ? 2 : cores;
    struct bench_sweep *sweep;

    if (!is_given(settings, "processes")) {
        sweep = add_sweep(results, "processes");
        for (unsigned n = 1; n < most; n *= 2)
            add_number(sweep, n);
        add_number(sweep, most);
    }
    if (!is_given(settings, "threads")) {
        sweep = add_sweep(results, "threads");
        add_number(sweep, 0);
        add_number(sweep, 1);
    }
}

static void
take_sweeps(struct bench_results *results, const struct settings *settings)
{
    for (size_t i = 0; i < settings->bench.n_sweeps; i++) {
        const struct sweep *from = &settings->bench.sweeps[i];
        struct bench_sweep *to = add_sweep(results, from->option);

        for (size_t j = 0; j < from->values.n; j++)
            add_value(to, from->values.items[j]);
    }
    if (settings->bench.n_sweeps == 0)
        add_usual_sweeps(results, settings);
}

/* ------------------------------------------------- options of all runs --- */

static bool
is_swept(const struct bench_results *results, const char *option)
{
    for (size_t i = 0; i < results->n_sweeps; i++)
        if (strcmp(results->sweeps[i].option, option) == 0)
            return true;
    return false;
}

/* Is it an option of loads that bench passes on and does not set itself? */
static bool
is_for_loads(const struct option *option)
{
    return (option->commands & FOR_LOAD) && (option->commands & FOR_BENCH) &&
           !option->is_cli_only && strcmp(option->name, "progress") != 0 &&
           strcmp(option->name, "quiet") != 0;
}

/* The last value counts of an option that is given twice. */
static bool
is_given_again(const struct settings *settings, size_t at)
{
    const struct option *option = settings->given[at].option;

    for (size_t i = at + 1; !option->repeats && i < settings->n_given; i++)
        if (settings->given[i].option == option)
            return true;
    return false;
}

static void
take_options(struct bench_results *results, const struct settings *settings)
{
    for (size_t i = 0; i < settings->n_given; i++) {
        const struct given *given = &settings->given[i];
        bool is_flag = !given->option->arg;

        if (!is_for_loads(given->option) ||
            is_swept(results, given->option->name) ||
            is_given_again(settings, i) ||
            (is_flag && strcmp(given->value, "true") != 0))
            continue;
        results->options = mem_grow(results->options, results->n_options + 1,
            sizeof(*results->options));
        results->options[results->n_options++] =
            (struct bench_option){.name = given->option->name,
                .value = is_flag ? NULL : mem_text(given->value)};
    }
}

/* As it was typed, quoted for a shell. */
static char *
own_command_line(void)
{
    FILE *file = fopen("/proc/self/cmdline", "re");
    struct text line = {0};
    char *word = NULL;
    size_t room = 0;

    text_add(&line, "", 0);
    while (file && getdelim(&word, &room, '\0', file) >= 0) {
        if (line.n_bytes)
            text_add(&line, " ", 1);
        quote_shell(&line, word);
    }
    free(word);
    if (file)
        fclose(file);
    return line.data;
}

void
bench_setup(struct bench_results *results, const struct settings *settings)
{
    take_sweeps(results, settings);
    schedule_make_settings(results);
    take_options(results, settings);
    results->rounds = settings->bench.repeat;
    results->command_line = own_command_line();
    results->n_operands = settings->input.files.n;
    results->operands = mem_zero(settings->input.files.n + 1, sizeof(char *));
    for (size_t i = 0; i < settings->input.files.n; i++)
        results->operands[i] = mem_text(settings->input.files.items[i]);
}

/* The files with the mapping and the servers, as words of a command line. */
static void
take_files(struct bench_results *results, const struct settings *settings)
{
    static const char *const names[] = {"config", "mapping"};

    text_add(&results->file_words, "", 0);
    if (!settings->input.mapping_path && !settings->servers.has_section)
        return;
    for (size_t i = 0; i < 2; i++) {
        const char *path = NULL;

        for (size_t j = 0; j < settings->n_given; j++)
            if (strcmp(settings->given[j].option->name, names[i]) == 0)
                path = settings->given[j].value;
        if (!path)
            continue;
        text_format(&results->file_words, " --%s ", names[i]);
        quote_shell(&results->file_words, path);
    }
}

int
bench_setup_files(struct bench_results *results,
    const struct settings *settings, struct err *err)
{
    take_files(results, settings);
    if (mapping_yaml_add(&results->mapping, settings, err))
        return -1;
    return servers_yaml_add(&results->servers, settings, err);
}

uint64_t
bench_setup_most(const struct bench_results *results, const char *option,
    uint64_t otherwise)
{
    uint64_t most = 0, n;

    for (size_t i = 0; i < results->n_sweeps; i++) {
        if (strcmp(results->sweeps[i].option, option) != 0)
            continue;
        for (size_t j = 0; j < results->sweeps[i].n_values; j++)
            if (units_parse_count(results->sweeps[i].values[j], &n) == 0 &&
                n > most)
                most = n;
        return most;
    }
    return otherwise;
}
