#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "settings/exit.h"
#include "preflight/doctor.h"
#include "run/run.h"

/* With -q the log alone tells, and only what is wrong. */
static void
tell(const struct run *run, const struct preflight *preflight, int status)
{
    const char *summary = run->settings->output.summary_path;

    if (run->settings->output.quiet)
        preflight_tell(run, preflight, true);
    else
        doctor_print(summary && strcmp(summary, "-") == 0 ? stderr : stdout,
            run, preflight, status);
}

int
cmd_doctor(const struct settings *settings)
{
    struct preflight preflight;
    struct run run;
    struct err err;
    int status = open_outputs(settings);

    if (status != EXIT_DONE)
        return status;
    run_init(&run, settings);
    status = doctor_examine(&run, &preflight);
    tell(&run, &preflight, status);
    if (finish_output() != EXIT_DONE || log_failed())
        status = EXIT_NO_GO;
    if (settings->output.summary_path &&
        doctor_summary_write(settings->output.summary_path, &run, &preflight,
            status, &err)) {
        log_error("%s", err.text);
        status = EXIT_NO_GO;
    }
    end_log(settings, true);
    preflight_release(&preflight);
    run_release(&run);
    return status;
}
