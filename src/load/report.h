/*
 * What a worker reports of its input (load/counts.h), and how it hands that to
 * the supervisor.
 *
 * A worker counts a batch in the batch itself and adds it to its report in one
 * step when the batch comes home (load/batch.h), so that
 *     lines = blank + rejected + stored + sent + failed
 * holds in every report that anyone can see. A report is published through a
 * slot in memory shared with the supervisor, so that a worker killed at any
 * moment leaves a whole one (proc/shared_slot.h). The gauges beside it are only
 * for progress and need not agree with it.
 *
 * Counts and reports belong to whoever made them, one thread at a time; who
 * may touch a slot stands there. Nothing here fails: without memory the
 * process ends.
 */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/counts.h"
#include "load/input_reason.h"
#include "proc/shared_slot.h"

enum ending {
    ENDING_NONE,        /* still at it, or died */
    ENDING_READ,        /* the whole file was read, every batch is home */
    ENDING_BROKEN,      /* the source broke off: reason and message say how */
    ENDING_HEADER,      /* it has not the columns it should have: message */
    ENDING_INTERRUPTED, /* a stop was asked for */
    ENDING_REJECTS,     /* the rejects files cannot be written: message */
    ENDING_VERIFY_LOG,  /* what was read back cannot be kept: message */
};

struct report {
    struct counts counts;
    enum ending ending;
    enum input_reason reason; /* of BROKEN, HEADER, REJECTS, VERIFY_LOG */
    int error;                /* errno behind the message; 0: none is known */
    char message[256];        /* the same for people */
    /* in the rejects files, at the end; the header is none of them */
    uint64_t jsonl_lines, tsv_lines, csv_lines;
    size_t n_servers;
    struct server_counts servers[]; /* by index in struct shards */
};

size_t report_bytes(size_t n_servers);
struct report *report_new(size_t n_servers);

/*
 * The server lost what it held of this file: what was stored or sent there is
 * failed now (as by an outage). Returns how many that were.
 */
uint64_t report_lose(struct report *report, size_t server);

/* The same of n of them, or of all that there are. */
void report_unsettle(struct report *report, size_t server, uint64_t n);

/*
 * The file was loaded again for this server, and this is what came of it,
 * instead of what stood there. Items that the second time had less of count
 * as lost: the file was cut short, or the load.
 */
void report_replace(struct report *report, size_t server,
    const struct server_counts *again);

/* It ended as the other one did: ending, reason, message. */
void report_end_like(struct report *report, const struct report *other);

/* Live gauges of a worker; relaxed atomics, any thread. */
struct gauges {
    _Atomic uint64_t offset;     /* input bytes consumed */
    _Atomic uint64_t text_bytes; /* of text read */
    _Atomic uint64_t lines;      /* read so far */
};

/*
 * Shared by one worker (writes) and the supervisor (reads). slot_new() maps
 * it before the fork; slot_clear() makes it fit for the next worker, when the
 * last one is gone.
 */
struct slot {
    size_t n_servers;
    struct gauges gauges;
    struct shared_slot *reports;
};

struct slot *slot_new(size_t n_servers);
void slot_free(struct slot *slot);
void slot_clear(struct slot *slot);

/* Worker only; one thread at a time. */
void slot_publish(struct slot *slot, const struct report *report);

/*
 * A copy of the last report published, all zero before the first; the caller
 * frees it. Any time, also while the worker publishes or after it was killed.
 */
struct report *slot_read(const struct slot *slot);

#endif
