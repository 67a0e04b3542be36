#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "job/exit.h"
#include "super/output.h"
#include "super/supervisor.h"

/* -1, said on standard error, when the log cannot be written. */
static int
open_log(const struct job *job)
{
    enum log_level level = job->verbose ? LOG_D : job->quiet ? LOG_W : LOG_I;
    int fd = STDERR_FILENO;

    if (job->log_path) {
        fd = open(job->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
            0666);
        if (fd < 0) {
            fprintf(stderr, "memc_load: cannot open the log %s: %s\n",
                job->log_path, strerror(errno));
            return -1;
        }
    }
    log_init(fd, level);
    return 0;
}

/* The report where people look, the summary where --summary says. */
static int
tell(const struct run *run)
{
    const struct job *job = run->job;
    bool to_stdout = job->summary_path && strcmp(job->summary_path, "-") == 0;
    int status = run->exit_code;
    struct err err;

    if (!job->quiet && run->files.n)
        report_print(to_stdout ? stderr : stdout, run);
    if (job->summary_path && summary_write(job->summary_path, run, &err)) {
        log_error("%s", err.text);
        status = EXIT_NO_GO;
    }
    if (finish_output() != EXIT_DONE)
        status = EXIT_NO_GO;
    /* a fault of ours comes before a full disk */
    return run->exit_code == EXIT_FAULT ? EXIT_FAULT : status;
}

int
cmd_load(struct job *job)
{
    struct run run = {.job = job};
    int status;

    if (open_log(job))
        return EXIT_NO_GO;
    supervise(&run);
    status = tell(&run);
    run_release(&run);
    return status;
}
