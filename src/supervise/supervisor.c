/*
 * The parent is a poll loop: its scheduler starts a process for the next input
 * whenever a place is free, it draws progress, passes stops on, settles the
 * input of each process that ended, and renames what is done, in order. It has
 * no threads, and forks before any exist; it samples the inputs and talks to
 * servers only before the first fork. From then on a process of its own asks
 * them (audit/audit.h), after which an input is done, or to be loaded again.
 *
 * A first stop: no input is started any more and every process gets SIGTERM,
 * upon which it stops reading and has --timeout to finish what is under way. A
 * second one, or a process that takes longer: SIGKILL; but one that has
 * reported, and has only to leave, gets more time, since its account is whole
 * and killing it would cost it that. A process that cannot write its rejects
 * files ends in the same way, and has the others stopped, too.
 */
#include "supervise/supervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/losses.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "proc/signals.h"
#include "report/progress.h"
#include "settings/exit.h"
#include "supervise/executor_fork.h"
#include "supervise/loaders.h"
#include "supervise/log_relay.h"
#include "supervise/next_input.h"
#include "supervise/scheduler.h"
#include "supervise/task_log.h"

enum {
    STOP_GRACE_MS = 1000,   /* beyond --timeout, to publish a report */
    LEAVE_GRACE_MS = 10000, /* beyond that, to leave when it is published:
                               swapped out, or searched for leaks */
};

struct supervisor {
    struct run *run;
    struct task *task;
    const struct run_host *host;
    const struct purpose_type *purpose;
    struct loaders loaders;
    struct fork_executor *forks;
    struct executor executor;
    struct scheduler *scheduler;
    struct pollfd *fds; /* a place each, the audit's, the host's, the relay's */
    struct relay relay;
    struct audit audit;
    struct task_log log;
    struct next_input next;
    unsigned stops;            /* asked for so far */
    int64_t kill_at;           /* CLOCK_NEVER unless stopping */
    bool has_killed;           /* who had not reported by then */
    bool has_no_server;        /* every server was given up */
    enum input_reason no_room; /* what must be kept cannot be; NONE: it can */
};

/* -------------------------------------------------------------- inputs --- */

/*
 * Renames what can be, and tells what became of inputs since the last time; a
 * rename that failed changes a state, too.
 */
static void
finish_settled(void *ctx)
{
    struct supervisor *supervisor = ctx;

    task_log_settled(&supervisor->log);
    task_finish_settled(supervisor->task);
    task_log_settled(&supervisor->log);
}

/* Are processes asked to stop? */
static bool
is_stopping(const struct supervisor *supervisor)
{
    return supervisor->stops || supervisor->no_room != INPUT_REASON_NONE;
}

/* Will no input be begun any more? */
static bool
is_ending(const struct supervisor *supervisor)
{
    return is_stopping(supervisor) || supervisor->has_no_server;
}

/* ------------------------------------------------- the scheduler's client ---
 */

static bool
next(void *ctx, size_t place, size_t *job_out)
{
    struct supervisor *supervisor = ctx;
    size_t n_free =
        supervisor->task->n_places - scheduler_running(supervisor->scheduler);
    struct run_input *at;

    while (!is_ending(supervisor) &&
           (at = next_input_open(&supervisor->next, n_free))) {
        *job_out = (size_t)(at - supervisor->task->inputs);
        if (loader_prepare(&supervisor->loaders, place, at) == 0)
            return true;
        next_input_fail(&supervisor->next, at, errno);
    }
    return false;
}

static void
started(void *ctx, size_t place, size_t job)
{
    struct supervisor *supervisor = ctx;

    loader_started(&supervisor->loaders, place, &supervisor->task->inputs[job]);
}

static void
not_started(void *ctx, size_t place, size_t job, int error)
{
    struct supervisor *supervisor = ctx;

    (void)place;
    next_input_fail(&supervisor->next, &supervisor->task->inputs[job], error);
}

/* No input is read any further; who takes too long to end is killed. */
static void
stop_processes(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->task->n_places; i++)
        scheduler_stop(supervisor->scheduler, i, EXECUTOR_ASK);
    task_hurry(supervisor->task);
    supervisor->has_killed = false;
    supervisor->kill_at = clock_ms() +
                          supervisor->run->settings->failure.timeout_ms +
                          STOP_GRACE_MS;
}

