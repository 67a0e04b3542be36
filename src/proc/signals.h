/*
 * Signals as readable bytes: handlers write one byte to a pipe, which a poll
 * loop reads. Owned by who runs the process: a command opens them, and hands
 * the descriptor to what it runs. One at a time in a process; one thread.
 *
 * SIGINT, SIGTERM and SIGHUP ask for a stop, but not where SIGINT or SIGHUP
 * was ignored before: it stays so. SIGPIPE and SIGXFSZ are ignored meanwhile,
 * so that writes fail with EPIPE or EFBIG instead. SIGCHLD wakes the loop.
 */
#ifndef PROC_SIGNALS_H
#define PROC_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* How long to wait for a signal at most: one that got lost, for whatever
 * reason, costs no more than that. */
enum { SIGNALS_WAIT_MS = 5000 };

/*
 * Installs the handlers, whatever was blocked; the fd to poll for reading. -1
 * with ERR_IO. Until signals_begun() a first stop waits to be read, since what
 * comes before takes --timeout at most; but looking up names may take longer,
 * so a second one ends the program there and then: early_text (static, or "")
 * on standard error, and early_status.
 */
int signals_open(const char *early_text, int early_status, struct err *err);
void signals_begun(void);

/* Was a stop asked for that waits to be read? Until signals_begun(). */
bool signals_is_early_stop(void);

/* Empties the pipe: how many stops were asked for since the last call. Those
 * within a moment of each other are one. */
unsigned signals_take_stops(void);

/*
 * fork(2) for a child that these signals are not for, though a terminal or a
 * service manager sends them to all: none reaches it before it has left the
 * pipe. The supervisor alone decides what a stop means. A worker is told by
 * SIGTERM, which stays blocked until it can handle it; whoever else is forked
 * ignores that, too, and is ended by SIGKILL. -1 with errno. Works without
 * signals_open(), too.
 */
pid_t signals_fork(bool is_worker);

/* Closes the pipe; every signal is handled as it was before. */
void signals_close(void);

/*
 * Closes the pipe for good. From now on stops are ignored: what is left, a
 * report and a summary, takes no time, and must not be cut off by one ^C too
 * many.
 */
void signals_ignore(void);

#endif
