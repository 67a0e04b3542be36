#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "proc/signals.h"
#include "settings/exit.h"

/* The live line is drawn so often. */
enum { TICK_MS = 200 };

/* -------------------------------------------------------------- waiting --- */

int
waiter_init(struct waiter *waiter, struct err *err)
{
    waiter->signal_fd = signals_open("", EXIT_INTERRUPTED, err);
    if (waiter->signal_fd < 0)
        return -1;
    signals_begun();
    return 0;
}

bool
waiter_is_stopped(struct waiter *waiter)
{
    waiter->stops += signals_take_stops();
    return waiter->stops > 0;
}

void
waiter_pause(struct waiter *waiter, int ms)
{
    struct pollfd wakes = {.fd = waiter->signal_fd, .events = POLLIN};

    if (waiter->tick)
        waiter->tick(waiter->ctx);
    (void)poll(&wakes, 1, ms);
    waiter->stops += signals_take_stops();
}

/* ------------------------------------------------------------- children --- */

void
child_die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAULT);
}

/* A child handles signals as any program does. */
static void
reset_signals(void)
{
    static const int numbers[] = {
        SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGPIPE, SIGXFSZ};
    sigset_t none;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        signal(numbers[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t
child_fork(struct err *err)
{
    pid_t parent = getpid(), pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0)
        err_set_errno(err, ERR_IO, "cannot start a process");
    if (pid == 0) {
        child_die_with(parent);
        setsid();
        reset_signals();
    }
    return pid;
}

void
child_redirect(const char *path)
{
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

    if (in < 0 || out < 0 || dup2(in, STDIN_FILENO) < 0 ||
        dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
        _exit(EXIT_FAULT);
}

/* Its workers are in its process group, which it may not have yet. */
static void
kill_group(pid_t pid)
{
    if (kill(-pid, SIGKILL))
        kill(pid, SIGKILL);
}

static double
seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

void
child_wait(pid_t pid, int64_t started_ns, struct waiter *waiter,
    struct child_end *end)
{
    struct rusage usage;
    pid_t ended;

    *end = (struct child_end){0};
    /* nothing may empty the pipe between wait4() and the pause */
    while ((ended = wait4(pid, &end->status, WNOHANG, &usage)) == 0) {
        if (waiter->stops && !end->is_stopped) {
            end->is_stopped = true;
            kill_group(pid);
        }
        waiter_pause(waiter, TICK_MS);
    }
    must(ended == pid);
    end->wall_s = (double)(clock_ns() - started_ns) / 1e9;
    end->user_s = seconds(&usage.ru_utime);
    end->system_s = seconds(&usage.ru_stime);
    end->peak_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

void
child_kill(pid_t pid)
{
    if (pid <= 0)
        return;
    kill_group(pid);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

void
child_status_text(int status, char *out, size_t room)
{
    if (WIFSIGNALED(status))
        snprintf(out, room, "killed by signal %d, %s", WTERMSIG(status),
            strsignal(WTERMSIG(status)));
    else
        snprintf(out, room, "exit status %d", WEXITSTATUS(status));
}
