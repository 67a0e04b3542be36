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
    struct parse_state state = {.record = record, .warnings = &warnings};
    const int yes = 1;

    for (size_t i = 0; i < plan->n_constants; i++)
        must(fill_op(&state, &plan->constants[i],
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
    free(record->key_at);
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
    record->key_at =
        mem_zero(record->plan->n_key_columns, sizeof(*record->key_at));
    for (size_t i = 0; i < record->plan->n_key_columns; i++)
        record->key_at[i] = record->at[record->plan->key_columns[i]];
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
find_bad_in_key(const struct span *column)
{
    const char *at = column->at, *end = at + column->n_bytes;
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

static enum reason
judge_key(const struct record *record, const char **detail)
{
    const struct plan *plan = record->plan;
    const char *bad = NULL;
    size_t n_bytes = plan->key_text_bytes;
    const struct span *span;

    for (size_t i = 0; i < plan->n_key_columns; i++) {
        span = &record->columns[record->key_at[i]];
        n_bytes += span->n_bytes;
        if (span->n_bytes == 0) {
            *detail = plan->columns.needed[plan->key_columns[i]];
            return REASON_EMPTY_KEY;
        }
    }
    if (n_bytes > KEY_MAX_BYTES) {
        *detail = "key over 250 bytes";
        return REASON_BAD_KEY;
    }
    for (size_t i = 0; i < plan->n_key_columns && !bad; i++)
        bad = find_bad_in_key(&record->columns[record->key_at[i]]);
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
    const size_t *column = record->key_at;
    const struct span *span;
    char *to = out;

    for (size_t i = 0; i < plan->n_key; i++) {
        span = &plan->key[i];
        if (span->n_bytes == 1) { /* mostly what is between two columns */
            *to++ = *span->at;
            continue;
        }
        if (!span->at)
            span = &record->columns[*column++];
        memcpy(to, span->at, span->n_bytes);
        to += span->n_bytes;
    }
    return (size_t)(to - out);
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
