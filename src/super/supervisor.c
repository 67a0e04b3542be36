/*
 * The parent is a poll loop: it starts a child for the next file whenever one
 * of --processes places is free, draws progress, passes signals on, reaps each
 * child that ends and settles its file, and renames what is done, in order. It
 * has no threads, and forks before any exist; it reads no data and talks to
 * servers only before the first fork.
 *
 * A first SIGINT, SIGTERM or SIGHUP: no file is started any more and every
 * child gets SIGTERM, upon which it stops reading and has --timeout to finish
 * what is under way. A second one, or a child that takes longer: SIGKILL. A
 * child that cannot write its rejects files ends in the same way, and has the
 * others stopped, too.
 */
#include "super/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "job/exit.h"
#include "load/worker.h"
#include "super/done.h"
#include "super/output.h"
#include "super/postflight.h"
#include "super/preflight.h"
#include "super/reject_files.h"
#include "super/signals.h"
#include "super/workers.h"

/* What a child gets beyond --timeout to publish its report and end. */
enum { STOP_GRACE_MS = 1000 };

struct supervisor {
    struct run *run;
    struct progress *progress;
    int signal_fd;
    /* children log through this while bars are drawn on the terminal, so that
     * lines and bars do not get in each other's way; -1 otherwise */
    int relay[2];
    size_t next_file;
    unsigned stops;      /* asked for so far */
    int64_t kill_at;     /* CLOCK_NEVER unless stopping */
    bool has_no_server;  /* every server was given up */
    bool has_no_rejects; /* rejects files cannot be written */
};

/* ---------------------------------------------------------------- logs --- */

static void
open_relay(struct supervisor *supervisor)
{
    supervisor->relay[0] = supervisor->relay[1] = -1;
    if (!progress_is_live(supervisor->progress) ||
        supervisor->run->job->log_path)
        return;
    if (pipe2(supervisor->relay, O_CLOEXEC))
        return;
    fcntl(supervisor->relay[0], F_SETFL, O_NONBLOCK);
}

/* What children logged since the last time, to where our log goes. */
static void
relay_logs(struct supervisor *supervisor)
{
    char bytes[16 * LOG_LINE_BYTES];
    ssize_t n;

    if (supervisor->relay[0] < 0)
        return;
    while ((n = read(supervisor->relay[0], bytes, sizeof(bytes))) > 0) {
        progress_clear(supervisor->progress);
        log_raw(bytes, (size_t)n);
    }
}

static void
tell_start(const struct run *run)
{
    const struct job *job = run->job;
    char memory[UNITS_TEXT_BYTES];

    log_info("%zu %s, mode %s, %zu %s with up to %s of batches in each",
        run->files.n, run->files.n == 1 ? "file" : "files",
        job->dry ? "dry" : mode_name(job->mode), run->n_workers,
        run->n_workers == 1 ? "process" : "processes",
        units_size(worker_memory(job), memory));
}

static void
tell_settled(struct supervisor *supervisor, const struct file *file)
{
    char lines[UNITS_TEXT_BYTES], span[UNITS_TEXT_BYTES];

    progress_clear(supervisor->progress);
    if (file->status == FILE_DONE)
        log_info("%s: read and acknowledged: %s lines in %s", file->path,
            units_count(file->report ? file->report->counts.lines : 0, lines),
            units_span(file_elapsed_s(file), span));
    else if (file->status == FILE_FAILED)
        log_error("%s: failed (%s): %s", file->path, file->reason,
            file->message);
    else
        log_warn("%s: %s (%s): %s", file->path, file_status_word(file->status),
            file->reason, file->message);
}

/* --------------------------------------------------------------- files --- */

/* Renames what can be; a rename that failed changes a status, so it is told. */
static void
rename_settled(struct supervisor *supervisor)
{
    struct file_list *files = &supervisor->run->files;
    bool *was_done = mem_zero(files->n, sizeof(*was_done));

    for (size_t i = 0; i < files->n; i++)
        was_done[i] = files->file[i].status == FILE_DONE;
    files_rename_settled(files);
    for (size_t i = 0; i < files->n; i++)
        if (was_done[i] && files->file[i].status != FILE_DONE)
            tell_settled(supervisor, &files->file[i]);
    free(was_done);
}

static void
start_files(struct supervisor *supervisor)
{
    struct run *run = supervisor->run;
    struct worker *place;
    struct file *file;

    while (supervisor->next_file < run->files.n && !supervisor->stops &&
           !supervisor->has_no_server && !supervisor->has_no_rejects &&
           (place = worker_free_place(run))) {
        file = &run->files.file[supervisor->next_file++];
        if (!file_open(file, run->job) ||
            worker_start(run, place, file, supervisor->relay[1])) {
            tell_settled(supervisor, file);
            rename_settled(supervisor);
        }
    }
}

/* No file is read any further; who takes too long to end is killed. */
static void
stop_workers(struct supervisor *supervisor)
{
    workers_signal(supervisor->run, SIGTERM);
    supervisor->kill_at =
        clock_ms() + supervisor->run->job->timeout_ms + STOP_GRACE_MS;
}

/* The disk that is full for one is full for all. */
static void
stop_without_rejects(struct supervisor *supervisor)
{
    if (!supervisor->stops && !supervisor->has_no_rejects)
        stop_workers(supervisor);
    supervisor->has_no_rejects = true;
}

static void
reap(struct supervisor *supervisor)
{
    struct file *file;

    while ((file = workers_reap(supervisor->run,
                supervisor->stops || supervisor->has_no_rejects))) {
        tell_settled(supervisor, file);
        if (file->report->ending == ENDING_REJECTS)
            stop_without_rejects(supervisor);
        rename_settled(supervisor);
    }
}

