#include <stdlib.h>
#include <string.h>

#include "google/protobuf/descriptor.pb-c.h"

#include "base/mem.h"
#include "schema/protowire.h"
#include "schema/schema_build.h"

/* -------------------------------------------------------------- unpacking ---
 */

/* Unpacked, a set takes ten times its bytes; hostile ones would take hundreds,
 * of empty messages. */
enum { TIMES_UNPACKED = 48, MORE_UNPACKED = 64 << 10 };

/* Zeroed: protobuf-c 1.4.1 frees what it may not have set (its issue 690). */
static void *
get_within(void *left, size_t n_bytes)
{
    size_t *left_bytes = left;

    if (n_bytes > *left_bytes)
        return NULL;
    *left_bytes -= n_bytes;
    return mem_zero(n_bytes, 1);
}

static void
give_back(void *left, void *memory)
{
    (void)left;
    free(memory);
}

/* protobuf-c goes down into them by itself, as deep as they are. */
static bool
is_too_deep(struct span message, unsigned depth)
{
    enum { NESTED_TYPE = 3 };
    struct protowire_field field;

    if (depth > SCHEMA_MAX_DEPTH)
        return true;
    while (protowire_next(&message, &field) == PROTOWIRE_FIELD)
        if (field.number == NESTED_TYPE && field.type == PROTOWIRE_BYTES &&
            is_too_deep(field.bytes, depth + 1))
            return true;
    return false;
}

static bool
has_too_deep(struct span set)
{
    enum { FILE = 1, MESSAGE_TYPE = 4 };
    struct protowire_field file, field;

    while (protowire_next(&set, &file) == PROTOWIRE_FIELD) {
        if (file.number != FILE || file.type != PROTOWIRE_BYTES)
            continue;
        while (protowire_next(&file.bytes, &field) == PROTOWIRE_FIELD)
            if (field.number == MESSAGE_TYPE && field.type == PROTOWIRE_BYTES &&
                is_too_deep(field.bytes, 1))
                return true;
    }
    return false;
}

static bool
looks_like_text(struct span set)
{
    for (size_t i = 0; i < set.n_bytes && i < 200; i++)
        if ((unsigned char)set.at[i] < ' ' && set.at[i] != '\n' &&
            set.at[i] != '\r' && set.at[i] != '\t')
            return false;
    return set.n_bytes > 0;
}

/* NULL, ERR_USAGE. */
static Google__Protobuf__FileDescriptorSet *
unpack(struct span set, struct err *err)
{
    size_t left_bytes = set.n_bytes * TIMES_UNPACKED + MORE_UNPACKED;
    ProtobufCAllocator allocator = {get_within, give_back, &left_bytes};
    Google__Protobuf__FileDescriptorSet *unpacked;

    if (set.n_bytes > SCHEMA_MAX_BYTES) {
        err_set(err, ERR_USAGE, "larger than %d MiB: is it a descriptor set?",
            SCHEMA_MAX_BYTES >> 20);
        return NULL;
    }
    if (has_too_deep(set)) {
        err_set(err, ERR_USAGE,
            "messages are declared in messages more than %d levels deep",
            SCHEMA_MAX_DEPTH);
        return NULL;
    }
    unpacked = google__protobuf__file_descriptor_set__unpack(&allocator,
        set.n_bytes, (const uint8_t *)set.at);
    if (!unpacked)
        err_set(err, ERR_USAGE, "%s",
            looks_like_text(set)
                ? "this is text, not a descriptor set: for a .proto file, say "
                  "`proto:` instead of `descriptor:`"
                : "not a descriptor set: make one with `protoc "
                  "--include_imports --descriptor_set_out=FILE.pb FILE.proto`");
    return unpacked;
}

/* ---------------------------------------------------------------- declaring
 * --- */

struct building {
    struct schema *schema;
    struct err *err;
    /* side by side, in the order of the files */
    struct schema_message **messages;
    const Google__Protobuf__DescriptorProto **from;
    size_t n_messages;
    size_t type_room;
    bool is_proto3; /* the file that is being read */
};

