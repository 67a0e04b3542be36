/*
 * The counters of a load, and how a worker hands them to the supervisor.
 *
 * A worker counts a batch in the batch itself and adds it to its report in one
 * step when the batch comes home (load/batch.h), so that
 *     lines = blank + rejected + stored + sent + failed
 * holds in every report that anyone can see. A report is published through a
 * slot in memory shared with the supervisor: two copies, and a number switched
 * last that says which one is whole, so that a worker killed at any moment
 * leaves a whole report (report.c has the argument). The gauges beside it are
 * only for progress and need not agree with it.
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

#include "record/reason.h"
#include "memc/item.h"

/* Every plain counter, listed once: name, what it counts. */
#define COUNTS(X)                                       \
    X(lines, "lines whose outcome is known")            \
    X(blank, "nothing but spaces and tabs")             \
    X(rejected, "bad lines, never stored")              \
    X(stored, "items that their server said it stored") \
    X(sent, "items processed, not known to be kept")    \
    X(failed, "items given up")                         \
    X(out_of_range, "warning: lat or lon out of range") \
    X(skipped_app, "warning: app ids left out")         \
    X(batches, "batches that came home")                \
    X(text_bytes, "bytes of text, inflated")

struct counts {
#define X(name, about) uint64_t name;
    COUNTS(X)
#undef X
    uint64_t rejects[N_REASONS];   /* rejected, by reason */
    uint64_t outcomes[N_OUTCOMES]; /* items, by outcome */
};

void counts_add(struct counts *to, const struct counts *from);

/* lines = blank + rejected + stored + sent + failed, and the parts agree. */
bool counts_balance(const struct counts *counts);

/* (rejected + failed) / (lines - blank); 0 for a file without such lines. */
double counts_error_rate(const struct counts *counts);

/* What one server did; out_of_memory and outage are parts of failed. */
#define SERVER_COUNTS(X)                                      \
    X(stored, "items that it said it stored")                 \
    X(sent, "items processed, not known to be kept")          \
    X(failed, "items given up")                               \
    X(out_of_memory, "items given up because it had no room") \
    X(outage, "items given up because it stayed away")        \
    X(rejected, "items that it refused as too large")         \
    X(retried, "items sent again")                            \
    X(reconnects, "connections opened after the first")       \
    X(is_away, "workers that gave it up; in a worker: it has")

struct server_counts {
#define X(name, about) uint64_t name;
    SERVER_COUNTS(X)
#undef X
};

void server_counts_add(struct server_counts *to,
    const struct server_counts *from);

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
    char reason[32];   /* for BROKEN: "truncated", "corrupt", … */
    char message[256]; /* the same for people */
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

/*
 * The file was loaded again for this server, and this is what came of it,
 * instead of what stood there. Items that the second time had less of count
 * as lost: the file was cut short, or the load.
 */
void report_replace(struct report *report, size_t server,
    const struct server_counts *again);

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
    size_t bytes; /* of the mapping */
    size_t n_servers;
    _Atomic uint64_t published; /* how often; the lowest bit is the copy */
    struct gauges gauges;
    _Atomic uint64_t copies[]; /* two reports, each in whole words */
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
