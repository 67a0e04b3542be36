#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/scratch.h"

/* ------------------------------------------------------ beginning, end --- */

/* Constants are there before the first line, and stay. */
static void
fill_constants(struct record *record)
{
    const struct plan *plan = record->plan;
    struct record_warnings warnings = {0};
    struct filling filling = {.record = record, .warnings = &warnings};
    const int yes = 1;

    for (size_t i = 0; i < plan->n_constants; i++)
        must(fill_op(&filling, &plan->constants[i],
            &record->stores[plan->n_ops + i], plan->constants[i].constant));
    /* a column of the shape OP_DOUBLE is there, or the line is bad */
    for (size_t i = 0; i < plan->n_ops; i++)
        if (plan->ops[i].shape == OP_DOUBLE && !plan->ops[i].is_required)
            memcpy(record->scratch + plan->ops[i].quantifier_offset, &yes,
                sizeof(yes));
    record->present_start = mem_zero(plan->n_messages, sizeof(bool));
    for (size_t i = 0; i < plan->n_messages; i++)
        record->present_start[i] = plan->messages[i].is_always_there;
}

struct record *
record_new(const struct mapping *mapping, const struct column_map *map)
{
    const struct plan *plan = &mapping->plan;
    struct record *record = mem_zero(1, sizeof(*record));

    record->mapping = mapping;
    record->plan = plan;
    record->map = map;
    record->splitter = splitter_new(&plan->columns.format);
    record->scratch = mem_zero(1, plan->scratch_bytes);
    record->n_stores = plan->n_ops + plan->n_constants;
    record->stores = mem_zero(record->n_stores, sizeof(*record->stores));
    record->present = mem_zero(plan->n_messages, sizeof(bool));
    record->oneof_set = mem_zero(plan->n_oneofs, sizeof(size_t));
    for (size_t i = 0; i < plan->n_messages; i++)
        message_init(record->scratch + plan->messages[i].offset,
            plan->messages[i].type);
    fill_constants(record);
    return record;
}

void
record_free(struct record *record)
{
    if (!record)
        return;
    for (size_t i = 0; i < record->n_stores; i++) {
        free(record->stores[i].items);
        free(record->stores[i].entries);
        free(record->stores[i].bytes);
    }
    for (size_t i = 0; record->count_texts && i <= 2 * record->n_columns; i++)
        free(record->count_texts[i]);
    splitter_free(record->splitter);
    free(record->columns);
    free(record->at);
    free(record->count_texts);
    free(record->scratch);
    free(record->stores);
    free(record->present);
    free(record->present_start);
    free(record->oneof_set);
    free(record);
}

/* The file's columns are known when its first line of data comes. */
static void
bind(struct record *record)
{
    const struct column_spec *columns = &record->plan->columns;

    record->n_columns = column_map_n(record->map);
    record->columns = mem_zero(record->n_columns, sizeof(*record->columns));
    record->at = mem_zero(columns->n_needed, sizeof(*record->at));
    for (size_t i = 0; i < columns->n_needed; i++) {
        record->at[i] = column_map_at(record->map, i);
        must(record->at[i] < record->n_columns);
    }
}

/* ------------------------------------------------------ columns and key --- */

bool
record_is_blank(const char *line, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (line[i] != ' ' && line[i] != '\t')
            return false;
    return true;
}

/* What is said of a line of n columns. */
static const char *
columns_text(struct record *record, size_t n)
{
    size_t wanted = record->n_columns, most = 2 * wanted;
    char **text;

    if (!record->count_texts)
        record->count_texts = mem_zero(most + 1, sizeof(char *));
    text = &record->count_texts[n < most ? n : most];
    if (!*text)
        *text = n < most ? mem_format("%zu column%s, wanted %zu", n,
                               n == 1 ? "" : "s", wanted)
                         : mem_format("%zu or more columns, wanted %zu", most,
                               wanted);
    return *text;
}

static inline bool
is_bad_in_key(char byte)
{
    return (unsigned char)byte <= ' ' || byte == 0x7f;
}

/* Eight bytes at a time: is one of them <= 0x20 or 0x7f? */
static inline bool
has_bad_in_word(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t dels = word ^ ones * 0x7f;

    return (((word - ones * 0x21) & ~word) | ((dels - ones) & ~dels)) & highs;
}

/* The first byte that no key may have, or NULL. */
static const char *
find_bad_in_key(struct span column)
{
    const char *at = column.at, *end = at + column.n_bytes;
    uint64_t word;

    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        if (has_bad_in_word(word))
            break;
    }
    while (at < end && !is_bad_in_key(*at))
        at++;
    return at < end ? at : NULL;
}

