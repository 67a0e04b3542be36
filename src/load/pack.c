#include "load/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "load/lane_map.h"
#include "load/line_item.h"
#include "record/record.h"
#include "memc/router.h"

struct packer {
    struct packer_input input;
    struct router *router;
    struct record *record;
    struct text printed; /* of --dry -v */
};

struct packer *
packer_new(const struct packer_input *input)
{
    struct packer *packer = mem_zero(1, sizeof(*packer));

    packer->input = *input;
    packer->router = router_new(input->shards);
    packer->record = record_new(input->settings->input.mapping, input->columns);
    return packer;
}

void
packer_free(struct packer *packer)
{
    if (!packer)
        return;
    router_free(packer->router);
    record_free(packer->record);
    text_release(&packer->printed);
    free(packer);
}

static void
reject(struct packer *packer, struct batch *batch, size_t i, enum reason reason,
    const char *detail)
{
    if (packer->input.only) { /* it was logged the first time */
        batch->counts.lines--;
        return;
    }
    batch->counts.rejected++;
    batch->counts.rejects[reason]++;
    if (!packer->input.line_log)
        return;
    batch_bad(batch, i, reason, OUTCOME_NONE, detail);
    line_log_reject(packer->input.line_log, &batch->block, i, reason, detail);
}

static void
print_item(struct packer *packer, const struct server *server,
    const struct item *item)
{
    text_clear(&packer->printed);
    if (record_print(packer->input.settings->input.mapping, &packer->printed,
            item_value(item), item->value_bytes))
        die("%s: a packed value does not unpack",
            packer->input.line_log->file_name);
    log_debug("%s - %.*s -> %s", server->address->text, item->key_bytes,
        item_key(item), packer->printed.data ? packer->printed.data : "");
}

void
packer_turn_to(struct packer *packer, const struct column_map *columns)
{
    record_free(packer->record);
    packer->input.columns = columns;
    packer->record = record_new(packer->input.settings->input.mapping, columns);
}

/* The record's item, in the room of its lane. */
static struct item *
make_item(struct batch *batch, size_t lane, const char *key, size_t key_bytes,
    const struct record *record)
{
    struct item *item =
        batch_item(batch, lane, key_bytes + record_pack_room(record));

    item->next = NULL;
    item->outcome = OUTCOME_NONE;
    item->check = CHECK_NONE;
    item->key_bytes = (uint8_t)key_bytes;
    memcpy(item->bytes, key, key_bytes);
    item->value_bytes =
        (uint32_t)record_pack(record, (uint8_t *)item->bytes + key_bytes);
    return item;
}

/* REASON_NONE when the line became an item. */
static enum reason
pack_record(struct packer *packer, struct batch *batch, size_t i,
    const char *text, size_t n_bytes, const char **detail)
{
    struct record *record = packer->record;
    const struct server *server;
    struct line_item line;
    struct item *item;
    enum reason reason;
    char key[KEY_MAX_BYTES];
    size_t key_bytes, at, lane;
    uint64_t hash;

    reason = line_item_read(record, packer->input.shards,
        packer->input.settings->input.strict, text, n_bytes, &line);
    *detail = line.detail;
    if (reason)
        return reason;
    key_bytes = record_key(record, key);
    hash = hash_bytes(key, key_bytes);
    at = router_server(packer->router, (size_t)line.shard, key, key_bytes);
    if (packer->input.only && !packer->input.only[at]) {
        batch->counts.lines--;
        return REASON_NONE;
    }
    lane = lane_map_find(packer->input.connections, at, hash);
    item = make_item(batch, lane, key, key_bytes, record);
    server = &packer->input.shards->server[at];
    if (item_bytes(item, packer->input.settings->input.flags) >
        server_item_max(server))
        return REASON_TOO_LARGE;
    item->key_hash = (uint32_t)hash;
    item->line = (uint32_t)i;
    batch_append(batch, lane, item);
    if (packer->input.sample)
        picks_note(&batch->picks, packer->input.sample, item, lane, hash);
    batch->counts.out_of_range += line.warnings.is_out_of_range;
    batch->counts.skipped_app += line.warnings.skipped_items;
    if (packer->input.prints_items && log_wants(LOG_D))
        print_item(packer, server, item);
    return REASON_NONE;
}

static void
pack_line(struct packer *packer, struct batch *batch, size_t i)
{
    const struct line *line = &batch->block.lines[i];
    const char *text = batch->block.text + line->at, *detail = "";
    enum reason reason;

    if (line->fault == LINE_CUT_OFF) {
        reject(packer, batch, i, REASON_BAD_LINE, "cut off");
        return;
    }
    if (line->fault == LINE_TOO_LONG) {
        reject(packer, batch, i, REASON_BAD_LINE, "longer than --max-line");
        return;
    }
    if (record_is_blank(text, line->n_bytes)) {
        batch->counts.blank++;
        return;
    }
    reason = pack_record(packer, batch, i, text, line->n_bytes, &detail);
    if (reason)
        reject(packer, batch, i, reason, detail);
}

void
packer_run(struct packer *packer, struct batch *batch)
{
    batch->counts.lines = batch->block.n_lines;
    batch->counts.text_bytes = batch->block.text_bytes;
    for (size_t i = 0; i < batch->block.n_lines; i++)
        pack_line(packer, batch, i);
}