/* Their time is over: first of those that have not reported, then of all. */
static void
kill_late(struct supervisor *supervisor)
{
    bool is_last = supervisor->has_killed || supervisor->stops > 1;
    bool are_leaving = false;

    for (size_t i = 0; i < supervisor->task->n_places; i++) {
        if (!is_last && loader_is_leaving(&supervisor->loaders, i))
            are_leaving = true;
        else
            scheduler_stop(supervisor->scheduler, i, EXECUTOR_AT_ONCE);
    }
    supervisor->has_killed = true;
    supervisor->kill_at =
        are_leaving ? clock_ms() + LEAVE_GRACE_MS : CLOCK_NEVER;
}

/* A process could not write its files for want of room: stop the others, too.
 */
static void
stop_without_room(struct supervisor *supervisor, enum input_reason reason)
{
    if (!is_stopping(supervisor))
        stop_processes(supervisor);
    supervisor->no_room = reason;
}

static void
ended(void *ctx, size_t place, size_t job, const struct process_end *end)
{
    struct supervisor *supervisor = ctx;

    (void)job;
    switch (loader_ended(&supervisor->loaders, place, end,
        is_stopping(supervisor))) {
    case ENDING_REJECTS:
        stop_without_room(supervisor, INPUT_REASON_REJECTS);
        break;
    case ENDING_VERIFY_LOG:
        stop_without_room(supervisor, INPUT_REASON_CENSUS);
        break;
    default:
        break;
    }
}

static const struct scheduler_client client = {
    .next = next,
    .started = started,
    .not_started = not_started,
    .ended = ended,
};

/* ------------------------------------------------------------ stopping --- */

static void
stop(struct supervisor *supervisor, unsigned stops)
{
    if (!stops)
        return;
    progress_clear(supervisor->host->progress);
    if (supervisor->stops == 0) {
        /* first, so that when it is told, nothing more is read */
        stop_processes(supervisor);
        log_warn("stopping: what is under way has %lld ms to finish; once more "
                 "to stop at once",
            (long long)supervisor->run->settings->failure.timeout_ms);
    }
    supervisor->stops += stops;
    if (supervisor->stops > 1)
        supervisor->kill_at = clock_ms();
}

/* A second stop: there is no time to ask the servers. */
static void
settle_unasked(struct supervisor *supervisor)
{
    struct task *task = supervisor->task;
    struct input_outcome outcome;

    audit_drop(&supervisor->audit);
    input_outcome_set(&outcome, INPUT_END_INTERRUPTED, INPUT_REASON_INTERRUPTED,
        "stopped before its servers could be asked whether they have it; run "
        "again to load it");
    for (size_t i = 0; i < task->n; i++)
        if (task->inputs[i].status.state == INPUT_READ)
            input_settle(&task->inputs[i].status, &outcome);
    finish_settled(supervisor);
}

static bool
all_away(const struct run *run)
{
    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (!run->shards.server[i].is_away)
            return false;
    return true;
}

/* Inputs that never had their turn, which nobody is told of one by one. */
static void
skip_rest(struct supervisor *supervisor)
{
    size_t from = supervisor->next.new_from;
    enum input_reason reason = supervisor->has_no_server
                                   ? INPUT_REASON_NO_SERVER
                               : supervisor->no_room ? supervisor->no_room
                                                     : INPUT_REASON_INTERRUPTED;

    next_input_drop_held(&supervisor->next, reason);
    task_skip(supervisor->task, from, reason);
    task_log_pass_over(&supervisor->log, from);
    supervisor->next.new_from = supervisor->task->n;
}

/* ---------------------------------------------------------- the loop --- */

/* Waits for a stop, a log line, the end of a process, or what is due next. */
static void
wait_for_event(struct supervisor *supervisor, int progress_ms)
{
    size_t n = supervisor->task->n_places;
    struct pollfd *fds = supervisor->fds;
    int waits[5], wait_ms = SIGNALS_WAIT_MS;
    size_t n_fds = 0;

    waits[0] = scheduler_wants(supervisor->scheduler, fds);
    audit_wants(&supervisor->audit, &fds[n], &waits[1]);
    waits[2] = clock_poll_ms(supervisor->kill_at, clock_ms());
    waits[3] = progress_ms;
    waits[4] = supervisor->next.n_held || task_awaits(supervisor->task)
                   ? WRITERS_LOOK_MS
                   : -1;
    fds[n + 1] = (struct pollfd){supervisor->host->stop_fd, POLLIN, 0};
    fds[n + 2] = (struct pollfd){supervisor->relay.ends[0], POLLIN, 0};
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
        if (waits[i] >= 0 && waits[i] < wait_ms)
            wait_ms = waits[i];
    /* poll(2) takes no more of them than there may be open files */
    for (size_t i = 0; i < n + 3; i++)
        if (fds[i].fd >= 0)
            fds[n_fds++] = fds[i];
    poll(fds, (nfds_t)n_fds, wait_ms);
}

