/*
 * A compiled mapping: what record.c does with each line. Of this room alone.
 *
 * The fields' ops are in one flat array, in the order in which their reasons
 * come: numbers, then other single values, then lists and maps. They write
 * into the structs of the messages, which every record has laid out once in
 * its scratch: the message first, nested ones after those that hold them.
 * Made by compile.c, frozen after that; any thread may read it.
 */
#ifndef RECORD_PLAN_H
#define RECORD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/yaml.h"
#include "record/column_map.h"
#include "record/mapping.h"
#include "record/reason.h"
#include "value/scalar.h"
#include "schema/schema.h"
#include "value/time_format.h"

enum value_format { VALUE_PROTOBUF, VALUE_JSON, VALUE_RAW };

/* How the text of one value is read. */
enum reading_how {
    READ_SCALAR, /* by scalar_parse() */
    READ_ENUM,
    READ_HEX,
    READ_BASE64,
    READ_TIME,
};

struct value_reading {
    union scalar low, high;
    enum reading_how how;
    enum scalar_type type;
    bool trims; /* blanks around it */
    bool has_range;
    bool warns; /* of what is outside; else it is bad */
    const struct schema_enum *values;
    const struct time_format *time;
    uint32_t units_per_second;
};

enum op_shape {
    OP_DOUBLE, /* one double: most single columns of most tables */
    OP_SINGLE, /* one value of any type */
    OP_UINT32, /* a list of them, between single bytes */
    OP_LIST,
    OP_MAP,
};

enum on_empty { EMPTY_REJECT, EMPTY_SKIP, EMPTY_DEFAULT, EMPTY_NONE };

/* A member of a oneof that is set when the op's value is. */
struct oneof_part {
    size_t oneof, member; /* member from 1 */
};

/* What every line needs comes first, in two lines of the cache. */
struct op {
    enum op_shape shape;
    enum on_empty on_empty;
    bool skips_bad;   /* items */
    bool sets_zero;   /* a value whose bits are all zero is packed */
    bool is_required; /* no flag says that it is there */
    bool is_presence; /* of its message, and of those around it */
    size_t column;    /* of plan->columns.needed */
    size_t offset, quantifier_offset; /* in the scratch, both */
    struct span split;                /* empty: the column is one item */
    /* of the packed value: an item at most, and one of its text's bytes */
    size_t item_bytes, text_factor;
    struct value_reading value; /* of each item */
    size_t message;             /* of plan->messages */
    struct oneof_part *oneofs;  /* those it is in, by nesting */
    size_t n_oneofs;
    union scalar default_value;
    struct value_reading key; /* of a map's entries */
    const struct schema_message *entry;
    size_t key_offset, key_has_offset, value_offset, value_has_offset;
    struct span pair;        /* empty: no map */
    enum reason reason;      /* of its column, when it is bad */
    const char *column_name; /* or the field's, when it is a constant */
    struct span constant;    /* at: not NULL when it is one */
    const struct yaml_node *mark;
};

/* Does its column hold any number of items? */
static inline bool
op_is_list(const struct op *op)
{
    return op->shape == OP_UINT32 || op->shape == OP_LIST ||
           op->shape == OP_MAP;
}

struct plan_message {
    const struct schema_message *type;
    const struct schema_field *field; /* of its parent; NULL: the outermost */
    size_t parent;                    /* of plan->messages */
    size_t offset;                    /* of its struct, in the scratch */
    size_t pointer_offset;            /* of the pointer to it, in the scratch */
    bool is_required;                 /* there whenever its parent is */
    bool is_always_there;             /* it holds nothing but constants */
};

struct plan {
    struct column_spec columns;
    enum value_format format;
    struct op *ops;
    size_t n_ops, n_single; /* single values come first */
    struct op *constants;   /* set once in every record */
    size_t n_constants;
    struct plan_message *messages; /* none for raw */
    size_t n_messages;
    size_t scratch_bytes;
    size_t n_oneofs;
    size_t *oneof_start; /* members that constants set */
    size_t raw_column;
    const char *key_text; /* as it is in the file */
    struct span *key;     /* literal text; at: NULL for the next column */
    size_t n_key, key_text_bytes;
    size_t *key_columns; /* of columns.needed */
    size_t n_key_columns;
    bool routes_by_hash;
    size_t route_column;
    uint32_t flags;
    size_t fixed_bytes; /* of a packed value, all but lists and texts */
    struct mapping_room room;
};

struct mapping {
    char *name;
    /* names and texts of the plan are its; own: unless it was lent */
    const struct yaml_file *file;
    struct yaml_file *own_file;
    struct schema *schema;
    const struct schema_message *message; /* protobuf, json */
    struct plan plan;
    void **kept; /* all other memory */
    size_t n_kept;
};

#endif
