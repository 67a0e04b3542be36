/*
 * The servers of a run: the benchmark's own, whose addresses differ from run to
 * run, or those that the user named.
 *
 * The struct is the caller's and must not be moved, since its shard map points
 * to its addresses. One thread.
 */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include "base/address.h"
#include "base/err.h"
#include "bench/own_servers.h"
#include "memc/shard_map.h"
#include "settings/settings.h"

struct target {
    struct shards shards;
    struct address *own; /* NULL for those named */
    size_t n_own;
};

/* How many own servers replace those of the settings. */
size_t target_own_servers(const struct settings *settings);

/*
 * The shards of the settings on the benchmark's own servers: a pool gets
 * several of them, in turn; when there are too few, one replaces several
 * servers. servers NULL: only the names matter, since nothing is sent.
 */
void target_own(struct target *target, const struct settings *settings,
    const struct own_servers *servers);
void target_named(struct target *target, const struct settings *settings);

/* Asks each server for its facts. -1 with ERR_PEER when one does not answer. */
int target_probe(struct target *target, int64_t timeout_ms, struct err *err);

void target_release(struct target *target);

#endif
