/*
 * A mapping's spec and its schema -> the plan: for the files that compile
 * (compile.c: key, route, and the whole; compile_columns.c: which columns;
 * compile_fields.c: which field of which message; compile_reading.c: how it is
 * read; compile_json.c: a schema for JSON; compile_sizes.c: how large it is)
 * and mapping_open.c. One thread, once, before anything is forked. Functions
 * that return int: -1, ERR_USAGE, with the place in the file.
 */
#ifndef RECORD_COMPILE_H
#define RECORD_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "record/mapping_spec.h"
#include "record/plan.h"

/* Levels of nested messages; readers of protobuf take at most 100. */
enum { FIELD_MAX_DEPTH = 32 };

/* A oneof of one of the messages. */
struct compiled_oneof {
    size_t message;
    const char *name;
    size_t constant_member; /* 0: none */
};

struct compiler {
    const struct mapping_choice *choice;
    const struct mapping_spec *spec;
    struct mapping *mapping;
    struct plan *plan; /* the mapping's */
    struct err *err;
    const char **needed, **uses; /* of the plan's columns */
    struct compiled_oneof *oneofs;
};

/* The whole; the mapping has its message by now, unless its format is raw. */
int compile(const struct mapping_choice *choice,
    const struct mapping_spec *spec, struct mapping *mapping, struct err *err);

/* Zeroed memory that lives as long as the mapping. */
void *mapping_keep(struct mapping *mapping, size_t n, size_t each_bytes);
char *mapping_keep_text(struct mapping *mapping, const char *text,
    size_t n_bytes);

/* The columns that there are, and the format of the lines. */
int compile_columns(struct compiler *compiler);

/* Notes that the column is needed; *out is its place among those that are. */
int compile_column(struct compiler *compiler, const struct yaml_node *node,
    const char *name, size_t n_bytes, size_t *out);

/* Fills the ops, those of constants apart, and the messages. */
int compile_fields(struct compiler *compiler);

/* "an" of "int32" and "enum X", "a" of "uint32" and all other types. */
const char *compile_article(const char *type);

/* How the field's text is read: all of the op but where its value goes. */
int compile_reading(struct compiler *compiler, const struct field_spec *spec,
    const struct schema_field *field, struct op *op);

/* What JSON fields come to: a message of the mapping's memory; NULL with err.
 */
const struct schema_message *compile_json(const struct mapping_spec *spec,
    struct mapping *mapping, struct err *err);

/* What is packed at most of that field: an item, what is around all of them,
 * and a byte of text. */
void compile_sizes(enum value_format format, const struct schema_field *field,
    struct op *op, size_t *around_bytes);
/* Around a nested message. */
size_t compile_message_bytes(enum value_format format,
    const struct schema_field *field);

#endif
