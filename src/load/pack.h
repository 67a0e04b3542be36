/*
 * A batch's lines -> items, each in its lane's list, or reasons.
 *
 * A packer belongs to one thread (its app list, its router); the shard map and
 * the job are shared and read-only. It never fails: a bad line is a reason and
 * a counter, told in the log with file and line number (the first few of each
 * reason; all of them with -v).
 */
#ifndef LOAD_PACK_H
#define LOAD_PACK_H

#include <stdatomic.h>

#include "job/job.h"
#include "load/batch.h"
#include "sink/servers.h"

/* Shared by all packers of a file: how many lines of each reason were told. */
struct told {
    _Atomic uint32_t rejects[N_REASONS];
};

struct packer;

struct packer *packer_new(const struct job *job, const struct shards *shards,
    const char *file_name, struct told *told);
void packer_free(struct packer *packer);

/* Fills the batch's items, lane lists and counts (but the outcomes). */
void packer_run(struct packer *packer, struct batch *batch);

#endif
