/*
 * A line's columns -> the record's messages: the ops one after the other. Those
 * that most tables are made of are here, too, where the compiler can inline
 * them.
 */
#include <endian.h>
#include <string.h>

#include "base/mem.h"
#include "value/number.h"
#include "record/scratch.h"

/* ------------------------------------------------------- the two fastest ---
 */

static inline bool
fill_double(struct parse_state *state, const struct op *op, struct span column)
{
    double value;

    if (!number_parse_double(column.at, column.n_bytes, &value))
        return false;
    if (value < op->value.low.f64 || value > op->value.high.f64)
        state->warnings->is_out_of_range = true;
    memcpy(state->record->scratch + op->offset, &value, sizeof(value));
    return true;
}

/* An id that is not just digits: blanks around it are fine, all else not. */
static bool
parse_odd_id(const char *at, const char *end, bool trims, uint32_t *out)
{
    struct span text = {at, (size_t)(end - at)};

    if (trims)
        text = trim_span(text);
    return number_parse_uint32(text.at, text.n_bytes, out);
}

/*
 * Four digits at once, as nine of ten ids have them: each byte's digit, then
 * pairs, then the whole. False when one is not a digit.
 */
static inline bool
parse_four(const char *at, uint32_t *out)
{
    uint32_t word;

    memcpy(&word, at, 4);
    word = le32toh(word) ^ 0x30303030;
    if ((word | (word + 0x76767676)) & 0x80808080)
        return false;
    word = (word * (10 * 256 + 1) >> 8) & 0x00ff00ff;
    *out = word * (100 * 65536 + 1) >> 16;
    return true;
}

/*
 * Reads the id at `at` up to its split or the end, which it returns; *out is
 * left alone when it is not good.
 */
static inline const char *
parse_id(const char *at, const char *end, const struct op *op, uint32_t *out,
    bool *is_good)
{
    const char *start = at, split = *op->split.at;
    uint64_t value = 0;

    while (at < end && number_digit(*at) <= 9)
        value = value * 10 + number_digit(*at++);
    /* ten digits cannot have overflowed the value */
    if (at != start && (at == end || *at == split) && at - start <= 10 &&
        value <= UINT32_MAX) {
        *out = (uint32_t)value;
        *is_good = true;
        return at;
    }
    while (at < end && *at != split)
        at++;
    *is_good = parse_odd_id(start, at, op->value.trims, out);
    return at;
}

/*
 * Fills the list; returns how many ids were left out. Most bytes of a file of
 * the default record are read here, so ids are read in place (four digits at
 * once: 120 instead of 190 ns a line).
 */
static uint32_t
parse_ids(struct span column, const struct op *op, uint32_t *ids, size_t *n_out)
{
    const char *at = column.at, *end = at + column.n_bytes;
    const char split = *op->split.at;
    uint32_t *id = ids, skipped = 0;
    bool is_good;

    for (;;) {
        while (end - at > 4 && at[4] == split && parse_four(at, id)) {
            id++;
            at += 5;
        }
        at = parse_id(at, end, op, id, &is_good);
        id += is_good;
        skipped += !is_good;
        if (at == end)
            break;
        at++;
    }
    *n_out = (size_t)(id - ids);
    return skipped;
}

static bool
fill_uint32(struct parse_state *state, const struct op *op,
    struct op_store *store, struct span column)
{
    struct record *record = state->record;
    size_t want = (column.n_bytes / 2 + 1) * sizeof(uint32_t), n = 0;
    uint32_t skipped = 0;

    if (want > store->items_room) {
        store->items_room = want < 1024 ? 1024 : want;
        store->items = mem_grow(store->items, store->items_room, 1);
    }
    if (column.n_bytes)
        skipped = parse_ids(column, op, (uint32_t *)(void *)store->items, &n);
    set_size(record, op->quantifier_offset, n);
    set_pointer(record, op->offset, store->items);
    record->pack_room += n * op->item_bytes;
    state->warnings->skipped_items += skipped;
    return !skipped || (op->skips_bad && !state->strict);
}

