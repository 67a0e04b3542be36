/*
 * Why items are not what the files say: from what is known of a shard's
 * servers to words, most likely first, each with what to do.
 *
 * What is known comes in two ways. After a load the servers were read before
 * and behind it, so evictions are those since then (is_watched). Later, by
 * `verify`, there is only what they say now: evictions since they started, and
 * whether they started, or were flushed, when the file was there already.
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
 * zero: nothing is known but that it answered. */
struct cause_facts {
    bool is_away;       /* it did not answer, or not to the end */
    bool is_watched;    /* evictions are those since the load began */
    bool has_restarted; /* since the load began, or the file was there */
    bool has_flushed;   /* likewise; later: ever since it started */
    uint64_t evictions; /* since the load began, or since it started */
    uint64_t ttl_s;     /* --ttl; 0 = none */
    uint64_t age_s;     /* since the load began, or of the file; 0: unknown */
};

/* Adds what is known of one more server of the shard. Begin with a copy of
 * the first one's. */
void cause_facts_merge(struct cause_facts *to, const struct cause_facts *from);

/* What is to be explained. */
struct cause_counts {
    uint64_t missing, different, unreadable;
};

/*
 * Calls tell() with each likely cause, most likely first: never for nothing,
 * at least once for whatever is not 0. `what` is "12 missing"; a second cause
 * of the same tells it again. Texts are valid during the call only. Returns
 * how many.
 */
size_t causes_tell(const struct cause_facts *facts,
    const struct cause_counts *counts,
    void (*tell)(void *ctx, const char *what, const char *why), void *ctx);

#endif
