/*
 * A writer: one thread that drives the sinks of some lanes. It takes packed
 * batches from its inbox, puts their items into its lanes' sinks, and lets the
 * sinks work; lanes.c sets the writers up and hands batches to them. Nobody
 * else includes this.
 *
 * The inbox is shared, under its lock, and the flags in struct writer_shared
 * are atomics; all else belongs to the writer's thread once it runs.
 */
#ifndef LOAD_WRITER_H
#define LOAD_WRITER_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/batch.h"
#include "load/ledger.h"
#include "load/suspects.h"
#include "sink/sink.h"

/* What all writers of a load share. */
struct writer_shared {
    const struct shards *shards;
    struct batch_pool *pool;
    struct ledger *ledger;
    int stop_fd;             /* readable when the load is to stop */
    int64_t timeout_ms;      /* what is out has this long to come home then */
    _Atomic bool is_starved; /* the reader waits for a batch to come home */
    _Atomic bool is_closed;  /* no more batches will come */
};

/* A batch that a lane has items of, in the order they came. */
struct share {
    struct batch *batch;
    size_t left; /* of its items in this lane, those without an outcome */
};

struct lane {
    struct writer_shared *shared;
    struct sink *sink; /* the lane's own */
    size_t index, server;
    struct share *shares; /* a ring of pool size */
    size_t first, n;
    bool is_ready;              /* worth a call of work() */
    int64_t wake_at;            /* when it wants one at the latest */
    struct sink_stats reported; /* what the ledger knows of the sink's */
    struct suspects suspects;   /* in flight on a connection that was lost */
    int64_t lost_at_ms;         /* the last one */
    bool is_settling;           /* the sink has the suspects' copies */
    bool has_unsettled;         /* of them one that could not be stored */
};

struct writer {
    struct writer_shared *shared;
    struct lane *lane; /* its own: lane[0 .. n_lanes - 1] */
    size_t n_lanes;
    struct pollfd *fds; /* wake, stop, then the lanes' */
    int wake_fd;
    bool is_flushed; /* nothing new came since all lanes were flushed */
    int64_t stop_at; /* CLOCK_NEVER until a stop is asked for */
    bool has_given_up;
    pthread_t thread;

    pthread_mutex_t lock; /* guards the inbox */
    struct batch **inbox; /* a ring of pool size */
    size_t first, n;
};

/* A lane without a sink; its owner gives it one, whose done() is lane_done()
 * with the lane as ctx. Releasing it frees the sink. */
void lane_init(struct lane *lane, struct writer_shared *shared, size_t index,
    size_t server);
void lane_release(struct lane *lane);

/* The sink's done(), ctx being the struct lane: n items, from the oldest on. */
void lane_done(void *ctx, struct item *first, size_t n, enum outcome outcome);

/* The sink's lost(), likewise. */
void lane_lost(void *ctx, const struct item *first, size_t n);

/* For these lanes; starts no thread. */
void writer_init(struct writer *writer, struct writer_shared *shared,
    struct lane *lane, size_t n_lanes);
void writer_release(struct writer *writer);

/* Does it have a lane with items of this batch? */
bool writer_concerns(const struct writer *writer, const struct batch *batch);

/* Puts the batch into its inbox, and wakes it. Any thread, but one at a time,
 * in the order of the file. */
void writer_give(struct writer *writer, struct batch *batch);

/* There is something new to look at. Any thread. */
void writer_wake(struct writer *writer);

/* One use of the batch is over; the last one sends it home. Any thread. */
void writer_drop(struct writer_shared *shared, struct batch *batch);

/* One turn, waiting for an event when there is nothing to do (may_wait).
 * False when this writer's work is over. */
bool writer_turn(struct writer *writer, bool may_wait);

#endif
