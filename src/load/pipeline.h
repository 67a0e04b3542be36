/*
 * The pipeline of one file: reader -> packers -> writers (see pipeline.c).
 * Starts and joins its own threads; the caller's thread is the reader.
 */
#ifndef LOAD_PIPELINE_H
#define LOAD_PIPELINE_H

#include <stdbool.h>

#include "settings/settings.h"
#include "load/check_log.h"
#include "load/report.h"
#include "memc/shard_map.h"

/* What a worker gives its pipeline. All outlive the run. */
struct pipeline_input {
    const struct settings *settings;
    enum purpose purpose;
    const struct shards *shards;
    int fd;
    const char *name;      /* of the file, for messages */
    const bool *only;      /* by server: whose items are wanted; NULL = all */
    const char *rejects;   /* stem of the rejects files (rejects.h), or NULL */
    int stop_fd;           /* an eventfd: readable when a stop is asked for */
    struct slot *slot;     /* where reports are published */
    struct sample *sample; /* what was stored or sent is offered to it; NULL */
    struct check_log check_log; /* what became of items goes there */
};

/* Loads all of it; how it ended stands in the slot's report. */
void pipeline_run(const struct pipeline_input *input);

#endif
