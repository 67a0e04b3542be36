/*
 * The scheduler: so many jobs at a time, the next one whenever a place is free.
 *
 * It knows no files and no servers. A client says which job is next and is told
 * what becomes of each, an executor (executor.h) runs them. Per place at most
 * one job runs; a job is started once each time the client names it, and for
 * each that was started ended() is called exactly once.
 *
 * Owned by one loop, in one thread; nothing here waits.
 */
#ifndef SUPERVISE_SCHEDULER_H
#define SUPERVISE_SCHEDULER_H

#include "supervise/executor.h"

struct scheduler_client {
    /* The next job, made ready to start in this place. False: there is none to
     * start now. */
    bool (*next)(void *ctx, size_t place, size_t *job_out);
    void (*started)(void *ctx, size_t place, size_t job);
    /* It could not be started: errno says why. */
    void (*not_started)(void *ctx, size_t place, size_t job, int error);
    /* The place is free again. */
    void (*ended)(void *ctx, size_t place, size_t job,
        const struct process_end *end);
};

struct scheduler;

/* All outlive it. */
struct scheduler *scheduler_new(size_t n_places,
    const struct executor *executor, const struct scheduler_client *client,
    void *ctx);

/* No job runs by then. */
void scheduler_free(struct scheduler *scheduler);

/* Starts jobs as long as a place is free and there is a next one. */
void scheduler_fill(struct scheduler *scheduler);

/* Tells the client of all jobs that have ended. True: there were some. */
bool scheduler_collect(struct scheduler *scheduler);

/* The job in this place, if one runs. It is still to be collected. */
void scheduler_stop(struct scheduler *scheduler, size_t place,
    enum executor_stop how);

size_t scheduler_running(const struct scheduler *scheduler);

/* Fills one for each place; returns how many ms to wait at most, or -1. */
int scheduler_wants(const struct scheduler *scheduler, struct pollfd *fds);

#endif
