#include "load/picks.h"

#include "load/batch.h"

void
picks_note(struct picks *picks, const struct draw *draw,
    const struct item *item, size_t lane, uint64_t key_hash)
{
    uint64_t hash = draw_hash(draw, key_hash);

    if (draw_wants(draw, hash))
        picks->at[picks->n++] = (struct pick){item, hash, lane};
    else
        picks->n_passed++;
}

static void
offer(const struct batch *batch, struct draw *draw, const struct pick *pick,
    size_t server)
{
    const struct item *item = pick->item;
    struct draw_item offered = {
        .hash = pick->hash,
        .n_lines = 1,
        .origin = {.server = (uint32_t)server,
            .line = line_number(&batch->block, item->line)},
        .key = item_key(item),
        .key_bytes = item->key_bytes,
        .value = item_value(item),
        .value_bytes = item->value_bytes,
    };

    draw_add(draw, &offered);
}

void
picks_offer(const struct batch *batch, struct draw *draw,
    const size_t *server_of_lane)
{
    const struct picks *picks = &batch->picks;

    for (size_t i = 0; i < picks->n; i++) {
        const struct pick *pick = &picks->at[i];

        if (pick->item->outcome == OUTCOME_NONE)
            offer(batch, draw, pick, server_of_lane[pick->lane]);
    }
    /* some of those that passed may have failed, but not all of them */
    if (picks->n_passed >
        batch->counts.failed + batch->counts.rejects[REASON_TOO_LARGE])
        draw_pass(draw);
}
