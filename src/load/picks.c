#include "load/picks.h"

#include "load/batch.h"

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
offer(const struct batch *batch, struct sample *sample, const struct pick *pick,
    size_t server)
{
    const struct item *item = pick->item;
    struct sample_item offered = {
        .hash = pick->hash,
        .n_lines = 1,
        .origin = {.server = (uint32_t)server,
            .line = line_number(&batch->block, item->line)},
        .key = item_key(item),
        .key_bytes = item->key_bytes,
        .value = item_value(item),
        .value_bytes = item->value_bytes,
    };

    sample_add(sample, &offered);
}

void
picks_offer(const struct batch *batch, struct sample *sample,
    const size_t *server_of_lane)
{
    const struct picks *picks = &batch->picks;

    for (size_t i = 0; i < picks->n; i++) {
        const struct pick *pick = &picks->at[i];

        if (pick->item->outcome == OUTCOME_NONE)
            offer(batch, sample, pick, server_of_lane[pick->lane]);
    }
    /* some of those that passed may have failed, but not all of them */
    if (picks->n_passed >
        batch->counts.failed + batch->counts.rejects[REASON_TOO_LARGE])
        sample_pass(sample);
}
