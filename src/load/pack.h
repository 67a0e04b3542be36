/*
 * A batch's lines -> items, each in its lane's list, or reasons.
 *
 * A packer belongs to one thread (its record, its router); the shard map, the
 * settings and their mapping are shared and read-only. It never fails: a bad
 * line becomes a reason, is counted, and logged (line_log.h).
 */
#ifndef LOAD_PACK_H
#define LOAD_PACK_H

#include <stdbool.h>

#include "settings/settings.h"
#include "load/batch.h"
#include "load/line_log.h"
#include "record/column_map.h"
#include "memc/shard_map.h"

struct packer;

/* What a packer works with; all outlive it. */
struct packer_input {
    const struct settings *settings;
    unsigned connections; /* a server: see lane_map.h */
    const struct shards *shards;
    const struct column_map *columns; /* of the file; see packer_turn_to() */
    /* by server, those whose items are wanted, NULL for all; lines of the other
     * servers, and bad ones, are not counted then */
    const bool *only;
    bool prints_items;           /* each item is logged (LOG_D) */
    struct line_log *line_log;   /* NULL: bad lines are only counted */
    const struct sample *sample; /* for the sample of a verification, or NULL */
};

struct packer *packer_new(const struct packer_input *input);
void packer_free(struct packer *packer);

/* The next batches are of another file, with these columns. The details of bad
 * lines that it gave out are no longer valid. */
void packer_turn_to(struct packer *packer, const struct column_map *columns);

/* Fills the batch's items, lane lists and counts (but the outcomes). */
void packer_run(struct packer *packer, struct batch *batch);

#endif
