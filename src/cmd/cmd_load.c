#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/log.h"
#include "base/units.h"
#include "cmd/cmd.h"
#include "cmd/output_rights.h"
#include "cmd/outputs.h"
#include "settings/exit.h"
#include "proc/signals.h"
#include "report/progress.h"
#include "report/report_print.h"
#include "report/summary.h"
#include "supervise/run_execute.h"

/* -1, said on standard error, when the log cannot be written. */
static int
open_log(const struct settings *settings)
{
    enum log_level level = settings->output.verbose ? LOG_D
                           : settings->output.quiet ? LOG_W
                                                    : LOG_I;
    int fd = STDERR_FILENO;
    mode_t before;
    struct err err;

    /* whoever reads a pipe may go away at any time */
    signal(SIGPIPE, SIG_IGN);
    if (settings->output.log_path) {
        before = output_rights_narrow(output_rights(settings->output.log_path,
            settings));
        fd = file_open_for_writing(settings->output.log_path,
            O_CREAT | O_APPEND, &err);
        umask(before);
        if (fd < 0) {
            err_wrap(&err, "the log");
            complain("%s: %s; give --log another file", err.text,
                purpose_type(settings->purpose)->undone);
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
        purpose_type(settings->purpose)->undone);
    return -1;
}

/* The disk is full, or nobody reads; what weighs more stays
 * (docs/contract.md 7). */
static int
fail_to_write(int status)
{
    return status == EXIT_USAGE || status == EXIT_FAULT ? status : EXIT_NO_GO;
}

/* -1, told, when it cannot be written. */
static int
write_summary(const char *path, mode_t rights, const struct run_result *result,
    int status)
{
    mode_t before = output_rights_narrow(rights);
    struct err err;
    int rc = summary_write(path, result, status, &err);

    umask(before);
    if (rc)
        log_error("%s", err.text);
    return rc;
}

/* The report where people look, then the summary where --summary says. Returns
 * the exit status; rights: of the summary. */
static int
tell(const struct settings *settings, const struct run_result *result,
    mode_t rights)
{
    const char *path = settings->output.summary_path;
    bool to_stdout = path && strcmp(path, "-") == 0;
    int status = result->exit_code;

    if (!settings->output.quiet && result->has_begun)
        report_print(to_stdout ? stderr : stdout, result);
    /* before the summary, which is to say how it all ended */
    if (finish_output() != EXIT_DONE || log_failed())
        status = fail_to_write(status);
    if (path && write_summary(path, rights, result, status))
        status = fail_to_write(status);
    return status;
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
            has_begun ? "lines of it are missing"
                      : purpose_type(settings->purpose)->undone);
    else if (settings->output.log_path && !has_begun)
        complain("nothing was %s; the log %s says why",
            purpose_type(settings->purpose)->nothing,
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

/* Logged, since whoever asks for a margin wants to know what it takes. */
static int
check_sample_size(const struct settings *settings)
{
    const struct verification_settings *verification = &settings->verification;
    char n[UNITS_TEXT_BYTES];

    if (!(verification->margin > 0))
        return EXIT_DONE;
    units_of(verification->n, "item", n);
    if (verification->n > VERIFY_MOST) {
        log_error("--margin %g at --confidence %g takes a sample of %s, more "
                  "than is held in memory: give --verify all",
            verification->margin, verification->confidence, n);
        return EXIT_USAGE;
    }
    log_info("--margin %g at --confidence %g takes a sample of %s",
        verification->margin, verification->confidence, n);
    return EXIT_DONE;
}

static unsigned
take_stops(void *ctx)
{
    (void)ctx;
    return signals_take_stops();
}

static void
begun(void *ctx)
{
    (void)ctx;
    signals_begun();
}

static bool
is_stopped(void *ctx)
{
    (void)ctx;
    return signals_is_early_stop();
}

/* With this process's signals and its standard error. */
static struct run_result *
execute(const struct settings *settings)
{
    struct run_host host = {
        .take_stops = take_stops, .begun = begun, .is_stopped = is_stopped};
    struct run_result *result;
    struct err err;

    host.stop_fd = signals_open(
        "memc_load: stopped: nothing was loaded, no file was touched\n",
        EXIT_INTERRUPTED, &err);
    if (host.stop_fd < 0) {
        log_error("%s: %s", err.text, purpose_type(settings->purpose)->undone);
        return run_result_of_none(settings, EXIT_NO_GO);
    }
    host.progress = progress_new(settings);
    result = run_execute(settings, &host);
    progress_free(host.progress);
    /* one ^C too many must not cut off the report and the summary */
    signals_ignore();
    return result;
}

int
cmd_load(const struct settings *settings)
{
    const char *summary = settings->output.summary_path;
    struct run_result *result;
    mode_t rights = 0600;
    int status = open_outputs(settings);

    if (status != EXIT_DONE)
        return status;
    status = check_sample_size(settings);
    if (status != EXIT_DONE) {
        end_log(settings, false);
        return status;
    }
    if (summary)
        rights = output_rights(summary, settings);
    result = execute(settings);
    status = tell(settings, result, rights);
    end_log(settings, result->has_begun);
    run_result_free(result);
    return status;
}
