/*
 * The items of one lane in one batch, found by their keys. It is made when it
 * is first needed, since hardly any load has a refused item; without it, each
 * of many refused items would need a walk through everything that is out.
 *
 * It points into the batch, so it is valid while that is out, and is made again
 * for the next one. Guarded by the ledger's lock. Without memory the process
 * ends; nothing else fails.
 */
#ifndef LOAD_KEY_INDEX_H
#define LOAD_KEY_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "load/batch.h"

struct key_index {
    struct item **items; /* by key_hash, those of one hash by line */
    size_t n;
    uint64_t batch; /* the number of the batch it is of; 0: of none yet */
};

/* Zeroed memory is an index of nothing. */
void key_index_make(struct key_index *index, const struct batch *batch,
    size_t lane);
void key_index_release(struct key_index *index);

/* The first of the items with that hash, *n_out of them; other keys may be
 * among them. */
struct item **key_index_find(const struct key_index *index, uint32_t key_hash,
    size_t *n_out);

#endif
