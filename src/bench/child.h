/*
 * Processes that a benchmark starts. Each dies with the benchmark and is in a
 * session of its own, so that Ctrl-C does not reach it; the loop that waits for
 * it handles signals meanwhile.
 *
 * The waiter is made once, before anything is started. It counts stops, that is
 * SIGINT, SIGTERM or SIGHUP; the first one kills the process that is waited
 * for. One thread. Errors are ERR_IO.
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

/* Installs the signal handlers; once in a process. */
int waiter_init(struct waiter *waiter, struct err *err);

/* Was a stop asked for? */
bool waiter_is_stopped(struct waiter *waiter);

/* Waits for a signal, ms at most. */
void waiter_pause(struct waiter *waiter, int ms);

/* How a child ended. */
struct child_end {
    int status;      /* as of wait(2) */
    bool is_stopped; /* it was killed, since a stop was asked for */
    double wall_s;
    double user_s, system_s; /* with those of its own children */
    uint64_t peak_rss_bytes; /* of the largest of them */
};

/*
 * fork(2), and in the child, which gets 0, everything that was said above. The
 * child ends by exec or _exit(). -1 with err.
 */
pid_t child_fork(struct err *err);

/* In the child, after it became another user: that makes the kernel forget that
 * it is to die with the benchmark, so this asks for it again. */
void child_die_with(pid_t parent);

/* In the child: standard input becomes empty; output and errors are appended to
 * that file. */
void child_redirect(const char *path);

/* Waits for its end; on a stop kills it and its process group. */
void child_wait(pid_t pid, int64_t started_ns, struct waiter *waiter,
    struct child_end *end);

/* Kills it and its process group, and waits for its end; nothing for pid 0. */
void child_kill(pid_t pid);

/* The status of wait(2) as "exit status 1" or "killed by signal 9, Killed". */
void child_status_text(int status, char *out, size_t room);

#endif
