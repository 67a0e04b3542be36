#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "bench/check_settings.h"
#include "bench/measure.h"
#include "bench/print_table.h"
#include "bench/result_files.h"
#include "cmd/outputs.h"
#include "settings/exit.h"

int
cmd_bench_check(const struct settings *settings, struct err *err)
{
    return bench_check_settings(settings, err);
}

static struct bench_files
files_of(const struct settings *settings)
{
    return (struct bench_files){.json = settings->bench.json_path,
        .csv = settings->bench.csv_path,
        .plot = settings->bench.plot_path,
        .config = settings->bench.config_path};
}

static bool
goes_to_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

/* The table goes to standard output, unless a file was to be written there. */
static FILE *
table_goes_to(const struct bench_files *files)
{
    return goes_to_stdout(files->json) || goes_to_stdout(files->csv) ||
                   goes_to_stdout(files->config)
               ? stderr
               : stdout;
}

static bool
has_measured(const struct bench_results *results)
{
    size_t n = results->n_runs;

    for (size_t i = 0; i < N_FLOORS; i++)
        n += results->floors[i].n_runs;
    return n > 0;
}

/* EXIT_NO_GO with a message when something could not be written. */
static int
report(const struct settings *settings, const struct bench_results *results)
{
    struct bench_files files = files_of(settings);
    FILE *to = table_goes_to(&files);
    struct text text = {0};
    int status = EXIT_DONE;

    if (!settings->output.quiet) {
        bench_print(&text, results, room_of(to));
        fputs(text.data, to);
        text_release(&text);
    }
    if (finish_output() != EXIT_DONE)
        status = EXIT_NO_GO;
    if (bench_files_write(&files, results))
        status = EXIT_NO_GO;
    return status;
}

int
cmd_bench(const struct settings *settings)
{
    struct bench_files files = files_of(settings);
    struct bench_results results = {0};
    const struct output outputs[] = {{"json", files.json}, {"csv", files.csv},
        {"plot", files.plot}, {"write-config", files.config}};
    struct err err;
    int status, reported;

    log_init(STDERR_FILENO, settings->output.quiet ? LOG_W : LOG_I);
    if (outputs_spoil(outputs, sizeof(outputs) / sizeof(outputs[0]), settings))
        return EXIT_USAGE;
    if (bench_files_check(&files, &err)) {
        complain("%s. Nothing was measured", err.text);
        return err.code == ERR_USAGE ? EXIT_USAGE : EXIT_NO_GO;
    }
    status = bench_measure(settings, &results);
    if (has_measured(&results)) {
        reported = report(settings, &results);
        if (reported != EXIT_DONE && status != EXIT_INTERRUPTED)
            status = reported;
    } else if (status == EXIT_INTERRUPTED) {
        log_warn("stopped before anything was measured");
    }
    bench_results_release(&results);
    return status;
}
