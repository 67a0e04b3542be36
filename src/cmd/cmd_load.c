#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/log.h"
#include "base/units.h"
#include "cmd/cmd.h"
#include "cmd/outputs.h"
#include "settings/exit.h"
#include "report/output.h"
#include "supervise/stages.h"
#include "verify/interval.h"

/* -1, said on standard error, when the log cannot be written. */
static int
open_log(const struct settings *settings)
{
    enum log_level level = settings->output.verbose ? LOG_D
                           : settings->output.quiet ? LOG_W
                                                    : LOG_I;
    int fd = STDERR_FILENO;

    if (settings->output.log_path) {
        fd = open(settings->output.log_path,
            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (fd < 0) {
            complain("cannot open the log %s: %s: %s; give --log another file",
                settings->output.log_path, strerror(errno),
                settings_undone(settings));
            return -1;
        }
    }
    log_init(fd, level);
    return 0;
}

/*
 * Looked at before anything is sent: a night's load whose result nobody can
 * read is no good. -1, told, when the summary cannot be written.
 */
static int
check_summary(const struct settings *settings)
{
    struct err err;

    if (!settings->output.summary_path ||
        strcmp(settings->output.summary_path, "-") == 0 ||
        file_may_write(settings->output.summary_path, &err) == 0)
        return 0;
    err_wrap(&err, "the summary");
    log_error("%s: %s; give --summary another file", err.text,
        settings_undone(settings));
    return -1;
}

/* The disk is full, or nobody reads; what weighs more (DESIGN A.7) stays. */
static void
fail_to_write(struct run *run)
{
    if (run->exit_code != EXIT_USAGE && run->exit_code != EXIT_FAULT)
        run->exit_code = EXIT_NO_GO;
}

/* The report where people look, then the summary where --summary says. */
static void
tell(struct run *run)
{
    const struct settings *settings = run->settings;
    bool to_stdout = settings->output.summary_path &&
                     strcmp(settings->output.summary_path, "-") == 0;
    struct err err;

    if (!settings->output.quiet && run->has_begun)
        report_print(to_stdout ? stderr : stdout, run);
    /* before the summary, which is to say how it all ended */
    if (finish_output() != EXIT_DONE || log_failed())
        fail_to_write(run);
    if (settings->output.summary_path &&
        summary_write(settings->output.summary_path, run, &err)) {
        log_error("%s", err.text);
        fail_to_write(run);
    }
}

/* Who has the log in a file may not look there at once, and when it cannot be
 * written, would look in vain. */
void
end_log(const struct settings *settings, bool has_begun)
{
    if (log_failed())
        complain("cannot write the log %s: %s: %s; make room there, or give "
                 "--log another file",
            settings->output.log_path ? settings->output.log_path
                                      : "to standard error",
            strerror(log_failed()),
            has_begun ? "lines of it are missing" : settings_undone(settings));
    else if (settings->output.log_path && !has_begun)
        complain("nothing was %s; the log %s says why",
            settings->only_verifies ? "verified" : "loaded",
            settings->output.log_path);
}

int
open_outputs(const struct settings *settings)
{
    const struct output log = {"log", settings->output.log_path};
    const struct output summary = {"summary", settings->output.summary_path};

    /* what finding the files warns of will be told when they are loaded */
    log_init(STDERR_FILENO, LOG_E);
    if (outputs_spoil((const struct output[]){log, summary}, 2, settings) ||
        output_is_matched(&log, settings) || output_is_data(&log) ||
        output_is_data(&summary))
        return EXIT_USAGE;
    if (open_log(settings))
        return EXIT_NO_GO;
    if (check_summary(settings)) {
        end_log(settings, false);
        return EXIT_NO_GO;
    }
    return EXIT_DONE;
}

/* Told, since whoever asks for a margin is to learn what it takes. */
static int
choose_sample_size(struct settings *settings)
{
    char n[UNITS_TEXT_BYTES];
    uint64_t size;

    if (!(settings->verification.margin > 0))
        return EXIT_DONE;
    size = sample_size(settings->verification.margin,
        settings->verification.confidence);
    units_of(size, "item", n);
    if (size > VERIFY_MOST) {
        log_error("--margin %g at --confidence %g takes a sample of %s, more "
                  "than is held in memory: give --verify all",
            settings->verification.margin, settings->verification.confidence,
            n);
        return EXIT_USAGE;
    }
    log_info("--margin %g at --confidence %g takes a sample of %s",
        settings->verification.margin, settings->verification.confidence, n);
    settings->verification.n = size;
    return EXIT_DONE;
}

int
cmd_load(struct settings *settings)
{
    struct run run = {.settings = settings};
    int status = open_outputs(settings);

    if (status != EXIT_DONE)
        return status;
    status = choose_sample_size(settings);
    if (status != EXIT_DONE) {
        end_log(settings, false);
        return status;
    }
    run_stages(&run);
    tell(&run);
    end_log(settings, run.has_begun);
    status = run.exit_code;
    run_release(&run);
    return status;
}
