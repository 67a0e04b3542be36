/*
 * What the servers have acknowledged, as an audit holds it against their own
 * counters: summed up before they are asked, of the processes that ended and of
 * those that run. Shards may share a server, whose counters know only the sum.
 *
 * Part of an audit; the supervisor's thread. Cannot fail but for memory.
 */
#ifndef AUDIT_ACKED_H
#define AUDIT_ACKED_H

#include "run/run.h"

/* All by server. */
struct acked {
    uint64_t *in_period;   /* of its baseline */
    uint64_t *ever;        /* in whichever period */
    uint64_t *ever_then;   /* by all its shards, as its period began */
    int64_t *period_at_ns; /* when the servers were asked as it began */
};

void acked_init(struct acked *acked, size_t n_servers);
void acked_release(struct acked *acked);

/* As of now. Returns how many connections were lost so far, at all. */
uint64_t acked_sum_up(struct acked *acked, const struct run *run);

/*
 * What the server has acknowledged to all shards that it serves and whose
 * periods began together with this one's. Of shards whose periods began at
 * other times, some sets are in this baseline already, and cannot be told from
 * the others.
 */
uint64_t acked_in_period(const struct acked *acked, const struct shards *shards,
    size_t server);

/* A new period of this server's baseline began, by what it said when it was
 * asked at that time. */
void acked_begin_period(struct acked *acked, const struct shards *shards,
    size_t server, int64_t asked_ns);

#endif
