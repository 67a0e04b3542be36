/*
 * The counters of a load: each is listed once, here, with where it is shown.
 * Sums, the report, the summary, progress and metrics are made from the lists.
 *
 * Values; they belong to whoever made them, one thread at a time. Cannot fail.
 */
#ifndef LOAD_COUNTS_H
#define LOAD_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memc/item.h"
#include "record/reason.h"

/* Where a counter is shown in the summary (docs/contract.md 8). */
enum count_use {
    COUNT_TOTAL = 1 << 0,   /* in the totals */
    COUNT_INPUT = 1 << 1,   /* with each input */
    COUNT_WARNING = 1 << 2, /* as a warning; in the report, too */
    COUNT_SERVER = 1 << 3,  /* with each shard and server */
    COUNT_QUIET = 1 << 4,   /* the report leaves its column out if all is 0 */
};

/*
 * Of an input: X(name, where it is shown, which column of the report's table
 * it is, from 1, or 0 for none, what it counts). The summary has the order of
 * the list.
 */
#define COUNTS(X)                                                          \
    X(lines, COUNT_TOTAL | COUNT_INPUT, 1, "lines whose outcome is known") \
    X(batches, COUNT_INPUT, 0, "batches that came home")                   \
    X(blank, COUNT_TOTAL | COUNT_INPUT | COUNT_QUIET, 2,                   \
        "nothing but spaces and tabs")                                     \
    X(stored, COUNT_TOTAL | COUNT_INPUT | COUNT_QUIET, 3,                  \
        "items that their server said it stored")                          \
    X(sent, COUNT_TOTAL | COUNT_INPUT | COUNT_QUIET, 4,                    \
        "items processed, not known to be kept")                           \
    X(rejected, COUNT_TOTAL | COUNT_INPUT, 5, "bad lines, never stored")   \
    X(failed, COUNT_TOTAL | COUNT_INPUT, 6, "items given up")              \
    X(text_bytes, COUNT_TOTAL, 0, "bytes of text, inflated")               \
    X(out_of_range, COUNT_WARNING, 0, "numbers outside of their range")    \
    X(skipped_app, COUNT_WARNING, 0, "items of lists that were left out")

struct counts {
#define X(name, use, column, about) uint64_t name;
    COUNTS(X)
#undef X
    uint64_t rejects[N_REASONS];   /* rejected, by reason */
    uint64_t outcomes[N_OUTCOMES]; /* items, by outcome */
};

/* Of a server; out_of_memory and outage are parts of failed. */
#define SERVER_COUNTS(X)                                                     \
    X(stored, COUNT_SERVER | COUNT_QUIET, 1, "items that it said it stored") \
    X(sent, COUNT_SERVER | COUNT_QUIET, 2,                                   \
        "items processed, not known to be kept")                             \
    X(failed, COUNT_SERVER, 3, "items given up")                             \
    X(retried, COUNT_SERVER | COUNT_QUIET, 5, "items sent again")            \
    X(reconnects, COUNT_SERVER | COUNT_QUIET, 6,                             \
        "connections opened after the first")                                \
    X(out_of_memory, COUNT_SERVER | COUNT_QUIET, 4,                          \
        "items given up because it had no room")                             \
    X(outage, 0, 0, "items given up because it stayed away")                 \
    X(rejected, 0, 0, "items that it refused as too large")                  \
    X(is_away, 0, 0, "processes that gave it up; in one: it has")

struct server_counts {
#define X(name, use, column, about) uint64_t name;
    SERVER_COUNTS(X)
#undef X
};

/* A row of one of the lists. */
struct count_field {
    const char *name;  /* as in the summary */
    const char *about; /* for people */
    unsigned use;      /* enum count_use */
    unsigned column;   /* of the report, from 1; 0: none */
    size_t offset;
};

enum {
#define X(name, use, column, about) COUNT_##name,
    COUNTS(X)
#undef X
        N_COUNTS
};

enum {
#define X(name, use, column, about) SERVER_COUNT_##name,
    SERVER_COUNTS(X)
#undef X
        N_SERVER_COUNTS
};

extern const struct count_field count_fields[N_COUNTS];
extern const struct count_field server_count_fields[N_SERVER_COUNTS];

/* The row that is this column of the report; NULL: there are no more. */
const struct count_field *count_column(const struct count_field *fields,
    size_t n, unsigned column);

/* counts: a struct counts or server_counts, whichever the row is of. */
static inline uint64_t
count_get(const void *counts, const struct count_field *field)
{
    return *(const uint64_t *)((const char *)counts + field->offset);
}

void counts_add(struct counts *to, const struct counts *from);

/* lines = blank + rejected + stored + sent + failed, and the parts agree. */
bool counts_balance(const struct counts *counts);

/* (rejected + failed) / (lines - blank); 0 for an input without such lines. */
double counts_error_rate(const struct counts *counts);

void server_counts_add(struct server_counts *to,
    const struct server_counts *from);

#endif
