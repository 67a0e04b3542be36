/*
 * A schema: the messages of a protobuf descriptor set, as a mapping needs them.
 *
 * Made once of the bytes that `protoc --include_imports --descriptor_set_out`
 * writes, which are untrusted: what is wrong with them is ERR_USAGE, and they
 * cost a bounded multiple of their size in memory and time. Frozen after that;
 * any thread may read. The schema owns all that hangs on it. Messages may
 * contain each other in circles. Every name is made of letters, digits and _,
 * full names of such with points between.
 *
 * Each message has a run-time descriptor for protobuf-c. Its layout differs
 * from what protoc-c would make in what needs no code: every singular field
 * that is not required, scalar or enum, has a `has` flag (also one without
 * presence: who sets it decides whether it is packed), also members of a oneof;
 * string is bytes (no NUL, no copy); an enum is an int32.
 */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "value/scalar.h"

/* Of the set; of a full name; of types; of messages declared in messages. */
enum {
    SCHEMA_MAX_BYTES = 16 << 20,
    SCHEMA_MAX_NAME = 512,
    SCHEMA_MAX_TYPES = 1 << 16,
    SCHEMA_MAX_DEPTH = 64,
};

struct ProtobufCMessageDescriptor;

struct schema_value {
    const char *name;
    int32_t number;
};

struct schema_enum {
    const char *full_name;
    const struct schema_value *values; /* in the order of the file */
    size_t n;
    bool is_closed; /* proto2: other numbers are refused */
    /* the same by name, and by number (of aliases the first) */
    const struct schema_value *const *by_name, *const *by_number;
    size_t n_numbers;
};

struct schema_message;

struct schema_field {
    const char *name;
    uint32_t number;
    enum scalar_type type; /* SCALAR_MESSAGE, too */
    bool is_repeated;      /* maps, too */
    bool is_packed;
    bool is_required;
    bool has_presence; /* else: proto3 without optional, zero is not packed */
    bool is_map;       /* its message has fields 1 (key) and 2 (value) */
    bool is_group;     /* proto2's: a message that cannot be set or printed */
    const char
        *oneof; /* its name, or NULL; that of "optional" does not count */
    const struct schema_message *message; /* of SCALAR_MESSAGE */
    const struct schema_enum *values;     /* of SCALAR_ENUM */
    union scalar default_value;           /* proto2's, else zero */
    /* in the message's struct; see ProtobufCFieldDescriptor */
    size_t offset;
    size_t quantifier_offset; /* int has, or size_t n; 0 when required */
};

struct schema_message {
    const char *full_name;             /* without a leading point */
    const struct schema_field *fields; /* by number */
    size_t n_fields;
    bool is_proto3;
    bool is_map_entry;
    size_t struct_bytes;
    const struct ProtobufCMessageDescriptor *descriptor;
};

struct schema;

/* `name` is for messages of errors: the file the bytes came of. */
struct schema *schema_new(const void *bytes, size_t n_bytes, const char *name,
    struct err *err);
void schema_free(struct schema *schema);

const struct schema_message *schema_find_message(const struct schema *schema,
    const char *full_name);
/* All of them, but the entries of maps, in the order of the files: those
 * imported come first. */
const struct schema_message *schema_message_at(const struct schema *schema,
    size_t i);
size_t schema_n_messages(const struct schema *schema);

const struct schema_field *schema_find_field(const struct schema_message
                                                 *message,
    const char *name, size_t n_bytes);
/* Of a message; by number. */
const struct schema_field *schema_field_of(const struct schema_message *message,
    uint32_t number);

const struct schema_value *schema_find_value(const struct schema_enum *values,
    const char *name, size_t n_bytes);
const struct schema_value *schema_value_of(const struct schema_enum *values,
    int32_t number);

/* "int32", "repeated string", "message geo.Point", "enum geo.Kind",
 * "map<string, int32>", for people; the caller frees it. */
char *schema_type_text(const struct schema_field *field);

#endif
