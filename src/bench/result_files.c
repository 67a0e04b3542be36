#include "bench/result_files.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/log.h"
#include "base/mem.h"
#include "bench/advice.h"
#include "bench/csv.h"
#include "bench/plot.h"
#include "bench/results_json.h"

enum { N_PATHS = 4 };

/* The options, in the order of list_paths(). */
static const char *const names[N_PATHS] = {
    "json", "csv", "plot", "write-config"};

static void
list_paths(const struct bench_files *files, const char *paths[N_PATHS])
{
    paths[0] = files->json;
    paths[1] = files->csv;
    paths[2] = files->plot;
    paths[3] = files->config;
}

static int
check_pairs(const char *const paths[N_PATHS], struct err *err)
{
    for (int i = 0; i < N_PATHS; i++) {
        for (int j = 0; j < i; j++) {
            if (!paths[i] || !paths[j] || strcmp(paths[i], paths[j]) != 0)
                continue;
            err_set(err, ERR_USAGE, "--%s and --%s name the same file, %s",
                names[j], names[i], paths[i]);
            return -1;
        }
    }
    return 0;
}

/* The script is written here when there is no gnuplot. */
static char *
script_path(const char *plot)
{
    return mem_format("%s.gnuplot", plot);
}

static int
check_plot(const char *path, struct err *err)
{
    enum plot_format format;
    char *script;
    int rc;

    if (plot_format_of(path, &format)) {
        err_set(err, ERR_USAGE,
            "--plot %s: the name must end in .svg or .png, which is the format",
            path);
        return -1;
    }
    if (plot_can_draw())
        return 0;
    script = script_path(path);
    log_warn("--plot: there is no gnuplot in PATH; instead of the picture "
             "%s will be written, from which it can be drawn (Debian: apt "
             "install gnuplot-nox)",
        script);
    rc = file_may_write(script, err);
    free(script);
    return rc;
}

int
bench_files_check(const struct bench_files *files, struct err *err)
{
    const char *paths[N_PATHS];

    list_paths(files, paths);
    if (check_pairs(paths, err) ||
        (files->plot && check_plot(files->plot, err)))
        return -1;
    for (int i = 0; i < N_PATHS; i++) {
        if (!paths[i] || strcmp(paths[i], "-") == 0)
            continue;
        if (file_may_write(paths[i], err)) {
            err_wrap(err, "--%s", names[i]);
            return -1;
        }
    }
    return 0;
}

/* ------------------------------------------------------------- writing --- */

static int
write_out(const char *path, const struct text *text, struct err *err)
{
    if (strcmp(path, "-") != 0)
        return file_write(path, text->data, text->n_bytes, err);
    if (fflush(stdout) == 0 &&
        fd_write(STDOUT_FILENO, text->data, text->n_bytes) == 0)
        return 0;
    err_set_errno(err, ERR_IO, "cannot write to standard output");
    return -1;
}

static int
write_config(const char *path, const struct bench_results *results,
    struct err *err)
{
    struct advice advice;
    struct text text = {0};
    int rc = -1;

    advice_make(&advice, results);
    if (!advice.is_given)
        err_set(err, ERR_DATA,
            "there is no setting to recommend; %s was not changed", path);
    else if (advice_config(&text, results, &advice, err) == 0)
        rc = write_out(path, &text, err);
    text_release(&text);
    advice_release(&advice);
    return rc;
}

static int
write_script(const char *path, const struct text *script, struct err *err)
{
    char *beside = script_path(path);
    int rc = file_write(beside, script->data, script->n_bytes, err);

    if (rc == 0) {
        err_set(err, ERR_IO,
            "there is no gnuplot in PATH: %s is not drawn. Install it (Debian: "
            "apt install gnuplot-nox), then: gnuplot %s >%s",
            path, beside, path);
        rc = -1;
    }
    free(beside);
    return rc;
}

static bool
has_good_run(const struct bench_results *results)
{
    for (size_t i = 0; i < results->n_runs; i++)
        if (!results->runs[i].failed)
            return true;
    return false;
}

static int
write_plot(const char *path, const struct bench_results *results,
    struct err *err)
{
    struct text script = {0}, picture = {0};
    enum plot_format format;
    int rc = -1;

    if (!has_good_run(results)) {
        err_set(err, ERR_DATA, "there is no run to draw; %s was not changed",
            path);
        return -1;
    }
    must(plot_format_of(path, &format) == 0);
    plot_script(&script, results, format);
    if (!plot_can_draw())
        rc = write_script(path, &script, err);
    else if (plot_draw(&picture, &script, err) == 0)
        rc = file_write(path, picture.data, picture.n_bytes, err);
    text_release(&script);
    text_release(&picture);
    return rc;
}

static int
write_json_file(const char *path, const struct bench_results *results,
    struct err *err)
{
    struct text text = {0};
    int rc;

    results_json_add(&text, results);
    rc = write_out(path, &text, err);
    text_release(&text);
    return rc;
}

static int
write_csv(const char *path, const struct bench_results *results,
    struct err *err)
{
    struct text text = {0};
    int rc;

    csv_add(&text, results);
    rc = write_out(path, &text, err);
    text_release(&text);
    return rc;
}

int
bench_files_write(const struct bench_files *files,
    const struct bench_results *results)
{
    static int (*const writers[N_PATHS])(const char *path,
        const struct bench_results *results, struct err *err) = {
        write_json_file, write_csv, write_plot, write_config};
    const char *paths[N_PATHS];
    struct err err;
    int rc = 0;

    list_paths(files, paths);
    for (int i = 0; i < N_PATHS; i++) {
        if (!paths[i] || writers[i](paths[i], results, &err) == 0)
            continue;
        log_error("--%s: %s", names[i], err.text);
        rc = -1;
    }
    return rc;
}
