/*
 * The parent is a poll loop: it starts a child for the next file whenever one
 * of --processes places is free, draws progress, passes signals on, reaps each
 * child that ends and settles its file, and renames what is done, in order. It
 * has no threads, and forks before any exist; it samples the files and talks
 * to servers only before the first fork. From then on a child of its own asks
 * them (audit/audit.h), after which a file is done, or to be loaded again.
 *
 * A first SIGINT, SIGTERM or SIGHUP: no file is started any more and every
 * child gets SIGTERM, upon which it stops reading and has --timeout to finish
 * what is under way. A second one, or a child that takes longer: SIGKILL. A
 * child that cannot write its rejects files ends in the same way, and has the
 * others stopped, too.
 */
#include "supervise/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "settings/exit.h"
#include "load/load.h"
#include "audit/audit.h"
#include "input/claim.h"
#include "audit/losses.h"
#include "report/output.h"
#include "supervise/log_relay.h"
#include "proc/signals.h"
#include "supervise/workers.h"

/* What a child gets beyond --timeout to publish its report and end. */
enum { STOP_GRACE_MS = 1000 };

struct supervisor {
    struct run *run;
    struct progress *progress;
    int signal_fd;
    struct relay relay;
    struct audit audit;
    enum file_status *told; /* of each file, what was told last */
    size_t next_file;
    unsigned stops;      /* asked for so far */
    int64_t kill_at;     /* CLOCK_NEVER unless stopping */
    bool has_no_server;  /* every server was given up */
    const char *no_room; /* a reason word: what must be kept cannot be */
};

/* ---------------------------------------------------------------- logs --- */

static void
tell_start(const struct run *run)
{
    char files[UNITS_TEXT_BYTES], processes[UNITS_TEXT_BYTES];
    char memory[UNITS_TEXT_BYTES];

    log_info("%s, mode %s, %s with up to %s of batches in each",
        units_of(run->files.n, "file", files), run_mode(run),
        units_of(run->n_workers, "process", processes),
        units_size(worker_memory(run->settings), memory));
}

static void
tell_settled(struct supervisor *supervisor, const struct file *file)
{
    const char *word = file_status_word(file->status), *reason = file->reason;
    char lines[UNITS_TEXT_BYTES], span[UNITS_TEXT_BYTES];
    enum log_level level = file->status == FILE_FAILED ? LOG_E : LOG_W;

    progress_clear(supervisor->progress);
    /* an export that came out empty looks like one that went well */
    if (file->status == FILE_DONE && file->report &&
        !file->report->counts.lines)
        log_warn("%s: no lines in it; check where it comes from",
            file_shown_name(file));
    else if (file->status == FILE_DONE)
        log_info("%s: read%s: %s in %s", file_shown_name(file),
            settings_stores(supervisor->run->settings) ? " and acknowledged"
                                                       : "",
            units_of(file->report ? file->report->counts.lines : 0, "line",
                lines),
            units_span(file_elapsed_s(file), span));
    else if (strcmp(word, reason) == 0)
        log_line(level, "%s: %s: %s", file_shown_name(file), word,
            file->message);
    else
        log_line(level, "%s: %s (%s): %s", file_shown_name(file), word, reason,
            file->message);
}

/* --------------------------------------------------------------- files --- */

/*
 * Renames what can be, and tells what became of files since the last time; a
 * rename that failed changes a status, too.
 */
static void
rename_settled(struct supervisor *supervisor)
{
    struct file_list *files = &supervisor->run->files;

    for (int i = 0; i < 2; i++) {
        for (size_t j = 0; j < files->n; j++) {
            struct file *file = &files->file[j];

            if (file_is_settled(file) && supervisor->told[j] != file->status)
                tell_settled(supervisor, file);
            supervisor->told[j] = file->status;
        }
        if (i == 0)
            files_rename_settled(files);
    }
}

