#include "supervise/workers.h"

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
#include "load/load.h"
#include "run/input_outcome.h"
#include "audit/losses.h"
#include "supervise/readback.h"
#include "proc/signals.h"

/* -------------------------------------------------------------- places --- */

void
workers_place(struct run *run)
{
    run->n_workers = run_places(run);
    run->workers = mem_zero(run->n_workers, sizeof(*run->workers));
    run->baselines = mem_zero(run->shards.n_servers, sizeof(*run->baselines));
    for (size_t i = 0; i < run->n_workers; i++) {
        run->workers[i].sample_fd = -1;
        run->workers[i].slot = slot_new(run->shards.n_servers);
        run->workers[i].periods =
            mem_zero(run->shards.n_servers, sizeof(*run->workers[i].periods));
    }
}

void
workers_release(struct run *run)
{
    for (size_t i = 0; i < run->n_workers; i++) {
        slot_free(run->workers[i].slot);
        free(run->workers[i].periods);
    }
    free(run->workers);
    free(run->baselines);
}

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

    /* if the supervisor is killed, finish what is under way and end */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != supervisor)
        exit(EXIT_FAILURE);
    close_others(run, file);
    if (log_fd >= 0)
        log_redirect(log_fd);
    status = worker_run(&(struct worker_input){
        .settings = run->settings,
        .shards = &run->shards,
        .fd = file->fd,
        .name = file->base,
        .only = file->again,
        .rejects = file->rejects,
        .slot = worker->slot,
        .sample_fd = worker->sample_fd,
        .check_log = {run->verify_log, file->number, file->generations},
    });
    /* exit() rather than _exit(): stdio was flushed before the fork, and leak
     * and coverage checks run here */
    exit(status);
}

/* In which generation of each server its items are stored, in which period
 * counted. */
static void
note_baselines(const struct run *run, struct worker *worker, struct file *file)
{
    size_t n = run->shards.n_servers;

    if (!file->generations)
        file->generations = mem_zero(n, sizeof(*file->generations));
    for (size_t i = 0; i < n; i++) {
        worker->periods[i] = run->baselines[i].period;
        if (!file->again || file->again[i])
            file->generations[i] = run->baselines[i].generation;
    }
}

int
worker_start(struct run *run, struct worker *worker, struct file *file,
    int log_fd)
{
    pid_t supervisor = getpid(), pid = -1;

    slot_clear(worker->slot);
    if (!file->again)
        file->started_ns = clock_ns();
    note_baselines(run, worker, file);
    fflush(NULL);
    if (proof_place(run, worker) == 0)
        pid = signals_fork(true);
    if (pid == 0)
        child(run, worker, file, log_fd, supervisor);
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

/* Servers that this worker gave up are given up for the rest of the run; what
 * it had acknowledged goes into their books. */
static void
note_servers(struct run *run, const struct worker *worker,
    const struct report *report)
{
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server_counts *of = &report->servers[i];

        if (of->is_away)
            run->shards.server[i].is_away = true;
        run->baselines[i].reconnects += of->reconnects;
        run->baselines[i].acked_ever += of->stored + of->sent;
        if (worker->periods[i] == run->baselines[i].period)
            run->baselines[i].acked += of->stored + of->sent;
    }
}

/* A child that loaded the file for the first time. */
static void
end_first(const struct run *run, struct file *file, struct report *report,
    int status, bool is_stopping)
{
    file->report = report;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        judge_death(file, status, is_stopping);
    else
        judge_report(run, file);
    if (file->status == FILE_DONE && settings_stores(run->settings))
        file->status = FILE_READ;
}

/* A child that loaded it again for some of the servers. */
static void
end_again(const struct run *run, struct file *file, struct report *report,
    int status)
{
    bool is_whole = WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
                    report->ending == file->report->ending;

    losses_reloaded(run, file, report, is_whole);
    if (report->ending == ENDING_REJECTS ||
        report->ending == ENDING_VERIFY_LOG) {
        file->report->ending = report->ending;
        memcpy(file->report->reason, report->reason, sizeof(report->reason));
        memcpy(file->report->message, report->message, sizeof(report->message));
        judge_report(run, file);
    }
    free(report);
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
workers_reap(struct run *run, bool is_stopping, struct server_poll *poll,
    bool *is_answered)
{
    struct worker *worker = NULL;
    struct report *report;
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
        if (pid == poll->pid) {
            server_poll_end(poll, WIFEXITED(status) && !WEXITSTATUS(status));
            *is_answered = true;
        }
    } while (!worker);
    add_usage(run, &usage);
    file = worker->file;
    file->ended_ns = clock_ns();
    report = slot_read(worker->slot);
    proof_take(run, worker, file, WIFEXITED(status) && !WEXITSTATUS(status));
    worker->pid = 0;
    worker->file = NULL;
    note_servers(run, worker, report);
    if (file->again)
        end_again(run, file, report, status);
    else
        end_first(run, file, report, status, is_stopping);
    if (file->rejects && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        rejects_remove_working(file->rejects, run->settings->dry);
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