static const char *
bad_byte_text(char byte)
{
    static const char *const texts[] = {"byte 0x00 in the key",
        "byte 0x01 in the key", "byte 0x02 in the key", "byte 0x03 in the key",
        "byte 0x04 in the key", "byte 0x05 in the key", "byte 0x06 in the key",
        "byte 0x07 in the key", "byte 0x08 in the key", "byte 0x09 in the key",
        "byte 0x0a in the key", "byte 0x0b in the key", "byte 0x0c in the key",
        "byte 0x0d in the key", "byte 0x0e in the key", "byte 0x0f in the key",
        "byte 0x10 in the key", "byte 0x11 in the key", "byte 0x12 in the key",
        "byte 0x13 in the key", "byte 0x14 in the key", "byte 0x15 in the key",
        "byte 0x16 in the key", "byte 0x17 in the key", "byte 0x18 in the key",
        "byte 0x19 in the key", "byte 0x1a in the key", "byte 0x1b in the key",
        "byte 0x1c in the key", "byte 0x1d in the key", "byte 0x1e in the key",
        "byte 0x1f in the key", "byte 0x20 in the key"};

    return byte == 0x7f ? "byte 0x7f in the key" : texts[(unsigned char)byte];
}

static inline struct span
column_of(const struct record *record, size_t needed)
{
    return record->columns[record->at[needed]];
}

static inline struct span
key_span(const struct record *record, const struct key_part *part)
{
    return part->text.at ? part->text : column_of(record, part->column);
}

static enum reason
judge_key(const struct record *record, const char **detail)
{
    const struct plan *plan = record->plan;
    const char *bad = NULL;
    size_t n_bytes = 0;
    struct span span;

    for (size_t i = 0; i < plan->n_key; i++) {
        span = key_span(record, &plan->key[i]);
        n_bytes += span.n_bytes;
        if (span.n_bytes == 0) {
            *detail = plan->columns.needed[plan->key[i].column];
            return REASON_EMPTY_KEY;
        }
    }
    if (n_bytes > KEY_MAX_BYTES) {
        *detail = "key over 250 bytes";
        return REASON_BAD_KEY;
    }
    for (size_t i = 0; i < plan->n_key && !bad; i++)
        if (!plan->key[i].text.at)
            bad = find_bad_in_key(column_of(record, plan->key[i].column));
    if (bad) {
        *detail = bad_byte_text(*bad);
        return REASON_BAD_KEY;
    }
    return REASON_NONE;
}

enum reason
record_split(struct record *record, const char *line, size_t n_bytes,
    const char **detail)
{
    size_t n;

    *detail = "";
    if (!record->columns)
        bind(record);
    if (memchr(line, '\0', n_bytes)) {
        *detail = "NUL byte";
        return REASON_BAD_LINE;
    }
    n = split_line(record->splitter, line, n_bytes, record->columns,
        record->n_columns, detail);
    if (n == 0)
        return REASON_BAD_LINE;
    if (n != record->n_columns) {
        *detail = columns_text(record, n);
        return REASON_COLUMNS;
    }
    return judge_key(record, detail);
}

size_t
record_key(const struct record *record, char out[KEY_MAX_BYTES])
{
    const struct plan *plan = record->plan;
    size_t n_bytes = 0;
    struct span span;

    for (size_t i = 0; i < plan->n_key; i++) {
        span = key_span(record, &plan->key[i]);
        memcpy(out + n_bytes, span.at, span.n_bytes);
        n_bytes += span.n_bytes;
    }
    return n_bytes;
}

struct span
record_route(const struct record *record)
{
    return record->plan->routes_by_hash
               ? (struct span){0}
               : column_of(record, record->plan->route_column);
}

struct span
record_column(const struct record *record, size_t i)
{
    must(i < record->n_columns);
    return record->columns[i];
}

/* --------------------------------------------------------------- values --- */

static inline void
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

/* Those of the ops from `first` to `end`; false and *detail at a bad one. */
static inline const struct op *
fill_ops(struct filling *filling, size_t first, size_t end)
{
    struct record *record = filling->record;
    const struct op *op;

    for (size_t i = first; i < end; i++) {
        op = &record->plan->ops[i];
        if (!fill_op(filling, op, &record->stores[i],
                column_of(record, op->column)))
            return op;
    }
    return NULL;
}

/* A conflict is a bad value, so it comes before lists that are bad. */
static void
note_lists(struct filling *filling)
{
    const struct plan *plan = filling->record->plan;

    for (size_t i = plan->n_single; i < plan->n_ops; i++)
        if (plan->ops[i].n_oneofs &&
            column_of(filling->record, plan->ops[i].column).n_bytes)
            note_oneofs(filling, &plan->ops[i]);
}

enum reason
record_parse(struct record *record, bool strict,
    struct record_warnings *warnings, const char **detail)
{
    const struct plan *plan = record->plan;
    struct filling filling = {
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
    bad = fill_ops(&filling, 0, plan->n_single);
    if (!bad && plan->n_oneofs) {
        note_lists(&filling);
        if (filling.conflict) {
            *detail = filling.conflict->column_name;
            return REASON_BAD_VALUE;
        }
    }
    if (!bad)
        bad = fill_ops(&filling, plan->n_single, plan->n_ops);
    if (bad) {
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