static inline bool
fill_any(struct parse_state *state, const struct op *op, struct op_store *store,
    struct span column)
{
    switch (op->shape) {
    case OP_DOUBLE:
        return fill_double(state, op, column);
    case OP_UINT32:
        return fill_uint32(state, op, store, column);
    case OP_SINGLE:
        return fill_single(state, op, store, column);
    case OP_LIST:
        return fill_list(state, op, store, column);
    default:
        return fill_map(state, op, store, column);
    }
}

bool
fill_op(struct parse_state *state, const struct op *op, struct op_store *store,
    struct span column)
{
    return fill_any(state, op, store, column);
}

/* ------------------------------------------------------------ the line --- */

static void
set_presence(struct record *record, const struct plan *plan)
{
    const struct plan_message *message;

    for (size_t i = plan->n_messages - 1; i > 0; i--)
        if (record->present[i])
            record->present[plan->messages[i].parent] = true;
    for (size_t i = 1; i < plan->n_messages; i++) {
        message = &plan->messages[i];
        if (message->is_required && record->present[message->parent])
            record->present[i] = true;
        set_pointer(record, message->pointer_offset,
            record->present[i] ? record->scratch + message->offset : NULL);
    }
}

static void
begin_value(struct record *record, const struct plan *plan)
{
    record->pack_room = plan->fixed_bytes;
    if (plan->n_messages > 1)
        memcpy(record->present, record->present_start,
            plan->n_messages * sizeof(bool));
    if (plan->n_oneofs)
        memcpy(record->oneof_set, plan->oneof_start,
            plan->n_oneofs * sizeof(size_t));
}

/* Those from `first` to `end`: the bad one, or NULL. */
static inline const struct op *
fill_ops(struct parse_state *state, size_t first, size_t end)
{
    struct record *record = state->record;
    const struct op *op;

    for (size_t i = first; i < end; i++) {
        op = &record->plan->ops[i];
        if (!fill_any(state, op, &record->stores[i],
                column_of(record, op->column)))
            return op;
    }
    return NULL;
}

/* A conflict is a bad value, so it comes before lists that are bad. */
static void
note_lists(struct parse_state *state)
{
    const struct plan *plan = state->record->plan;

    for (size_t i = plan->n_single; i < plan->n_ops; i++)
        if (plan->ops[i].n_oneofs &&
            column_of(state->record, plan->ops[i].column).n_bytes)
            note_oneofs(state, &plan->ops[i]);
}

enum reason
record_parse(struct record *record, bool strict,
    struct record_warnings *warnings, const char **detail)
{
    const struct plan *plan = record->plan;
    struct parse_state state = {
        .record = record, .warnings = warnings, .strict = strict};
    const struct op *bad;

    *detail = "";
    *warnings = (struct record_warnings){0};
    if (plan->format == VALUE_RAW) {
        record->raw = column_of(record, plan->raw_column);
        record->pack_room = record->raw.n_bytes;
        return REASON_NONE;
    }
    begin_value(record, plan);
    bad = fill_ops(&state, 0, plan->n_single);
    if (!bad && plan->n_oneofs) {
        note_lists(&state);
        if (state.conflict) {
            record->bad = state.conflict;
            record->has_conflict = true;
            *detail = state.conflict->column_name;
            return REASON_BAD_VALUE;
        }
    }
    if (!bad)
        bad = fill_ops(&state, plan->n_single, plan->n_ops);
    if (bad) {
        record->bad = bad;
        record->has_conflict = false;
        *detail = bad->column_name;
        return bad->reason;
    }
    if (plan->n_messages > 1)
        set_presence(record, plan);
    return REASON_NONE;
}

size_t
record_pack_room(const struct record *record)
{
    return record->pack_room;
}