/* No process runs, and none will, unless the servers have lost something. */
static bool
is_idle(const struct supervisor *supervisor)
{
    return !scheduler_running(supervisor->scheduler) &&
           (is_ending(supervisor) || next_input_is_last(&supervisor->next));
}

static bool
is_over(const struct supervisor *supervisor)
{
    return is_idle(supervisor) && !task_awaits(supervisor->task) &&
           (!supervisor->purpose->stores || supervisor->stops > 1 ||
               audit_is_over(&supervisor->audit));
}

/* Takes what processes that ended have left. */
static void
collect(struct supervisor *supervisor)
{
    bool has_moved = scheduler_collect(supervisor->scheduler);

    has_moved |= audit_take(&supervisor->audit, is_stopping(supervisor));
    has_moved |= task_awaits(supervisor->task);
    if (has_moved)
        finish_settled(supervisor);
}

static void
start(struct supervisor *supervisor)
{
    if (is_ending(supervisor)) {
        losses_drop(supervisor->run);
        finish_settled(supervisor);
        return;
    }
    if (!supervisor->purpose->stores || audit_is_open(&supervisor->audit))
        scheduler_fill(supervisor->scheduler);
}

static void
loop(struct supervisor *supervisor)
{
    struct run *run = supervisor->run;

    for (;;) {
        stop(supervisor, run_host_take_stops(supervisor->host));
        relay_logs(&supervisor->relay);
        collect(supervisor);
        supervisor->has_no_server =
            supervisor->purpose->stores && all_away(run);
        start(supervisor);
        if (supervisor->stops > 1)
            settle_unasked(supervisor);
        else if (supervisor->purpose->stores)
            audit_ask(&supervisor->audit, is_idle(supervisor));
        if (is_over(supervisor))
            break;
        if (clock_ms() >= supervisor->kill_at)
            kill_late(supervisor);
        wait_for_event(supervisor, progress_draw(supervisor->host->progress,
                                       supervisor->task, clock_ns()));
    }
    relay_logs(&supervisor->relay);
    progress_clear(supervisor->host->progress);
    skip_rest(supervisor);
    finish_settled(supervisor);
}

/* The first of docs/contract.md 7 that applies. */
static int
exit_status(const struct supervisor *supervisor)
{
    const struct task *task = supervisor->task;

    if (task->has_fault)
        return EXIT_FAULT;
    if (supervisor->has_no_server || supervisor->no_room)
        return EXIT_NO_GO;
    if (supervisor->stops)
        return EXIT_INTERRUPTED;
    if ((supervisor->purpose->stores && supervisor->run->has_evicted) ||
        task_done(task) < task->n)
        return EXIT_NOT_ALL;
    return EXIT_DONE;
}

static void
open_all(struct supervisor *supervisor)
{
    struct run *run = supervisor->run;
    struct task *task = supervisor->task;

    if (!task->started_ns)
        task->started_ns = clock_ns();
    for (size_t i = 0; supervisor->purpose->stores && i < run->shards.n_servers;
         i++)
        baseline_open(&run->baselines[i], &run->shards.server[i].facts);
    audit_init(&supervisor->audit, run);
    relay_open(&supervisor->relay, supervisor->host->progress, run->settings);
    supervisor->next =
        (struct next_input){run, task, 0, 0, finish_settled, supervisor};
    supervisor->loaders =
        (struct loaders){run, task, supervisor->relay.ends[1]};
    supervisor->forks = fork_executor_new(task->n_places, loader_run,
        &supervisor->loaders, &supervisor->executor);
    supervisor->scheduler = scheduler_new(task->n_places, &supervisor->executor,
        &client, supervisor);
    supervisor->fds = mem_zero(task->n_places + 3, sizeof(*supervisor->fds));
    task_log_open(&supervisor->log, task, supervisor->host->progress);
}

static void
close_all(struct supervisor *supervisor)
{
    task_log_close(&supervisor->log);
    free(supervisor->fds);
    scheduler_free(supervisor->scheduler);
    fork_executor_free(supervisor->forks);
    relay_close(&supervisor->relay);
    audit_release(&supervisor->audit);
}

int
supervise_task(struct run *run, struct task *task, const struct run_host *host)
{
    struct supervisor supervisor = {
        .run = run,
        .task = task,
        .host = host,
        .purpose = purpose_type(task->purpose),
        .kill_at = CLOCK_NEVER,
    };

    open_all(&supervisor);
    task_log_start(&supervisor.log, run->settings);
    loop(&supervisor);
    if (supervisor.purpose->stores)
        audit_tell(&supervisor.audit);
    close_all(&supervisor);
    return exit_status(&supervisor);
}
