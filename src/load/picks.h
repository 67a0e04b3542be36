/*
 * The items of a batch that may become part of the sample (verify/sample.h).
 *
 * The packer, which has the hash of the key at hand, notes the items that the
 * sample wants; when the batch is home, and it is known which of them were
 * stored or sent, they are offered to it. In a long file hardly any line gets
 * that far. Nothing of this is used when nothing is to be verified.
 */
#ifndef LOAD_PICKS_H
#define LOAD_PICKS_H

#include <stddef.h>
#include <stdint.h>

#include "memc/item.h"
#include "source/lines.h"
#include "verify/sample.h"

struct pick {
    const struct item *item;
    uint64_t hash;
    size_t lane;
};

/* Part of a batch, and owned with it. */
struct picks {
    struct pick *at; /* n of them, room for each line; NULL: no sample */
    size_t n;
    size_t n_passed; /* not wanted by the sample */
};

/* key_hash is that of hash_bytes(). */
void picks_note(struct picks *picks, const struct sample *sample,
    const struct item *item, size_t lane, uint64_t key_hash);

/* Offers those that were stored or sent; n_failed items of their batch, whose
 * lines are in the block, were not. */
void picks_offer(const struct picks *picks, const struct line_block *block,
    uint64_t n_failed, const size_t *server_of_lane, struct sample *sample);

#endif
