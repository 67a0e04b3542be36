/*
 * How a schema is made, for the files that make it: schema_set.c reads the
 * descriptor set and finds what types there are, schema_fields.c gives messages
 * their fields, schema_make.c lays them out for protobuf-c. One thread.
 */
#ifndef SCHEMA_SCHEMA_BUILD_H
#define SCHEMA_SCHEMA_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "schema/schema.h"

/* A message or an enum. */
struct schema_type {
    const char *full_name;
    struct schema_message *message;
    struct schema_enum *values;
};

struct schema {
    struct schema_block *blocks; /* all memory of it */
    const struct schema_message **messages;
    size_t n_messages;
    struct schema_type *types; /* by name */
    size_t n_types;
};

/* Zeroed memory that lives as long as the schema. */
void *schema_keep(struct schema *schema, size_t n, size_t each_bytes);
char *schema_keep_text(struct schema *schema, const char *text, size_t n_bytes);

/* Is it a name, or with `has_points` several with points between? */
bool schema_is_name(const char *text, bool has_points);

const struct schema_type *schema_find_type(const struct schema *schema,
    const char *full_name);

struct Google__Protobuf__DescriptorProto;

/* The message's fields, by number, with their types; the schema's types are
 * known. -1, ERR_USAGE. */
int schema_read_fields(struct schema *schema, struct schema_message *message,
    const struct Google__Protobuf__DescriptorProto *from, struct err *err);

/* Tells maps from other lists, when all messages have their fields. -1,
 * ERR_USAGE. */
int schema_read_maps(struct schema_message *message, struct err *err);

/* The offset of each field, and the descriptors; cannot fail. */
void schema_make(struct schema *schema, struct schema_message *const *messages,
    size_t n);

#endif
