#include "load/check_log.h"

#include <unistd.h>

#include "load/batch.h"

/* -1: it cannot be written. */
static int
note_item(const struct check_log *check_log, const struct batch *batch,
    const struct item *item, size_t server)
{
    struct verify_log_item of = {
        .key = item_key(item),
        .key_bytes = item->key_bytes,
        .server = server,
        .file = check_log->file,
        .line = line_number(&batch->block, item->line),
    };
    struct err err;

    if (item->outcome != OUTCOME_NONE)
        return verify_log_add_failed(check_log->verify_log, &of,
            check_log->generations[server], &err);
    if (item->check == CHECK_NONE)
        return 0;
    return verify_log_add(check_log->verify_log, &of,
        (enum item_check)item->check, &err);
}

/* Did no item of the lane fail, and was none looked for? */
static bool
is_plain(const struct batch *batch, size_t lane)
{
    const struct lane_list *list = &batch->lanes[lane];
    const uint64_t *outcomes = batch->outcomes[lane];

    return outcomes[OUTCOME_STORED] + outcomes[OUTCOME_SENT] == list->n &&
           (list->n == 0 || list->first->check == CHECK_NONE);
}

void
check_log_note(const struct check_log *check_log, const struct batch *batch,
    const size_t *server_of_lane, int stop_fd)
{
    const uint64_t one = 1;
    int rc = 0;

    for (size_t i = 0; i < batch->n_lanes && rc == 0; i++) {
        const struct item *item = batch->lanes[i].first;

        if (is_plain(batch, i))
            continue;
        for (size_t n = batch->lanes[i].n; n && rc == 0; n--) {
            rc = note_item(check_log, batch, item, server_of_lane[i]);
            item = item->next;
        }
    }
    /* a full counter stops as well */
    if (rc && write(stop_fd, &one, sizeof(one)) < 0)
        return;
}
