#include "super/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "load/reject_file.h"
#include "load/worker.h"
#include "super/signals.h"

/* ------------------------------------------------------------ starting --- */

/* What a child must not keep: above all other files, whose locks would last
 * as long as any copy of their descriptor. */
static void
close_others(const struct run *run, const struct file *own)
{
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        if (file != own && file->fd > STDERR_FILENO)
            close(file->fd);
    }
}

static void
child(struct run *run, struct worker *worker, struct file *file, int log_fd,
    pid_t supervisor)
{
    int status;

    signals_child();
    /* if the supervisor is killed, finish what is under way and end */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != supervisor)
        exit(EXIT_FAILURE);
    close_others(run, file);
    if (log_fd >= 0)
        log_redirect(log_fd);
    status = worker_run(run->job, &run->shards, file->fd, file->base,
        file->rejects, worker->slot);
    /* exit() rather than _exit(): stdio was flushed before the fork, and leak
     * and coverage checks run here */
    exit(status);
}

int
worker_start(struct run *run, struct worker *worker, struct file *file,
    int log_fd)
{
    pid_t supervisor = getpid(), pid;

    slot_clear(worker->slot);
    file->started_ns = clock_ns();
    fflush(NULL);
    signals_block(true);
    pid = fork();
    if (pid == 0)
        child(run, worker, file, log_fd, supervisor);
    signals_block(false);
    if (pid < 0) {
        file->ended_ns = clock_ns();
        file_settle(file, FILE_FAILED, "worker",
            "cannot start a process for it: %s", strerror(errno));
        return -1;
    }
    worker->pid = pid;
    worker->file = file;
    file->status = FILE_RUNNING;
    return 0;
}

/* -------------------------------------------------------------- ending --- */

static void
settle_read(const struct run *run, struct file *file)
{
    const struct counts *counts = &file->report->counts;
    char failed[UNITS_TEXT_BYTES];
    double rate = counts_error_rate(counts);

    if (counts->outcomes[OUTCOME_OUTAGE])
        file_settle(file, FILE_FAILED, "outage",
            "a shard was given up: %s records failed; load it again when the "
            "server is back",
            units_count(counts->outcomes[OUTCOME_OUTAGE], failed));
    else if (counts->rejected + counts->failed &&
             rate >= run->job->max_error_rate)
        file_settle(file, FILE_FAILED, "error_rate",
            "%.4g %% of its records were rejected or failed, and "
            "--max-error-rate is %.4g %%",
            rate * 100, run->job->max_error_rate * 100);
    else
        file_settle(file, FILE_DONE, "", "%s", "");
}

/* A child that said how it ended. */
static void
settle_ended(const struct run *run, struct file *file)
{
    const struct report *report = file->report;
    char lines[UNITS_TEXT_BYTES];

    switch (report->ending) {
    case ENDING_READ:
        settle_read(run, file);
        break;
    case ENDING_BROKEN:
        file_settle(file, FILE_FAILED, report->reason,
            "%s; the %s lines before it were loaded", report->message,
            units_count(report->counts.lines, lines));
        break;
    case ENDING_REJECTS:
        file_settle(file, FILE_FAILED, report->reason,
            "%s: make room there, or give --rejects DIR or --no-rejects",
            report->message);
        break;
    case ENDING_INTERRUPTED:
        file_settle(file, FILE_INTERRUPTED, "interrupted",
            "stopped; run again to load it");
        break;
    case ENDING_NONE:
        file->is_partial = true;
        file_settle(file, FILE_FAILED, "worker",
            "its worker ended without a word");
        break;
    }
}

/* A child that died. */
static void
settle_dead(struct file *file, int status, bool is_stopping)
{
    char lines[UNITS_TEXT_BYTES];
    uint64_t n = file->report->counts.lines;

    file->is_partial = true;
    if (is_stopping && WIFSIGNALED(status) &&
        (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM))
        file_settle(file, FILE_INTERRUPTED, "interrupted",
            "stopped before all that was under way could be finished");
    else if (WIFSIGNALED(status))
        file_settle(file, FILE_FAILED, "worker",
            "its worker was killed by signal %d (%s); the %s lines of whole "
            "batches are counted; load it again",
            WTERMSIG(status), strsignal(WTERMSIG(status)),
            units_count(n, lines));
    else
        file_settle(file, FILE_FAILED, "worker",
            "its worker ended with status %d; the %s lines of whole batches "
            "are counted",
            WEXITSTATUS(status), units_count(n, lines));
}

/* Servers that this worker gave up are given up for the rest of the run. */
static void
note_away(struct run *run, const struct report *report)
{
    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (report->servers[i].is_away)
            run->shards.server[i].is_away = true;
}

static struct worker *
find_worker(struct run *run, pid_t pid)
{
    for (size_t i = 0; i < run->n_workers; i++)
        if (run->workers[i].pid == pid)
            return &run->workers[i];
    return NULL;
}

static void
add_usage(struct run *run, const struct rusage *usage)
{
    uint64_t max_rss_bytes = (uint64_t)usage->ru_maxrss * 1024;

    run->user_s +=
        (double)usage->ru_utime.tv_sec + (double)usage->ru_utime.tv_usec / 1e6;
    run->system_s +=
        (double)usage->ru_stime.tv_sec + (double)usage->ru_stime.tv_usec / 1e6;
    if (max_rss_bytes > run->max_rss_bytes)
        run->max_rss_bytes = max_rss_bytes;
}

struct file *
workers_reap(struct run *run, bool is_stopping)
{
    struct worker *worker = NULL;
    struct rusage usage;
    struct file *file;
    int status;
    pid_t pid;

    /* a child that is none of ours was left to us by who started us */
    do {
        pid = wait4(-1, &status, WNOHANG, &usage);
        if (pid <= 0)
            return NULL;
        worker = find_worker(run, pid);
    } while (!worker);
    add_usage(run, &usage);
    file = worker->file;
    file->ended_ns = clock_ns();
    file->report = slot_read(worker->slot);
    worker->pid = 0;
    worker->file = NULL;
    note_away(run, file->report);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        settle_ended(run, file);
    else
        settle_dead(file, status, is_stopping);
    if (file->is_partial && file->rejects)
        rejects_remove_working(file->rejects, run->job->dry);
    run->has_fault |= WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAULT;
    return file;
}

void
workers_signal(const struct run *run, int signal_number)
{
    for (size_t i = 0; i < run->n_workers; i++)
        if (run->workers[i].pid)
            kill(run->workers[i].pid, signal_number);
}

size_t
workers_running(const struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n_workers; i++)
        n += run->workers[i].pid != 0;
    return n;
}

struct worker *
worker_free_place(struct run *run)
{
    return find_worker(run, 0);
}
