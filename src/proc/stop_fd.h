/*
 * SIGTERM as a descriptor: what asks a child process to stop.
 *
 * A child that was forked with SIGTERM blocked (proc/signals.h) calls this
 * once, before it starts threads. From then on SIGTERM makes the descriptor
 * readable, and it stays so, since nobody reads it; whoever works in the child
 * polls it, and may write to it to ask for a stop itself. A SIGTERM that came
 * since the fork counts. It lives as long as the process: a signal may come
 * until the last moment.
 *
 * A process without a descriptor left ends (base/mem.h), nothing else fails.
 */
#ifndef PROC_STOP_FD_H
#define PROC_STOP_FD_H

/* An eventfd. Closed on exec. */
int stop_fd_open(void);

#endif
