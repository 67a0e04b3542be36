/*
 * One file in one process: source -> record -> sink.
 *
 * worker_run() is what a child does: it loads the text behind `fd` and returns
 * the child's exit status; what happened stands in the slot. Call it in a
 * single-threaded process; it starts and joins its own threads. SIGTERM asks
 * it to stop: it reads no further, gives what is in flight
 * settings->failure.timeout_ms to finish, and ends as ENDING_INTERRUPTED.
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "settings/settings.h"
#include "load/check_log.h"
#include "load/report.h"
#include "memc/shard_map.h"

/* What a worker is given. All outlive it. */
struct worker_input {
    const struct settings *settings;
    enum purpose purpose;
    const struct shards *shards;
    int fd;           /* the file; stays the caller's */
    const char *name; /* of it, for messages */
    /* by server, those whose items are wanted, NULL for all: lines of the
     * others count for nothing, and the rejects files of an earlier load of the
     * file are added to */
    const bool *only;
    const char *rejects; /* stem of the rejects files; NULL: none */
    struct slot *slot;
    int sample_fd; /* where the sample is handed over, with
                    * settings->verification.n
                    */
    struct check_log check_log;
};

int worker_run(const struct worker_input *input);

/* Prints what a worker will take of memory, for the log: bytes. */
size_t worker_memory(const struct settings *settings);

#endif