/* "outer.name", kept; NULL, ERR_USAGE. */
static const char *
full_name(struct building *building, const char *outer, const char *name)
{
    size_t n_outer = strlen(outer), n_bytes;
    char *full;

    if (!name || !schema_is_name(name, false)) {
        err_set(building->err, ERR_USAGE,
            "%s%sa type is named \"%s\", which protoc would not allow", outer,
            *outer ? ": " : "", name ? name : "");
        return NULL;
    }
    n_bytes = strlen(name) + (n_outer > 0 ? n_outer + 1 : 0);
    if (n_bytes > SCHEMA_MAX_NAME) {
        err_set(building->err, ERR_USAGE,
            "a name has more than %d bytes: %s.%s", SCHEMA_MAX_NAME, outer,
            name);
        return NULL;
    }
    full = schema_keep(building->schema, n_bytes + 1, 1);
    if (n_outer > 0) {
        memcpy(full, outer, n_outer);
        full[n_outer++] = '.';
    }
    memcpy(full + n_outer, name, strlen(name));
    return full;
}

static int
add_type(struct building *building, const struct schema_type *type)
{
    struct schema *schema = building->schema;

    if (schema->n_types == SCHEMA_MAX_TYPES) {
        err_set(building->err, ERR_USAGE, "more than %d messages and enums",
            SCHEMA_MAX_TYPES);
        return -1;
    }
    if (schema->n_types == building->type_room) {
        building->type_room = building->type_room * 2 + 16;
        schema->types = mem_grow(schema->types, building->type_room,
            sizeof(*schema->types));
    }
    schema->types[schema->n_types++] = *type;
    return 0;
}

