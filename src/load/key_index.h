/*
 * The items of one lane in one batch, found by their keys. Made when it is
 * first asked for, since hardly any load has a refused item; without it, each
 * of many refused items would have a walk through all that is out.
 *
 * Points into the batch, so it is of use while that is out; made again for the
 * next one. Whoever holds the ledger's lock may use it.
 * Memory that runs out ends the process, nothing else fails.
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
