#include "proc/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static int ends[2] = {-1, -1};

/* Set by signals_begun(): from then on somebody reads the pipe. */
static volatile sig_atomic_t has_begun;
static volatile sig_atomic_t early_stops;
static const char *early_text;
static int early_status;

/*
 * Stops so close to each other are one. timeout(1) sends one to its child and
 * one to the group; of a terminal that goes away first the shell tells its
 * jobs, then the kernel; a script passes on what the group had got already.
 */
enum { SAME_STOP_MS = 200 };

/* When the last one came that was counted; 0: none. */
static _Atomic int64_t counted_ms;

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
static const int ignored[] = {SIGPIPE, SIGXFSZ};

enum {
    N_CAUGHT = sizeof(caught) / sizeof(caught[0]),
    N_IGNORED = sizeof(ignored) / sizeof(ignored[0]),
};

/* As it was before signals_open(). */
static struct sigaction before[N_CAUGHT + N_IGNORED];
static sigset_t mask_before;

/* Asked a second time before there is anything to finish. */
static void
end_at_once(void)
{
    if (write(STDERR_FILENO, early_text, strlen(early_text)) < 0)
        _exit(early_status);
    _exit(early_status);
}

static void
set_of_caught(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < N_CAUGHT; i++)
        sigaddset(set, caught[i]);
}

/* In a handler, which another one may interrupt. */
static bool
is_same_stop(void)
{
    int64_t last_ms = counted_ms, now_ms = clock_ms();

    return (last_ms && now_ms - last_ms < SAME_STOP_MS) ||
           !atomic_compare_exchange_strong(&counted_ms, &last_ms, now_ms);
}

static void
on_signal(int number)
{
    const char byte = number == SIGCHLD ? 'c' : 's';
    int saved = errno;

    if (number != SIGCHLD && is_same_stop())
        return;
    if (number != SIGCHLD && !has_begun && early_stops++)
        end_at_once();

    /* a full pipe wakes the loop as well */
    if (write(ends[1], &byte, 1) < 0)
        errno = saved;
    errno = saved;
}

/* As nohup(1) leaves SIGHUP, and a shell SIGINT in its background. SIGTERM is
 * always heard: something short of SIGKILL must be able to stop a load. */
static bool
stays_ignored(int number)
{
    struct sigaction now;

    return (number == SIGHUP || number == SIGINT) &&
           sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void
set_all(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_CAUGHT; i++)
        if (!stays_ignored(caught[i]))
            sigaction(caught[i], &action, NULL);
}

int
signals_open(const char *text, int status, struct err *err)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t all;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK)) {
        err_set_errno(err, ERR_IO, "no pipe for signals");
        return -1;
    }
    early_text = text;
    early_status = status;
    has_begun = 0;
    early_stops = 0;
    counted_ms = 0;
    for (size_t i = 0; i < N_CAUGHT; i++)
        sigaction(caught[i], NULL, &before[i]);
    for (size_t i = 0; i < N_IGNORED; i++)
        sigaction(ignored[i], &ignore, &before[N_CAUGHT + i]);
    set_all(on_signal);
    /* exec keeps the mask of whoever started us: never to hear of a child's
     * end is to wait for ever */
    set_of_caught(&all);
    sigprocmask(SIG_UNBLOCK, &all, &mask_before);
    return ends[0];
}

void
signals_begun(void)
{
    has_begun = 1;
}

bool
signals_is_early_stop(void)
{
    return early_stops > 0;
}

unsigned
signals_take_stops(void)
{
    unsigned stops = 0;
    char bytes[64];
    ssize_t n;

    while ((n = read(ends[0], bytes, sizeof(bytes))) > 0)
        for (ssize_t i = 0; i < n; i++)
            stops += bytes[i] == 's';
    return stops;
}

static void
leave(bool is_worker)
{
    struct sigaction action = {.sa_handler = SIG_IGN};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    if (is_worker)
        action.sa_handler = SIG_DFL;
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &action, NULL);
    if (ends[0] >= 0) {
        close(ends[0]);
        close(ends[1]);
    }
}

pid_t
signals_fork(bool is_worker)
{
    sigset_t all, blocked;
    int saved;
    pid_t pid;

    set_of_caught(&all);
    sigprocmask(SIG_BLOCK, &all, &blocked);
    pid = fork();
    saved = errno;
    if (pid == 0) {
        leave(is_worker);
        if (is_worker)
            sigaddset(&blocked, SIGTERM);
    }
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    errno = saved;
    return pid;
}

static void
close_ends(void)
{
    close(ends[0]);
    close(ends[1]);
    ends[0] = ends[1] = -1;
}

void
signals_close(void)
{
    if (ends[0] < 0)
        return;
    for (size_t i = 0; i < N_CAUGHT; i++)
        sigaction(caught[i], &before[i], NULL);
    for (size_t i = 0; i < N_IGNORED; i++)
        sigaction(ignored[i], &before[N_CAUGHT + i], NULL);
    sigprocmask(SIG_SETMASK, &mask_before, NULL);
    close_ends();
}

void
signals_ignore(void)
{
    if (ends[0] < 0)
        return;
    set_all(SIG_IGN);
    close_ends();
}
