/*
 * Likely causes of items that are not what the files say, with what to do: from
 * facts of a shard's servers to text, the most likely cause first.
 *
 * After a load the servers were asked before it and after it, so evictions are
 * those in between (is_watched). `verify` knows only what they say now:
 * evictions since they started, and whether they started, or were flushed,
 * after the file was made.
 *
 * Pure functions, any thread; they cannot fail. Texts are one line each.
 */
#ifndef VERIFY_CAUSES_H
#define VERIFY_CAUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Facts of a server, or of all servers of a shard (cause_facts_merge()). All
 * zero: it answered, and nothing else is known. */
struct cause_facts {
    bool is_away;       /* it did not answer, or not to the end */
    bool is_watched;    /* evictions are those since the load began */
    bool has_restarted; /* since the load began, or the file was made */
    bool has_flushed;   /* likewise; by `verify`: since it started */
    uint64_t evictions; /* since the load began, or since it started */
    uint64_t ttl_s;     /* --ttl; 0 = none */
    uint64_t age_s;     /* since the load began, or of the file; 0: unknown */
};

/* Adds what is known of one more server of the shard. Begin with a copy of
 * the first one's. */
void cause_facts_merge(struct cause_facts *to, const struct cause_facts *from);

/* What needs a cause. */
struct cause_counts {
    uint64_t missing, different, unreadable;
};

/*
 * Calls add() with each likely cause, the most likely first: at least once for
 * each count that is not 0, never for one that is. `what` is "12 missing", and
 * is repeated with a second cause of the same. Texts are valid during the call
 * only. Returns the number of calls.
 */
size_t causes_list(const struct cause_facts *facts,
    const struct cause_counts *counts,
    void (*add)(void *ctx, const char *what, const char *why), void *ctx);

#endif
