/*
 * What a record is made of: the columns of its line, and the messages that its
 * values are written into. Of this room alone; see record.h.
 */
#ifndef RECORD_SCRATCH_H
#define RECORD_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/plan.h"
#include "record/record.h"

/* Memory that an op keeps from line to line. */
struct op_store {
    char *items; /* of a list: values as the message holds them; of a map:
                    pointers to its entries */
    size_t items_room;
    char *entries;
    size_t entries_room;
    char *bytes; /* decoded from hex and base64 */
    size_t bytes_room, n_bytes;
};

struct record {
    const struct mapping *mapping;
    const struct plan *plan;
    const struct column_map *map;
    struct splitter *splitter;
    size_t n_columns;     /* that each line must have */
    struct span *columns; /* of the line; NULL until the map is known */
    size_t *at;           /* of the plan's columns: which of the line's */
    size_t *key_at;       /* the same of the key's */
    char **count_texts;   /* by a wrong number of columns, made when wanted */
    char *scratch;        /* the messages; see plan.h */
    struct op_store *stores; /* by op, those of constants after them */
    size_t n_stores;
    bool *present, *present_start;
    size_t *oneof_set; /* the member, by oneof; 0: none */
    size_t pack_room;
    struct span raw;
    const struct op *bad; /* what rejected the line last; NULL: nothing yet */
    bool has_conflict;    /* by a oneof, not by its own column */
};

/* What is going on with one line. */
struct parse_state {
    struct record *record;
    struct record_warnings *warnings;
    const struct op *conflict; /* the second member of a oneof */
    bool strict;
};

/* One value, trimmed before. false: it is bad. Bytes that are decoded go
 * into the store, which must have room for them. */
bool read_value(const struct value_reading *reading, struct span text,
    struct op_store *store, union scalar *out, bool *is_outside);
/* false: a bad column. */
bool fill_single(struct parse_state *state, const struct op *op,
    struct op_store *store, struct span column);
bool fill_list(struct parse_state *state, const struct op *op,
    struct op_store *store, struct span column);
bool fill_map(struct parse_state *state, const struct op *op,
    struct op_store *store, struct span column);
/* All shapes. */
bool fill_op(struct parse_state *state, const struct op *op,
    struct op_store *store, struct span column);

/* A column's items, one after the other. */
struct item_cursor {
    const struct op *op;
    struct span rest;
    bool is_last;
};

/* false: there are no more. */
bool next_item(struct item_cursor *items, struct span *out);
/* An item of a map, into its two. false: the separator is missing. */
bool cut_pair(const struct op *op, struct span text, struct span *key,
    struct span *value);

/* At `to`, as a message of protobuf-c holds it. */
void put_scalar(void *to, enum scalar_type type, const union scalar *value);

static inline struct span
column_of(const struct record *record, size_t needed)
{
    return record->columns[record->at[needed]];
}

static inline struct span
trim_span(struct span text)
{
    while (text.n_bytes && (*text.at == ' ' || *text.at == '\t')) {
        text.at++;
        text.n_bytes--;
    }
    while (text.n_bytes && (text.at[text.n_bytes - 1] == ' ' ||
                               text.at[text.n_bytes - 1] == '\t'))
        text.n_bytes--;
    return text;
}

/* Members of oneofs that the op's value sets. */
void note_oneofs(struct parse_state *state, const struct op *op);

/* Room for n bytes of decoded text. */
void store_bytes(struct op_store *store, size_t n_bytes);

static inline void
set_size(struct record *record, size_t offset, size_t n)
{
    __builtin_memcpy(record->scratch + offset, &n, sizeof(n));
}

static inline void
set_pointer(struct record *record, size_t offset, const void *pointer)
{
    __builtin_memcpy(record->scratch + offset, &pointer, sizeof(pointer));
}

/* Makes a struct of the type an empty message. */
void message_init(void *message, const struct schema_message *type);

#endif
