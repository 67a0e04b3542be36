#include "load/check_log.h"

#include <unistd.h>

#include "load/batch.h"

/* -1: it cannot be kept. */
static int
note_item(const struct census *census, const struct batch *batch,
    const struct item *item, size_t server)
{
    struct tally_item of = {
        .key = item_key(item),
        .key_bytes = item->key_bytes,
        .server = server,
        .file = census->file,
        .line = line_number(&batch->block, item->line),
    };
    struct err err;

    if (item->outcome != OUTCOME_NONE)
        return tally_add_failed(census->tally, &of, census->lives[server],
            &err);
    if (item->verdict == VERDICT_NONE)
        return 0;
    return tally_add(census->tally, &of, (enum verdict)item->verdict, &err);
}

/* All of a lane that failed, or was looked for: whole lanes have neither. */
static bool
is_plain(const struct batch *batch, size_t lane)
{
    const struct lane_list *list = &batch->lanes[lane];
    const uint64_t *outcomes = batch->outcomes[lane];

    return outcomes[OUTCOME_STORED] + outcomes[OUTCOME_SENT] == list->n &&
           (list->n == 0 || list->first->verdict == VERDICT_NONE);
}

void
census_note(const struct census *census, const struct batch *batch,
    const size_t *server_of_lane, int stop_fd)
{
    const uint64_t one = 1;
    int rc = 0;

    for (size_t i = 0; i < batch->n_lanes && rc == 0; i++) {
        const struct item *item = batch->lanes[i].first;

        if (is_plain(batch, i))
            continue;
        for (size_t n = batch->lanes[i].n; n && rc == 0; n--) {
            rc = note_item(census, batch, item, server_of_lane[i]);
            item = item->next;
        }
    }
    /* a full counter stops as well */
    if (rc && write(stop_fd, &one, sizeof(one)) < 0)
        return;
}
