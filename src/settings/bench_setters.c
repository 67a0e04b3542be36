#include "settings/bench_setters.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "settings/options.h"
#include "base/suggest.h"

static const char *const can_be_swept[MAX_SWEEPS] = {"processes", "threads",
    "connections", "batch", "window", "mode", "inflate"};

/* --- a sweep --------------------------------------------------------------*/

/* Its name in the table above; NULL, with err, when it is none of them. */
static const char *
find_name(const char *name, size_t n_bytes, struct err *err)
{
    struct suggestion near = {.word = name, .n_bytes = n_bytes};
    int shown = n_bytes > 100 ? 100 : (int)n_bytes;

    for (size_t i = 0; i < MAX_SWEEPS; i++) {
        if (strlen(can_be_swept[i]) == n_bytes &&
            memcmp(can_be_swept[i], name, n_bytes) == 0)
            return can_be_swept[i];
        suggestion_offer(&near, can_be_swept[i]);
    }
    if (near.best)
        err_set(err, ERR_USAGE,
            "\"%.*s\" cannot be swept; did you mean \"%s\"?", shown, name,
            near.best);
    else
        err_set(err, ERR_USAGE,
            "\"%.*s\" cannot be swept, only: processes, threads, connections, "
            "batch, window, mode, inflate",
            shown, name);
    return NULL;
}

/* Would the option take it? */
static int
check_value(const char *name, const char *value, struct err *err)
{
    const struct option *option = option_find(FOR_LOAD, name, strlen(name));
    struct settings trial;
    int status;

    must(option && option->set);
    settings_defaults(&trial);
    status = option->set(&trial, value, err);
    settings_release(&trial);
    if (status)
        err_wrap(err, "%s", name);
    return status;
}

static int
add_value(struct sweep *sweep, const char *value, struct err *err)
{
    if (check_value(sweep->option, value, err))
        return -1;
    for (size_t i = 0; i < sweep->values.n; i++) {
        if (strcmp(sweep->values.items[i], value) == 0) {
            err_set(err, ERR_USAGE, "%s: \"%s\" stands twice", sweep->option,
                value);
            return -1;
        }
    }
    words_add(&sweep->values, value);
    return 0;
}

static int
read_values(struct sweep *sweep, const char *at, struct err *err)
{
    size_t n_bytes;
    char *value;
    int status;

    for (;; at += n_bytes + 1) {
        n_bytes = strcspn(at, ",");
        value = mem_format("%.*s", (int)n_bytes, at);
        status = add_value(sweep, value, err);
        free(value);
        if (status || !at[n_bytes])
            return status;
    }
}

int
set_sweep(struct settings *settings, const char *value, struct err *err)
{
    struct bench_settings *bench = &settings->bench;
    size_t n_bytes = strcspn(value, "=");
    struct sweep sweep = {.option = find_name(value, n_bytes, err)};

    if (!sweep.option)
        return -1;
    if (!value[n_bytes]) {
        err_set(err, ERR_USAGE, "%s: values are missing: %s=VALUE[,VALUE]...",
            sweep.option, sweep.option);
        return -1;
    }
    for (size_t i = 0; i < bench->n_sweeps; i++) {
        if (strcmp(bench->sweeps[i].option, sweep.option) == 0) {
            err_set(err, ERR_USAGE,
                "%s is swept twice: give all its values at once", sweep.option);
            return -1;
        }
    }
    if (read_values(&sweep, value + n_bytes + 1, err)) {
        words_release(&sweep.values);
        return -1;
    }
    must(bench->n_sweeps < MAX_SWEEPS);
    bench->sweeps[bench->n_sweeps++] = sweep;
    return 0;
}

/* --- the others -----------------------------------------------------------*/

int
set_repeat(struct settings *settings, const char *value, struct err *err)
{
    uint64_t n;

    if (units_parse_count(value, &n) || n < 1 || n > 1000) {
        err_set(err, ERR_USAGE, "\"%s\" is not a number from 1 to 1000", value);
        return -1;
    }
    settings->bench.repeat = (unsigned)n;
    return 0;
}

int
set_generate(struct settings *settings, const char *value, struct err *err)
{
    uint64_t n;

    if (units_parse_count(value, &n) || n < 1 || n > 1000000000) {
        err_set(err, ERR_USAGE, "\"%s\" is not a number from 1 to 1000000000",
            value);
        return -1;
    }
    settings->bench.generate_lines = n;
    return 0;
}

int
set_yes(struct settings *settings, const char *value, struct err *err)
{
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0) {
        err_set(err, ERR_USAGE, "\"%s\" is neither true nor false", value);
        return -1;
    }
    settings->bench.may_fill = value[0] == 't';
    return 0;
}

static int
set_file(char **path, const char *value, struct err *err)
{
    if (!*value) {
        err_set(err, ERR_USAGE, "an empty text is no file name");
        return -1;
    }
    free(*path);
    *path = mem_text(value);
    return 0;
}

int
set_json(struct settings *settings, const char *value, struct err *err)
{
    return set_file(&settings->bench.json_path, value, err);
}

int
set_csv(struct settings *settings, const char *value, struct err *err)
{
    return set_file(&settings->bench.csv_path, value, err);
}

int
set_plot(struct settings *settings, const char *value, struct err *err)
{
    return set_file(&settings->bench.plot_path, value, err);
}

int
set_write_config(struct settings *settings, const char *value, struct err *err)
{
    return set_file(&settings->bench.config_path, value, err);
}

void
bench_job_release(struct bench_settings *bench)
{
    for (size_t i = 0; i < bench->n_sweeps; i++)
        words_release(&bench->sweeps[i].values);
    free(bench->json_path);
    free(bench->csv_path);
    free(bench->plot_path);
    free(bench->config_path);
    *bench = (struct bench_settings){0};
}
