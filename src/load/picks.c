#include "load/picks.h"

void
picks_note(struct picks *picks, const struct sample *sample,
    const struct item *item, size_t lane, uint64_t key_hash)
{
    uint64_t hash = sample_hash(sample, key_hash);

    if (sample_wants(sample, hash))
        picks->at[picks->n++] = (struct pick){item, hash, lane};
    else
        picks->n_passed++;
}

static void
offer(const struct line_block *block, struct sample *sample,
    const struct pick *pick, size_t server)
{
    const struct item *item = pick->item;
    struct sample_item offered = {
        .hash = pick->hash,
        .n_lines = 1,
        .origin = {.server = (uint32_t)server,
            .line = line_number(block, item->line)},
        .key = item_key(item),
        .key_bytes = item->key_bytes,
        .value = item_value(item),
        .value_bytes = item->value_bytes,
    };

    sample_add(sample, &offered);
}

void
picks_offer(const struct picks *picks, const struct line_block *block,
    uint64_t n_failed, const size_t *server_of_lane, struct sample *sample)
{
    for (size_t i = 0; i < picks->n; i++) {
        const struct pick *pick = &picks->at[i];

        if (pick->item->outcome == OUTCOME_NONE)
            offer(block, sample, pick, server_of_lane[pick->lane]);
    }
    /* some of those that passed may have failed, but not all of them */
    if (picks->n_passed > n_failed)
        sample_pass(sample);
}
