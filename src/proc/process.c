#include "proc/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/signals.h"

/* All that run: what tells of their ends is not for those that start later. */
static struct process *running;

static void
leave_others(void)
{
    for (; running; running = running->next)
        if (running->exit_fd >= 0)
            close(running->exit_fd);
}

static void
forget(const struct process *process)
{
    struct process **at = &running;

    while (*at != process)
        at = &(*at)->next;
    *at = process->next;
}

pid_t
process_start(struct process *process, enum process_kind kind)
{
    bool is_asked = kind == PROCESS_IS_ASKED;
    pid_t parent = getpid(), pid;

    /* or the child would write it once more */
    fflush(NULL);
    pid = signals_fork(is_asked);
    if (pid < 0)
        return pid;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, is_asked ? SIGTERM : SIGKILL);
        if (getppid() != parent) /* it died before that */
            exit(EXIT_FAILURE);
        leave_others();
        return 0;
    }
    process->pid = pid;
    process->exit_fd = (int)syscall(SYS_pidfd_open, pid, 0);
    process->next = running;
    running = process;
    return pid;
}

static double
seconds(const struct timeval *span)
{
    return (double)span->tv_sec + (double)span->tv_usec / 1e6;
}

bool
process_reap(struct process *process, struct process_end *end)
{
    struct rusage usage = {0};
    int status = 0;
    pid_t pid;

    do
        pid = wait4(process->pid, &status, WNOHANG, &usage);
    while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return false;
    if (pid < 0)
        status = 255 << 8; /* somebody else took it: nothing is known of it */
    forget(process);
    if (process->exit_fd >= 0)
        close(process->exit_fd);
    *process = (struct process){0};
    *end = (struct process_end){
        .wait_status = status,
        .user_s = seconds(&usage.ru_utime),
        .system_s = seconds(&usage.ru_stime),
        .max_rss_bytes = (uint64_t)usage.ru_maxrss * 1024,
    };
    return true;
}

bool
process_ended_well(const struct process_end *end)
{
    return WIFEXITED(end->wait_status) && WEXITSTATUS(end->wait_status) == 0;
}

void
process_signal(const struct process *process, int number)
{
    if (process->pid)
        kill(process->pid, number);
}

void
process_wants(const struct process *process, struct pollfd *poll_out,
    int *wait_ms_out)
{
    bool is_told = process->pid && process->exit_fd >= 0;

    *poll_out = (struct pollfd){
        .fd = is_told ? process->exit_fd : -1, .events = POLLIN};
    *wait_ms_out = process->pid && !is_told ? PROCESS_WAIT_MS : -1;
}
