/*
 * Signals as readable bytes: handlers write one byte to a pipe, the
 * supervisor's poll loop reads it. One thread, once a process.
 *
 * SIGINT, SIGTERM and SIGHUP ask for a stop; SIGCHLD says that a child ended;
 * SIGPIPE and SIGXFSZ are ignored, so that writes fail with EPIPE or EFBIG
 * instead.
 */
#ifndef SUPER_SIGNALS_H
#define SUPER_SIGNALS_H

#include "base/err.h"

/*
 * Installs the handlers; the fd to poll for reading. -1 with ERR_IO. Until
 * signals_begun() a first stop waits to be read, since what comes before takes
 * --timeout at most; but looking up names may take longer, so a second one
 * ends the program there and then.
 */
int signals_open(struct err *err);
void signals_begun(void);

/* Empties the pipe: how many stops were asked for since the last call. */
unsigned signals_take_stops(void);

/* In a child: closes the pipe, ignores what the terminal sends to all, and
 * blocks SIGTERM until the child can handle it. */
void signals_child(void);

/*
 * Closes the pipe. From now on stops are ignored: what is left, the report and
 * the summary, takes no time, and must not be cut off by one ^C too many.
 */
void signals_close(void);

/* Blocks (or not) SIGTERM around a fork, so that none gets lost. */
void signals_block(int is_blocked);

#endif
