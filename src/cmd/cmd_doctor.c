#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "settings/exit.h"
#include "preflight/doctor.h"
#include "supervise/stages.h"

/* With -q the log alone tells, and only what is wrong. */
static void
tell(const struct run *run, const struct preflight *preflight)
{
    const char *summary = run->job->summary_path;

    if (run->job->quiet)
        preflight_tell(run, preflight, true);
    else
        doctor_print(summary && strcmp(summary, "-") == 0 ? stderr : stdout,
            run, preflight);
}

int
cmd_doctor(struct job *job)
{
    struct run run = {.job = job};
    struct preflight preflight;
    struct err err;
    int status = open_outputs(job);

    if (status != EXIT_DONE)
        return status;
    doctor_examine(&run, &preflight);
    tell(&run, &preflight);
    if (finish_output() != EXIT_DONE || log_failed())
        run.exit_code = EXIT_NO_GO;
    if (job->summary_path &&
        doctor_summary_write(job->summary_path, &run, &preflight, &err)) {
        log_error("%s", err.text);
        run.exit_code = EXIT_NO_GO;
    }
    end_log(job, true);
    status = run.exit_code;
    preflight_release(&preflight);
    run_release(&run);
    return status;
}
