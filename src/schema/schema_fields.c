#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "google/protobuf/descriptor.pb-c.h"

#include "base/mem.h"
#include "schema/schema_build.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name
#define LABEL(name) \
    GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_##name

enum { MAX_NUMBER = (1 << 29) - 1 };

/* What a field is read from, and where errors go. */
struct descriptor_reader {
    struct schema *schema;
    const struct schema_message *message;
    const Google__Protobuf__DescriptorProto *from;
    const char *name; /* the field's */
    struct err *err;
};

static int refuse(const struct descriptor_reader *reader, const char *format,
    ...) __attribute__((format(printf, 2, 3)));

/* -1 with "message.field: ...". */
static int
refuse(const struct descriptor_reader *reader, const char *format, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    err_set(reader->err, ERR_USAGE, "%s.%s: %s", reader->message->full_name,
        reader->name, text);
    return -1;
}

/* ------------------------------------------------------------------- type ---
 */

static int
scalar_type_of(const struct descriptor_reader *reader,
    const Google__Protobuf__FieldDescriptorProto *from, enum scalar_type *out)
{
    static const struct {
        Google__Protobuf__FieldDescriptorProto__Type from;
        enum scalar_type to;
    } rows[] = {
        {TYPE(DOUBLE), SCALAR_DOUBLE},
        {TYPE(FLOAT), SCALAR_FLOAT},
        {TYPE(INT32), SCALAR_INT32},
        {TYPE(INT64), SCALAR_INT64},
        {TYPE(UINT32), SCALAR_UINT32},
        {TYPE(UINT64), SCALAR_UINT64},
        {TYPE(SINT32), SCALAR_SINT32},
        {TYPE(SINT64), SCALAR_SINT64},
        {TYPE(FIXED32), SCALAR_FIXED32},
        {TYPE(FIXED64), SCALAR_FIXED64},
        {TYPE(SFIXED32), SCALAR_SFIXED32},
        {TYPE(SFIXED64), SCALAR_SFIXED64},
        {TYPE(BOOL), SCALAR_BOOL},
        {TYPE(STRING), SCALAR_STRING},
        {TYPE(BYTES), SCALAR_BYTES},
        {TYPE(ENUM), SCALAR_ENUM},
        {TYPE(MESSAGE), SCALAR_MESSAGE},
        {TYPE(GROUP), SCALAR_MESSAGE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (from->has_type && rows[i].from == from->type) {
            *out = rows[i].to;
            return 0;
        }
    }
    return refuse(reader, "its type is not known (%d)",
        from->has_type ? (int)from->type : 0);
}

/* The message or the enum that the field is of. */
static int
read_type(const struct descriptor_reader *reader,
    const Google__Protobuf__FieldDescriptorProto *from,
    struct schema_field *out)
{
    const struct schema_type *type;

    if (scalar_type_of(reader, from, &out->type) != 0)
        return -1;
    out->is_group = from->type == TYPE(GROUP);
    if (out->type != SCALAR_MESSAGE && out->type != SCALAR_ENUM)
        return 0;
    if (!from->type_name || from->type_name[0] != '.')
        return refuse(reader, "its type has no full name");
    type = schema_find_type(reader->schema, from->type_name + 1);
    if (!type)
        return refuse(reader,
            "its type %.100s is missing: protoc adds it with --include_imports",
            from->type_name + 1);
    out->message = type->message;
    out->values = type->values;
    if (!(out->type == SCALAR_ENUM ? (const void *)type->values
                                   : (const void *)type->message))
        return refuse(reader, "its type %.100s is not %s", from->type_name + 1,
            out->type == SCALAR_ENUM ? "an enum" : "a message");
    return 0;
}

/* ---------------------------------------------------------------- default ---
 */

/* C's escapes, as protoc writes them. */
static bool
unescape(const char *at, char *out, size_t *n_out)
{
    static const char letters[] = "nrtabfv\\'\"?";
    static const char meant[] = "\n\r\t\a\b\f\v\\'\"?";
    size_t n = 0;

    while (*at) {
        const char *letter;
        unsigned octal = 0;
        int digits = 0;

        if (*at != '\\') {
            out[n++] = *at++;
            continue;
        }
        at++;
        for (; digits < 3 && *at >= '0' && *at <= '7'; digits++)
            octal = octal * 8 + (unsigned)(*at++ - '0');
        if (digits > 0) {
            out[n++] = (char)octal;
            continue;
        }
        letter = *at ? strchr(letters, *at) : NULL;
        if (!letter)
            return false;
        out[n++] = meant[letter - letters];
        at++;
    }
    *n_out = n;
    return true;
}

static bool
read_bytes(struct schema *schema, enum scalar_type type, const char *text,
    struct span *out)
{
    char *kept = schema_keep_text(schema, text, strlen(text));

    *out = (struct span){kept, strlen(text)};
    return type == SCALAR_STRING || unescape(text, kept, &out->n_bytes);
}

/* "inf", "-inf", "nan", or a number. */
static bool
read_floating(enum scalar_type type, const char *text, union scalar *out)
{
    double value;

    if (strcmp(text, "inf") == 0)
        value = __builtin_inf();
    else if (strcmp(text, "-inf") == 0)
        value = -__builtin_inf();
    else if (strcmp(text, "nan") == 0 || strcmp(text, "-nan") == 0)
        value = __builtin_nan("");
    else
        return scalar_parse(type, text, strlen(text), out);
    if (type == SCALAR_FLOAT)
        out->f32 = (float)value;
    else
        out->f64 = value;
    return true;
}

static bool
read_enum_value(const struct schema_enum *values, const char *text,
    union scalar *out)
{
    const struct schema_value *value =
        schema_find_value(values, text, strlen(text));

    if (value)
        out->i32 = value->number;
    return value != NULL;
}

static int
read_default(const struct descriptor_reader *reader,
    const Google__Protobuf__FieldDescriptorProto *from,
    struct schema_field *out)
{
    const char *text = from->default_value;
    bool is_fine;

    if (out->type == SCALAR_ENUM && !text)
        out->default_value.i32 = out->values->values[0].number;
    if (!text || out->is_repeated || out->type == SCALAR_MESSAGE)
        return 0;
    switch (out->type) {
    case SCALAR_STRING:
    case SCALAR_BYTES:
        is_fine = read_bytes(reader->schema, out->type, text,
            &out->default_value.bytes);
        break;
    case SCALAR_DOUBLE:
    case SCALAR_FLOAT:
        is_fine = read_floating(out->type, text, &out->default_value);
        break;
    case SCALAR_ENUM:
        is_fine = read_enum_value(out->values, text, &out->default_value);
        break;
    default:
        is_fine =
            scalar_parse(out->type, text, strlen(text), &out->default_value);
        break;
    }
    return is_fine ? 0
                   : refuse(reader, "its default \"%.60s\" is not a valid %s",
                         text, scalar_type_word(out->type));
}

/* ------------------------------------------------------------------ field ---
 */

static int
read_oneof(const struct descriptor_reader *reader,
    const Google__Protobuf__FieldDescriptorProto *from,
    struct schema_field *out)
{
    const char *name;

    if (!from->has_oneof_index || from->proto3_optional)
        return 0;
    if (from->oneof_index < 0 ||
        (size_t)from->oneof_index >= reader->from->n_oneof_decl)
        return refuse(reader, "its oneof is missing");
    name = reader->from->oneof_decl[from->oneof_index]->name;
    if (!name || !schema_is_name(name, false))
        return refuse(reader, "its oneof has no name");
    if (out->is_repeated || out->is_required)
        return refuse(reader,
            "it is in a oneof, but is not a single optional field");
    out->oneof = schema_keep_text(reader->schema, name, strlen(name));
    return 0;
}

/* Of numbers, bool and enum; proto3 packs them unless the .proto says
 * otherwise. */
static bool
is_packed(const struct schema_message *message,
    const Google__Protobuf__FieldDescriptorProto *from,
    const struct schema_field *field)
{
    if (!field->is_repeated || field->type == SCALAR_STRING ||
        field->type == SCALAR_BYTES || field->type == SCALAR_MESSAGE)
        return false;
    if (from->options && from->options->has_packed)
        return from->options->packed;
    return message->is_proto3;
}

static int
read_field(struct descriptor_reader *reader,
    const Google__Protobuf__FieldDescriptorProto *from,
    struct schema_field *out)
{
    reader->name = from->name && schema_is_name(from->name, false)
                       ? from->name
                       : "(a field)";
    if (reader->name != from->name)
        return refuse(reader, "its name is \"%.60s\"",
            from->name ? from->name : "");
    if (!from->has_number || from->number < 1 || from->number > MAX_NUMBER)
        return refuse(reader, "its number must be from 1 to %d", MAX_NUMBER);
    out->name =
        schema_keep_text(reader->schema, from->name, strlen(from->name));
    out->number = (uint32_t)from->number;
    out->is_repeated = from->has_label && from->label == LABEL(REPEATED);
    out->is_required = from->has_label && from->label == LABEL(REQUIRED);
    if (read_type(reader, from, out) != 0 ||
        read_oneof(reader, from, out) != 0 ||
        read_default(reader, from, out) != 0)
        return -1;
    out->is_packed = is_packed(reader->message, from, out);
    out->has_presence =
        !out->is_repeated &&
        (!reader->message->is_proto3 || out->oneof || from->proto3_optional ||
            out->type == SCALAR_MESSAGE);
    return 0;
}

/* ----------------------------------------------------------------- message ---
 */

static int
compare_numbers(const void *a, const void *b)
{
    const struct schema_field *left = a, *right = b;

    return (left->number > right->number) - (left->number < right->number);
}

static int
compare_names(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

/* By number; -1 when a number or a name occurs twice. */
static int
sort_fields(struct descriptor_reader *reader, struct schema_field *fields,
    size_t n)
{
    const char **names = mem_grow(NULL, n, sizeof(*names));
    int status = 0;

    qsort(fields, n, sizeof(*fields), compare_numbers);
    for (size_t i = 0; i < n; i++)
        names[i] = fields[i].name;
    qsort(names, n, sizeof(*names), compare_names);
    for (size_t i = 1; i < n && status == 0; i++) {
        if (fields[i].number == fields[i - 1].number) {
            reader->name = fields[i].name;
            status = refuse(reader, "%.60s has the number %u as well",
                fields[i - 1].name, fields[i].number);
        } else if (strcmp(names[i], names[i - 1]) == 0) {
            reader->name = names[i];
            status = refuse(reader, "two fields have this name");
        }
    }
    free(names);
    return status;
}

int
schema_read_fields(struct schema *schema, struct schema_message *message,
    const Google__Protobuf__DescriptorProto *from, struct err *err)
{
    struct descriptor_reader reader = {
        .schema = schema, .message = message, .from = from, .err = err};
    struct schema_field *fields =
        schema_keep(schema, from->n_field, sizeof(*fields));

    for (size_t i = 0; i < from->n_field; i++)
        if (read_field(&reader, from->field[i], &fields[i]) != 0)
            return -1;
    if (from->n_field > 0 && sort_fields(&reader, fields, from->n_field) != 0)
        return -1;
    message->fields = fields;
    message->n_fields = from->n_field;
    return 0;
}

/* ------------------------------------------------------------------- maps ---
 */

/* What protoc makes of map<key, value>. */
static bool
is_entry(const struct schema_message *message)
{
    const struct schema_field *key = &message->fields[0], *value = key + 1;

    return message->n_fields == 2 && key->number == 1 && value->number == 2 &&
           !key->is_repeated && !value->is_repeated && !key->is_required &&
           !value->is_required && !key->oneof && !value->oneof &&
           (scalar_is_integer(key->type) || key->type == SCALAR_BOOL ||
               key->type == SCALAR_STRING) &&
           !value->is_group;
}

int
schema_read_maps(struct schema_message *message, struct err *err)
{
    struct schema_field *fields = (struct schema_field *)message->fields;
    struct descriptor_reader reader = {.message = message, .err = err};

    if (message->is_map_entry && !is_entry(message)) {
        err_set(err, ERR_USAGE,
            "%s: an entry of a map cannot have these fields",
            message->full_name);
        return -1;
    }
    for (size_t i = 0; i < message->n_fields; i++) {
        struct schema_field *field = &fields[i];

        if (!field->message || !field->message->is_map_entry)
            continue;
        reader.name = field->name;
        if (!field->is_repeated || field->is_group)
            return refuse(&reader, "it is a single entry of a map");
        field->is_map = true;
    }
    return 0;
}
