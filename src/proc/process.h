/*
 * A child process that we forked: started, signalled, reaped by its own pid.
 *
 * It dies with us and has none of our signal handlers (signals.h). Children
 * that others in this process have forked are left alone: waiting is always for
 * one pid. SIGCHLD needs no handler, but must not be ignored. The struct is the
 * caller's; all zero means that no child runs, and while one does, the struct
 * stays where it is. One thread; nothing blocks.
 */
#ifndef PROC_PROCESS_H
#define PROC_PROCESS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How long to wait at most where the kernel does not tell of a child's end
 * (before Linux 5.3). */
enum { PROCESS_WAIT_MS = 50 };

enum process_kind {
    /* SIGTERM asks it to stop: it stays blocked until the child can handle it,
     * and is what the child gets when we die */
    PROCESS_IS_ASKED,
    /* SIGTERM is ignored; SIGKILL ends it, also when we die */
    PROCESS_IS_KILLED,
};

struct process {
    pid_t pid;            /* 0: none is running */
    int exit_fd;          /* readable when it has ended; -1: not known by one */
    struct process *next; /* of all that run; process.c's */
};

struct process_end {
    int wait_status; /* of wait4(2) */
    double user_s, system_s;
    uint64_t max_rss_bytes;
};

/* fork(2): 0 in the child, which has to leave by exit(3), stdio flushed before;
 * its pid for us; -1 with errno. */
pid_t process_start(struct process *process, enum process_kind kind);

static inline bool
process_is_running(const struct process *process)
{
    return process->pid != 0;
}

/* False: it has not ended. Otherwise it is gone and *end says how. */
bool process_reap(struct process *process, struct process_end *end);

/* It came to its end by itself and said that all was well. */
bool process_ended_well(const struct process_end *end);

/* Nothing where none is running. */
void process_signal(const struct process *process, int number);

/* What to poll(2) for to hear of its end, and how long at the most, or -1. */
void process_wants(const struct process *process, struct pollfd *poll_out,
    int *wait_ms_out);

#endif
