/*
 * One file in one process: source -> record -> sink.
 *
 * worker_run() is what a child does: it loads the text behind `fd` and returns
 * the child's exit status; what happened stands in the slot. Call it in a
 * single-threaded process; it starts and joins its own threads. SIGTERM asks
 * it to stop: it reads no further, gives what is in flight job->timeout_ms to
 * finish, and ends as ENDING_INTERRUPTED.
 */
#ifndef LOAD_WORKER_H
#define LOAD_WORKER_H

#include "job/job.h"
#include "load/report.h"
#include "sink/servers.h"

/* The name is for messages; rejects is the stem of the rejects files, or NULL
 * for none. fd stays the caller's. only: by server, those whose items are
 * wanted, NULL for all; lines of the others count for nothing, and the rejects
 * files of an earlier load of the file are added to. */
int worker_run(const struct job *job, const struct shards *shards, int fd,
    const char *name, const bool *only, const char *rejects, struct slot *slot);

/* Prints what a worker will take of memory, for the log: bytes. */
size_t worker_memory(const struct job *job);

#endif