/* Is every server given up? Then the rest would only be read to fail. */
static bool
all_away(const struct run *run)
{
    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (!run->shards.server[i].is_away)
            return false;
    return true;
}

/* Files that never had their turn. */
static void
skip_rest(struct supervisor *supervisor)
{
    struct run *run = supervisor->run;

    for (; supervisor->next_file < run->files.n; supervisor->next_file++)
        file_settle(&run->files.file[supervisor->next_file], FILE_SKIPPED,
            supervisor->has_no_server    ? "no_server"
            : supervisor->has_no_rejects ? "rejects"
                                         : "interrupted",
            "it was not begun");
}

/* ------------------------------------------------------------ stopping --- */

static void
stop(struct supervisor *supervisor, unsigned stops)
{
    if (!stops)
        return;
    progress_clear(supervisor->progress);
    if (supervisor->stops == 0) {
        log_warn("stopping: what is under way has %lld ms to finish; once more "
                 "to stop at once",
            (long long)supervisor->run->job->timeout_ms);
        stop_workers(supervisor);
    }
    supervisor->stops += stops;
    if (supervisor->stops > 1)
        supervisor->kill_at = clock_ms();
}

/* ---------------------------------------------------------- the loop --- */

/* Waits for a signal, a log line, or the next thing that is due. */
static void
wait_for_event(struct supervisor *supervisor, int progress_ms)
{
    struct pollfd fds[] = {
        {.fd = supervisor->signal_fd, .events = POLLIN},
        {.fd = supervisor->relay[0], .events = POLLIN},
    };
    int wait_ms = clock_poll_ms(supervisor->kill_at, clock_ms());

    if (wait_ms < 0 || (progress_ms >= 0 && progress_ms < wait_ms))
        wait_ms = progress_ms;
    poll(fds, 2, wait_ms);
}

static void
loop(struct supervisor *supervisor)
{
    struct run *run = supervisor->run;

    for (;;) {
        stop(supervisor, signals_take_stops());
        relay_logs(supervisor);
        reap(supervisor);
        supervisor->has_no_server = !run->job->dry && all_away(run);
        start_files(supervisor);
        if (!workers_running(run))
            break;
        if (clock_ms() >= supervisor->kill_at) {
            workers_signal(run, SIGKILL);
            supervisor->kill_at = CLOCK_NEVER;
        }
        wait_for_event(supervisor,
            progress_draw(supervisor->progress, run, clock_ns()));
    }
    relay_logs(supervisor);
    progress_clear(supervisor->progress);
    skip_rest(supervisor);
    rename_settled(supervisor);
}

/* The first of DESIGN A.7 that applies. */
static int
exit_status(const struct supervisor *supervisor)
{
    const struct run *run = supervisor->run;

    if (run->has_fault)
        return EXIT_FAULT;
    if (supervisor->has_no_server || supervisor->has_no_rejects || log_failed())
        return EXIT_NO_GO;
    if (supervisor->stops)
        return EXIT_INTERRUPTED;
    if (run->has_lost || run_files(run, FILE_DONE) < run->files.n)
        return EXIT_NOT_ALL;
    return EXIT_DONE;
}

static int
run_all(struct run *run)
{
    struct supervisor supervisor = {.run = run, .kill_at = CLOCK_NEVER};
    struct err err;
    int status;

    supervisor.signal_fd = signals_open(&err);
    if (supervisor.signal_fd < 0) {
        log_error("%s", err.text);
        return EXIT_NO_GO;
    }
    run->has_begun = true;
    supervisor.progress = progress_new(run->job);
    open_relay(&supervisor);
    tell_start(run);
    loop(&supervisor);
    /* who asks twice to stop does not want to wait for servers */
    if (!run->job->dry && supervisor.stops < 2)
        run->has_lost = postflight_servers(run);
    status = exit_status(&supervisor);
    progress_free(supervisor.progress);
    signals_close();
    if (supervisor.relay[0] >= 0) {
        close(supervisor.relay[0]);
        close(supervisor.relay[1]);
    }
    return status;
}

static void
place_workers(struct run *run)
{
    run->n_workers =
        run->job->processes < run->files.n ? run->job->processes : run->files.n;
    run->workers = mem_zero(run->n_workers, sizeof(*run->workers));
    for (size_t i = 0; i < run->n_workers; i++)
        run->workers[i].slot = slot_new(run->shards.n_servers);
}

int
supervise(struct run *run)
{
    struct supervisor none = {.run = run, .has_no_server = true};
    struct err err;

    run->started_ns = clock_ns();
    preflight_shards(run);
    if (file_list_make(&run->files, run->job, &err)) {
        log_error("%s", err.text);
        run->exit_code = EXIT_USAGE;
    } else if (reject_files_plan(&run->files, run->job, &err)) {
        none = (struct supervisor){.run = run, .has_no_rejects = true};
        skip_rest(&none);
        log_error("%s: nothing was loaded, no file was touched", err.text);
        run->exit_code = err.code == ERR_USAGE ? EXIT_USAGE : EXIT_NO_GO;
    } else {
        place_workers(run);
        if (!run->job->dry && preflight_servers(run)) {
            skip_rest(&none);
            log_error("nothing was loaded, no file was touched");
            run->exit_code = EXIT_NO_GO;
        } else {
            run->exit_code = run_all(run);
        }
    }
    run->ended_ns = clock_ns();
    return run->exit_code;
}

void
run_release(struct run *run)
{
    for (size_t i = 0; i < run->n_workers; i++)
        slot_free(run->workers[i].slot);
    free(run->workers);
    file_list_release(&run->files);
    shards_release(&run->shards);
}
