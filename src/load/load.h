/*
 * One open input in one process: source -> record -> sink.
 *
 * A load is a function: it forks nothing, hears no signal and may be called
 * again and again. It starts and joins its own threads and leaves nothing
 * behind but the report in the slot. To stop it, make `stop_fd` readable: it
 * reads no further, gives what is in flight settings->failure.timeout_ms to
 * finish, and ends as ENDING_INTERRUPTED.
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "settings/settings.h"
#include "load/check_log.h"
#include "load/report.h"
#include "memc/shard_map.h"

/* What a load is given. All of it stays the caller's and outlives the load. */
struct load_input {
    const struct settings *settings;
    enum purpose purpose;
    const struct shards *shards;
    int fd;           /* the input */
    const char *name; /* of it, for messages */
    /* by server, those whose items are wanted, NULL for all: lines of the
     * others count for nothing, and the rejects files of an earlier load of the
     * file are added to */
    const bool *only;
    const char *rejects; /* stem of the rejects files; NULL: none */
    /* an eventfd: readable when a stop is asked for; the load writes to it when
     * it cannot go on itself */
    int stop_fd;
    struct slot *slot; /* where reports are published */
    int sample_fd;     /* where the sample is written to, with
                        * settings->verification.n */
    struct check_log check_log;
};

/* How it ended stands in the slot's report. */
void load_run(const struct load_input *input);

/* What a load will take of memory, for the log: bytes. */
size_t load_memory(const struct settings *settings);

#endif
