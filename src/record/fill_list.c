#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/scratch.h"

bool
next_item(struct item_cursor *items, struct span *out)
{
    const struct span *split = &items->op->split;
    const char *found = NULL;

    if (items->is_last)
        return false;
    *out = items->rest;
    if (split->n_bytes == 1)
        found = memchr(items->rest.at, *split->at, items->rest.n_bytes);
    else if (split->n_bytes)
        found = memmem(items->rest.at, items->rest.n_bytes, split->at,
            split->n_bytes);
    if (found) {
        out->n_bytes = (size_t)(found - items->rest.at);
        items->rest.at = found + split->n_bytes;
        items->rest.n_bytes -= out->n_bytes + split->n_bytes;
    }
    items->is_last = !found;
    return true;
}

/* Room for one more item of that size after the first n. */
static char *
item_room(char **items, size_t *room, size_t n, size_t each_bytes)
{
    if ((n + 1) * each_bytes > *room) {
        *room = *room ? *room * 2 : 1024;
        if (*room < (n + 1) * each_bytes)
            *room = (n + 1) * each_bytes;
        *items = mem_grow(*items, *room, 1);
    }
    return *items + n * each_bytes;
}

/* What lists and maps begin with; false when there are no items. */
static bool
begin_list(struct parse_state *state, const struct op *op,
    struct op_store *store, struct span column, struct item_cursor *items)
{
    store->n_bytes = 0;
    if (column.n_bytes == 0)
        return false;
    if (op->value.how == READ_HEX || op->value.how == READ_BASE64)
        store_bytes(store, column.n_bytes + 3);
    *items = (struct item_cursor){.op = op, .rest = column};
    if (op->is_presence)
        state->record->present[op->message] = true;
    return true;
}

static bool
end_list(struct parse_state *state, const struct op *op,
    const struct op_store *store, size_t n, size_t text_bytes, uint32_t skipped)
{
    struct record *record = state->record;

    set_size(record, op->quantifier_offset, n);
    set_pointer(record, op->offset, store->items);
    record->pack_room += n * op->item_bytes + text_bytes * op->text_factor;
    state->warnings->skipped_items += skipped;
    return !skipped || (op->skips_bad && !state->strict);
}

static bool
read_item(struct parse_state *state, const struct value_reading *reading,
    struct op_store *store, struct span text, union scalar *out)
{
    bool is_outside = false;
    size_t n_bytes = store->n_bytes;

    if (reading->trims)
        text = trim_span(text);
    if (!read_value(reading, text, store, out, &is_outside)) {
        store->n_bytes = n_bytes;
        return false;
    }
    state->warnings->is_out_of_range |= is_outside;
    return true;
}

static inline bool
has_text(const struct value_reading *reading)
{
    return reading->type == SCALAR_STRING || reading->type == SCALAR_BYTES;
}

bool
fill_list(struct parse_state *state, const struct op *op,
    struct op_store *store, struct span column)
{
    size_t each = scalar_bytes(op->value.type), n = 0, text_bytes = 0;
    uint32_t skipped = 0;
    union scalar value;
    struct item_cursor items;
    struct span text;

    if (!begin_list(state, op, store, column, &items))
        return end_list(state, op, store, 0, 0, 0) &&
               op->on_empty != EMPTY_REJECT;
    while (next_item(&items, &text)) {
        if (!read_item(state, &op->value, store, text, &value)) {
            skipped++;
            continue;
        }
        if (has_text(&op->value))
            text_bytes += value.bytes.n_bytes;
        put_scalar(item_room(&store->items, &store->items_room, n, each),
            op->value.type, &value);
        n++;
    }
    return end_list(state, op, store, n, text_bytes, skipped);
}

/* ----------------------------------------------------------------- maps --- */

bool
cut_pair(const struct op *op, struct span text, struct span *key,
    struct span *value)
{
    const char *found =
        memmem(text.at, text.n_bytes, op->pair.at, op->pair.n_bytes);

    if (!found)
        return false;
    *key = (struct span){text.at, (size_t)(found - text.at)};
    value->at = found + op->pair.n_bytes;
    value->n_bytes = text.n_bytes - key->n_bytes - op->pair.n_bytes;
    return true;
}

static void
put_entry(char *entry, const struct op *op, const union scalar *key,
    const union scalar *value)
{
    const int yes = 1;

    memset(entry, 0, op->entry->struct_bytes);
    message_init(entry, op->entry);
    put_scalar(entry + op->key_offset, op->key.type, key);
    put_scalar(entry + op->value_offset, op->value.type, value);
    memcpy(entry + op->key_has_offset, &yes, sizeof(yes));
    memcpy(entry + op->value_has_offset, &yes, sizeof(yes));
}

/* Entries stay where they are now. */
static void
point_to_entries(const struct op *op, struct op_store *store, size_t n)
{
    char *entry;

    if (n)
        item_room(&store->items, &store->items_room, n - 1, sizeof(entry));
    for (size_t i = 0; i < n; i++) {
        entry = store->entries + i * op->entry->struct_bytes;
        memcpy(store->items + i * sizeof(entry), &entry, sizeof(entry));
    }
}

bool
fill_map(struct parse_state *state, const struct op *op, struct op_store *store,
    struct span column)
{
    size_t n = 0, text_bytes = 0;
    union scalar key, value;
    struct span text, key_text, value_text;
    uint32_t skipped = 0;
    struct item_cursor items;

    if (!begin_list(state, op, store, column, &items))
        return end_list(state, op, store, 0, 0, 0) &&
               op->on_empty != EMPTY_REJECT;
    while (next_item(&items, &text)) {
        if (!cut_pair(op, text, &key_text, &value_text) ||
            !read_item(state, &op->key, store, key_text, &key) ||
            !read_item(state, &op->value, store, value_text, &value)) {
            skipped++;
            continue;
        }
        if (has_text(&op->key))
            text_bytes += key.bytes.n_bytes;
        if (has_text(&op->value))
            text_bytes += value.bytes.n_bytes;
        put_entry(item_room(&store->entries, &store->entries_room, n,
                      op->entry->struct_bytes),
            op, &key, &value);
        n++;
    }
    point_to_entries(op, store, n);
    return end_list(state, op, store, n, text_bytes, skipped);
}
