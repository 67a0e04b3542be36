/*
 * Ends the wait of threads that block in libmemcached.
 *
 * libmemcached's own timeout closes the connection and forgets it, while the
 * server may still apply what it has not read yet, after later sets of a new
 * connection. So its timeout is put off to the end of all patience, and this
 * thread (one a process, started with the first sink that needs it) shuts a
 * connection down for writing when its call takes longer than timeout_ms: the
 * server answers what it has, then ends the connection, and libmemcached, still
 * waiting, sees the true reply or the end. After max_outage_ms the connection
 * is cut for good, and so it is timeout_ms after a stop was asked for: nobody
 * counts that item any more, and the worker has to end.
 *
 * So is one of which the server's kernel has acknowledged nothing for
 * timeout_ms although it was shut and sent again: it may have been forgotten by
 * a firewall, and then it has no end.
 *
 * But for one case, which is left to libmemcached's timeout: a unix socket that
 * is cut while its peer leaves it full hangs up and has no room, and
 * libmemcached, waiting for room, would poll it without end and without pause.
 *
 * The sinks that need it hold it from their creation to their end; the thread
 * runs as long as anyone does. hold, release: the thread that makes and frees
 * the sinks. add, remove: any thread. Around a wait, the sink stores the time
 * in since_ms, and 0 after it: two atomic stores.
 */
#ifndef SINK_WATCHDOG_H
#define SINK_WATCHDOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct guarded {
    int fd; /* a duplicate of the connection's, ours; -1 = none */
    int64_t timeout_ms, max_outage_ms;
    _Atomic int64_t since_ms; /* 0 = not waiting */
    _Atomic bool was_shut;    /* by the watchdog */
    struct guarded *next;     /* the watchdog's list, under its lock */
};

/* stop_fd becomes readable, and stays so, when the run is to stop; -1: it never
 * will. The same for all holders. */
void watchdog_hold(int stop_fd);
void watchdog_release(void);

/* From now on `guarded` is looked after; its fd must be set. */
void watchdog_add(struct guarded *guarded);
/* Not any more; closes the fd. */
void watchdog_remove(struct guarded *guarded);

/* How long a wait that begins now may last: timeout_ms, less once a stop was
 * asked for, in the end 0 or less. Any thread that holds it. */
int64_t watchdog_left_ms(const struct guarded *guarded);

#endif