/* A file of which a server lost records; NULL when there is none to begin. */
static struct file *
find_again(struct run *run)
{
    for (size_t i = 0; i < run->files.n; i++)
        if (run->files.file[i].again &&
            run->files.file[i].status != FILE_RUNNING)
            return &run->files.file[i];
    return NULL;
}

static void
start_again(struct supervisor *supervisor)
{
    struct run *run = supervisor->run;
    struct worker *place;
    struct file *file;

    while ((file = find_again(run)) && (place = worker_free_place(run)) &&
           (file->fd >= 0 || !files_must_wait(&run->files))) {
        if (!file_open_again(file))
            log_warn("%s: it cannot be loaded again: removed, changed or "
                     "locked by another loader",
                file->path);
        else if (worker_start(run, place, file, supervisor->relay.ends[1]) == 0)
            continue;
        losses_fail(run, file);
        rename_settled(supervisor);
    }
}

/* Are workers asked to stop? */
static bool
is_stopping(const struct supervisor *supervisor)
{
    return supervisor->stops || supervisor->no_room;
}

/* Will no file be begun any more? */
static bool
is_ending(const struct supervisor *supervisor)
{
    return is_stopping(supervisor) || supervisor->has_no_server;
}

static void
start_files(struct supervisor *supervisor)
{
    struct run *run = supervisor->run;
    struct worker *place;
    struct file *file;

    if (is_ending(supervisor)) {
        losses_drop(run);
        rename_settled(supervisor);
        return;
    }
    start_again(supervisor);
    while (supervisor->next_file < run->files.n &&
           (place = worker_free_place(run)) && !files_must_wait(&run->files)) {
        file = &run->files.file[supervisor->next_file++];
        if (!file_open(file, run->settings) ||
            worker_start(run, place, file, supervisor->relay.ends[1]))
            rename_settled(supervisor);
    }
}

/* No file is read any further; who takes too long to end is killed. */
static void
stop_workers(struct supervisor *supervisor)
{
    workers_signal(supervisor->run, SIGTERM);
    supervisor->kill_at = clock_ms() +
                          supervisor->run->settings->failure.timeout_ms +
                          STOP_GRACE_MS;
}

/* The disk that is full for one is full for all. */
static void
stop_without_room(struct supervisor *supervisor, const char *reason)
{
    if (!supervisor->stops && !supervisor->no_room)
        stop_workers(supervisor);
    supervisor->no_room = reason;
}

static void
reap(struct supervisor *supervisor)
{
    struct audit *audit = &supervisor->audit;
    bool has_moved = false;
    struct file *file;

    while ((file = workers_reap(supervisor->run, is_stopping(supervisor),
                &audit->poll, &audit->is_answered))) {
        has_moved = true;
        if (file->report->ending == ENDING_REJECTS)
            stop_without_room(supervisor, "rejects");
        else if (file->report->ending == ENDING_VERIFY_LOG)
            stop_without_room(supervisor, "census");
    }
    has_moved |= audit_take(audit, is_stopping(supervisor));
    if (has_moved)
        rename_settled(supervisor);
}

/* A second stop: there is no time to ask the servers. */
static void
settle_unasked(struct supervisor *supervisor)
{
    struct file_list *files = &supervisor->run->files;

    audit_drop(&supervisor->audit);
    for (size_t i = 0; i < files->n; i++)
        if (files->file[i].status == FILE_READ)
            file_settle(&files->file[i], FILE_INTERRUPTED, "interrupted",
                "stopped before its servers could be asked whether they have "
                "it; run again to load it");
    rename_settled(supervisor);
}

static bool
all_away(const struct run *run)
{
    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (!run->shards.server[i].is_away)
            return false;
    return true;
}

/* Files that never had their turn, which nobody is told of one by one. */
static void
skip_rest(struct supervisor *supervisor)
{
    struct file_list *files = &supervisor->run->files;

    for (size_t i = supervisor->next_file; i < files->n; i++)
        supervisor->told[i] = FILE_SKIPPED;
    files_skip(files, supervisor->next_file,
        supervisor->has_no_server ? "no_server"
        : supervisor->no_room     ? supervisor->no_room
                                  : "interrupted");
    supervisor->next_file = files->n;
}

