/*
 * Processes that a benchmark starts: each dies with it, is in a session of its
 * own, so that Ctrl-C is not for it, and is waited for by a loop that hears
 * signals meanwhile.
 *
 * Who waits (struct waiter) is made once, before anything is started. Stops,
 * that is SIGINT, SIGTERM or SIGHUP, are counted; the first one ends what is
 * being waited for, at once. One thread. Errors are ERR_IO.
 */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct waiter {
    int signal_fd; /* of signals_open() */
    unsigned stops;
    /* called now and then while waiting; or NULL */
    void (*tick)(void *ctx);
    void *ctx;
};

/* Opens the signals' pipe; once a process. */
int waiter_init(struct waiter *waiter, struct err *err);

/* Has a stop been asked for by now? */
bool waiter_is_stopped(struct waiter *waiter);

/* Waits ms at most, or until something happened. */
void waiter_pause(struct waiter *waiter, int ms);

/* How a child ended. */
struct child_end {
    int status;      /* as of wait(2) */
    bool is_stopped; /* because a stop was asked for */
    double wall_s;
    double user_s, system_s; /* with those of its own children */
    uint64_t peak_rss_bytes; /* of the largest of them */
};

/*
 * fork(2), with all that was said above done in the child, which gets 0. It
 * ends by exec or _exit(). -1: err.
 */
pid_t child_fork(struct err *err);

/* In the child: its dying with the benchmark is lost when it becomes another
 * user; says so again. */
void child_die_with(pid_t parent);

/* In the child: standard input is empty, output and errors go to that file. */
void child_redirect(const char *path);

/* Waits for its end, or ends it; its children, too, when it is stopped. */
void child_wait(pid_t pid, int64_t started_ns, struct waiter *waiter,
    struct child_end *end);

/* Ends it at once and waits for that; 0 is none. */
void child_kill(pid_t pid);

/* "exit status 1", "killed by signal 9, Killed": what wait(2) said. */
void child_status_text(int status, char *out, size_t room);

#endif