static int
compare_names(const void *a, const void *b)
{
    const struct schema_value *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

/* An alias comes after the value that it is an alias of. */
static int
compare_numbers(const void *a, const void *b)
{
    const struct schema_value *const *left = a, *const *right = b;

    if ((*left)->number != (*right)->number)
        return (*left)->number < (*right)->number ? -1 : 1;
    return (*left > *right) - (*left < *right);
}

static int
sort_values(struct building *building, struct schema_enum *out)
{
    const struct schema_value **by_name, **by_number;
    size_t n = 0;

    by_name = schema_keep(building->schema, out->n, sizeof(*by_name));
    by_number = schema_keep(building->schema, out->n, sizeof(*by_number));
    for (size_t i = 0; i < out->n; i++)
        by_name[i] = by_number[i] = &out->values[i];
    qsort(by_name, out->n, sizeof(*by_name), compare_names);
    qsort(by_number, out->n, sizeof(*by_number), compare_numbers);
    for (size_t i = 0; i < out->n; i++) {
        if (i > 0 && strcmp(by_name[i]->name, by_name[i - 1]->name) == 0) {
            err_set(building->err, ERR_USAGE, "enum %s: %s is defined twice",
                out->full_name, by_name[i]->name);
            return -1;
        }
        if (n == 0 || by_number[i]->number != by_number[n - 1]->number)
            by_number[n++] = by_number[i];
    }
    out->by_name = by_name;
    out->by_number = by_number;
    out->n_numbers = n;
    return 0;
}

static int
declare_enum(struct building *building, const char *outer,
    const Google__Protobuf__EnumDescriptorProto *from)
{
    struct schema_enum *out = schema_keep(building->schema, 1, sizeof(*out));
    struct schema_value *values;

    out->full_name = full_name(building, outer, from->name);
    if (!out->full_name)
        return -1;
    out->is_closed = !building->is_proto3;
    out->n = from->n_value;
    values = schema_keep(building->schema, out->n, sizeof(*values));
    out->values = values;
    for (size_t i = 0; i < out->n; i++) {
        const char *name = from->value[i]->name;

        if (!name || !schema_is_name(name, false)) {
            err_set(building->err, ERR_USAGE,
                "enum %s: a value is named \"%s\"", out->full_name,
                name ? name : "");
            return -1;
        }
        values[i].name = schema_keep_text(building->schema, name, strlen(name));
        values[i].number = from->value[i]->number;
    }
    if (out->n == 0) {
        err_set(building->err, ERR_USAGE, "enum %s has no values",
            out->full_name);
        return -1;
    }
    if (sort_values(building, out) != 0)
        return -1;
    return add_type(building,
        &(struct schema_type){.full_name = out->full_name, .values = out});
}

/* As deep as is_too_deep() lets it. */
static int
declare_message(struct building *building, const char *outer,
    const Google__Protobuf__DescriptorProto *from)
{
    struct schema_message *out = schema_keep(building->schema, 1, sizeof(*out));

    out->full_name = full_name(building, outer, from->name);
    if (!out->full_name)
        return -1;
    out->is_proto3 = building->is_proto3;
    out->is_map_entry = from->options && from->options->map_entry;
    if (add_type(building, &(struct schema_type){.full_name = out->full_name,
                               .message = out}) != 0)
        return -1;
    building->messages = mem_grow(building->messages, building->n_messages + 1,
        sizeof(struct schema_message *));
    building->from = mem_grow(building->from, building->n_messages + 1,
        sizeof(const Google__Protobuf__DescriptorProto *));
    building->messages[building->n_messages] = out;
    building->from[building->n_messages++] = from;
    for (size_t i = 0; i < from->n_enum_type; i++)
        if (declare_enum(building, out->full_name, from->enum_type[i]) != 0)
            return -1;
    for (size_t i = 0; i < from->n_nested_type; i++)
        if (declare_message(building, out->full_name, from->nested_type[i]) !=
            0)
            return -1;
    return 0;
}

static int
declare_file(struct building *building,
    const Google__Protobuf__FileDescriptorProto *file)
{
    const char *package = file->package ? file->package : "";
    const char *syntax = file->syntax ? file->syntax : "";

    building->is_proto3 = strcmp(syntax, "proto3") == 0;
    if (*syntax && !building->is_proto3 && strcmp(syntax, "proto2") != 0) {
        err_set(building->err, ERR_USAGE,
            "%s has syntax \"%s\": only proto2 and proto3 can be read",
            file->name ? file->name : "a file", syntax);
        return -1;
    }
    if (*package && !schema_is_name(package, true)) {
        err_set(building->err, ERR_USAGE,
            "%s has the package \"%s\", which protoc would not allow",
            file->name ? file->name : "a file", package);
        return -1;
    }
    for (size_t i = 0; i < file->n_enum_type; i++)
        if (declare_enum(building, package, file->enum_type[i]) != 0)
            return -1;
    for (size_t i = 0; i < file->n_message_type; i++)
        if (declare_message(building, package, file->message_type[i]) != 0)
            return -1;
    return 0;
}

/* ------------------------------------------------------------- all of them ---
 */

static int
compare_types(const void *a, const void *b)
{
    const struct schema_type *left = a, *right = b;

    return strcmp(left->full_name, right->full_name);
}

/* Sorts them, and lists the messages that are not entries of maps. */
static int
sort_types(struct building *building)
{
    struct schema *schema = building->schema;
    struct schema_type *types = schema->types;

    if (building->n_messages == 0) {
        err_set(building->err, ERR_USAGE, "it declares no message");
        return -1;
    }
    qsort(types, schema->n_types, sizeof(*types), compare_types);
    for (size_t i = 1; i < schema->n_types; i++) {
        if (strcmp(types[i].full_name, types[i - 1].full_name) == 0) {
            err_set(building->err, ERR_USAGE, "%s is declared twice",
                types[i].full_name);
            return -1;
        }
    }
    schema->messages = schema_keep(schema, building->n_messages,
        sizeof(const struct schema_message *));
    for (size_t i = 0; i < building->n_messages; i++)
        if (!building->messages[i]->is_map_entry)
            schema->messages[schema->n_messages++] = building->messages[i];
    return 0;
}

static int
build(struct building *building, const Google__Protobuf__FileDescriptorSet *set)
{
    struct schema *schema = building->schema;

    for (size_t i = 0; i < set->n_file; i++)
        if (declare_file(building, set->file[i]) != 0)
            return -1;
    if (sort_types(building) != 0)
        return -1;
    for (size_t i = 0; i < building->n_messages; i++)
        if (schema_read_fields(schema, building->messages[i], building->from[i],
                building->err) != 0)
            return -1;
    for (size_t i = 0; i < building->n_messages; i++)
        if (schema_read_maps(building->messages[i], building->err) != 0)
            return -1;
    schema_make(schema, building->messages, building->n_messages);
    return 0;
}

struct schema *
schema_new(const void *bytes, size_t n_bytes, const char *name, struct err *err)
{
    Google__Protobuf__FileDescriptorSet *set =
        unpack((struct span){bytes, n_bytes}, err);
    struct building building = {.err = err};
    ProtobufCAllocator allocator = {NULL, give_back, NULL};
    struct schema *schema;
    int status;

    if (!set) {
        err_wrap(err, "%s", name);
        return NULL;
    }
    schema = mem_zero(1, sizeof(*schema));
    building.schema = schema;
    status = build(&building, set);
    google__protobuf__file_descriptor_set__free_unpacked(set, &allocator);
    free(building.messages);
    free(building.from);
    if (status != 0) {
        schema_free(schema);
        err_wrap(err, "%s", name);
        return NULL;
    }
    return schema;
}
