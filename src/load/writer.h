/*
 * A writer: one thread that drives the sinks of its lanes. lanes.c sets it up
 * and hands it batches; writer.c is its turn. Nobody else includes this.
 *
 * Only the inbox is shared, under its lock, and lanes' flags are atomics; all
 * else belongs to the writer's thread once it runs.
 */
#ifndef LOAD_WRITER_H
#define LOAD_WRITER_H

#include <poll.h>
#include <pthread.h>

#include "load/lanes.h"
#include "sink/sink.h"

/* A batch that a lane has items of, in the order they came. */
struct share {
    struct batch *batch;
    size_t left;
};

struct lane {
    struct lanes *lanes;
    struct sink *sink;
    size_t index, server;
    struct share *shares; /* a ring of pool size */
    size_t first, n;
    bool is_ready;   /* worth a call of work() */
    int64_t wake_at; /* when it wants one at the latest */
    struct sink_stats told;
};

struct writer {
    struct lanes *lanes;
    struct lane *lane; /* its own: lane[0 .. n_lanes - 1] */
    size_t n_lanes;
    struct pollfd *fds; /* wake, stop, then the lanes' */
    char *scratch;
    int wake_fd;
    bool is_flushed; /* nothing new came since all lanes were flushed */
    int64_t stop_at; /* CLOCK_NEVER until a stop is asked for */
    bool has_given_up;
    pthread_t thread;

    pthread_mutex_t lock; /* guards the inbox */
    struct batch **inbox; /* a ring of pool size */
    size_t first, n;
};

struct lanes {
    const struct settings *settings;
    enum purpose purpose;
    struct batch_pool *pool;
    struct ledger *ledger;
    size_t room; /* of the rings: the pool's size */
    int stop_fd;
    struct lane *lane;
    size_t n;
    struct writer *writers;
    size_t n_writers;
    bool has_threads;
    _Atomic bool is_starved, is_closed;
};

/* The sink's done(), ctx being the struct lane: n items, from the oldest on. */
void lane_done(void *ctx, struct item *first, size_t n, enum outcome outcome);

/* One use of the batch is over; the last one sends it home. */
void writer_drop(struct lanes *lanes, struct batch *batch);

/* There is something new to look at. Any thread. */
void writer_wake(struct writer *writer);

/* One turn, waiting for an event when there is nothing to do (may_wait).
 * False when this writer's work is over. */
bool writer_turn(struct writer *writer, bool may_wait);

#endif