/* ------------------------------------------------------------ stopping --- */

static void
stop(struct supervisor *supervisor, unsigned stops)
{
    if (!stops)
        return;
    progress_clear(supervisor->progress);
    if (supervisor->stops == 0) {
        /* first, so that when it is told, nothing more is read */
        stop_workers(supervisor);
        log_warn("stopping: what is under way has %lld ms to finish; once more "
                 "to stop at once",
            (long long)supervisor->run->settings->failure.timeout_ms);
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
        {.fd = supervisor->relay.ends[0], .events = POLLIN},
    };
    int64_t next_at = supervisor->audit.next_at_ms;
    int wait_ms;

    if (!next_at || next_at > supervisor->kill_at)
        next_at = supervisor->kill_at;
    wait_ms = clock_poll_ms(next_at, clock_ms());
    if (wait_ms < 0 || (progress_ms >= 0 && progress_ms < wait_ms))
        wait_ms = progress_ms;
    if (wait_ms < 0 || wait_ms > SIGNALS_WAIT_MS)
        wait_ms = SIGNALS_WAIT_MS;
    poll(fds, 2, wait_ms);
}

/* No worker runs, and none will, unless the servers have lost something. */
static bool
is_idle(const struct supervisor *supervisor)
{
    return !workers_running(supervisor->run) &&
           (is_ending(supervisor) ||
               supervisor->next_file == supervisor->run->files.n);
}

static bool
is_over(const struct supervisor *supervisor)
{
    const struct audit *audit = &supervisor->audit;

    return is_idle(supervisor) && !audit->poll.pid && !audit->is_answered &&
           (audit->is_final || !settings_stores(supervisor->run->settings) ||
               supervisor->stops > 1);
}

static void
loop(struct supervisor *supervisor)
{
    struct run *run = supervisor->run;

    for (;;) {
        stop(supervisor, signals_take_stops());
        relay_logs(&supervisor->relay);
        reap(supervisor);
        supervisor->has_no_server =
            settings_stores(run->settings) && all_away(run);
        start_files(supervisor);
        if (supervisor->stops > 1)
            settle_unasked(supervisor);
        else if (settings_stores(run->settings))
            audit_ask(&supervisor->audit, is_idle(supervisor));
        if (is_over(supervisor))
            break;
        if (clock_ms() >= supervisor->kill_at) {
            workers_signal(run, SIGKILL);
            supervisor->kill_at = CLOCK_NEVER;
        }
        wait_for_event(supervisor,
            progress_draw(supervisor->progress, run, clock_ns()));
    }
    relay_logs(&supervisor->relay);
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
    if (supervisor->has_no_server || supervisor->no_room)
        return EXIT_NO_GO;
    if (supervisor->stops)
        return EXIT_INTERRUPTED;
    if (run->has_evicted || run_files(run, FILE_DONE) < run->files.n)
        return EXIT_NOT_ALL;
    return EXIT_DONE;
}

int
supervise_files(struct run *run, int signal_fd)
{
    struct supervisor supervisor = {run, .kill_at = CLOCK_NEVER};
    int status;

    supervisor.signal_fd = signal_fd;
    signals_begun();
    run->has_begun = true;
    supervisor.told = mem_zero(run->files.n, sizeof(*supervisor.told));
    for (size_t i = 0; i < run->shards.n_servers; i++)
        baseline_open(&run->baselines[i], &run->shards.server[i].facts);
    audit_init(&supervisor.audit, run);
    supervisor.progress = progress_new(run->settings);
    relay_open(&supervisor.relay, supervisor.progress, run->settings);
    tell_start(run);
    loop(&supervisor);
    audit_tell(&supervisor.audit);
    audit_release(&supervisor.audit);
    free(supervisor.told);
    status = exit_status(&supervisor);
    progress_free(supervisor.progress);
    relay_close(&supervisor.relay);
    return status;
}
