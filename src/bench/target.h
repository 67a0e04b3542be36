/*
 * Where a run's items go: the benchmark's own servers, whose addresses are
 * others in every run, or those that the user named.
 *
 * The struct is the caller's and stays where it is, since the shard map in it
 * points to its addresses. One thread.
 */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include "base/address.h"
#include "base/err.h"
#include "bench/own_servers.h"
#include "settings/settings.h"
#include "memc/shard_map.h"

struct target {
    struct shards shards;
    struct address *own; /* NULL for those named */
    size_t n_own;
};

/* As many as stand in for the job's servers. */
size_t target_own_servers(const struct settings *settings);

/*
 * The job's shards on servers of ours, a pool's on several, in turn; where
 * there are more than ours, some stand in for two. servers NULL: names alone,
 * for what sends nothing.
 */
void target_own(struct target *target, const struct settings *settings,
    const struct own_servers *servers);
void target_named(struct target *target, const struct settings *settings);

/* Asks each server what it is. -1, ERR_PEER, when one does not answer. */
int target_probe(struct target *target, int64_t timeout_ms, struct err *err);

void target_release(struct target *target);

#endif
