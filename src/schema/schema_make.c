#include <stdlib.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

#include "base/mem.h"
#include "schema/schema_build.h"

static const ProtobufCType types[] = {
    [SCALAR_DOUBLE] = PROTOBUF_C_TYPE_DOUBLE,
    [SCALAR_FLOAT] = PROTOBUF_C_TYPE_FLOAT,
    [SCALAR_INT32] = PROTOBUF_C_TYPE_INT32,
    [SCALAR_INT64] = PROTOBUF_C_TYPE_INT64,
    [SCALAR_UINT32] = PROTOBUF_C_TYPE_UINT32,
    [SCALAR_UINT64] = PROTOBUF_C_TYPE_UINT64,
    [SCALAR_SINT32] = PROTOBUF_C_TYPE_SINT32,
    [SCALAR_SINT64] = PROTOBUF_C_TYPE_SINT64,
    [SCALAR_FIXED32] = PROTOBUF_C_TYPE_FIXED32,
    [SCALAR_FIXED64] = PROTOBUF_C_TYPE_FIXED64,
    [SCALAR_SFIXED32] = PROTOBUF_C_TYPE_SFIXED32,
    [SCALAR_SFIXED64] = PROTOBUF_C_TYPE_SFIXED64,
    [SCALAR_BOOL] = PROTOBUF_C_TYPE_BOOL,
    /* no NUL after it, and none is looked for in it */
    [SCALAR_STRING] = PROTOBUF_C_TYPE_BYTES,
    [SCALAR_BYTES] = PROTOBUF_C_TYPE_BYTES,
    /* the same on the wire */
    [SCALAR_ENUM] = PROTOBUF_C_TYPE_INT32,
    [SCALAR_MESSAGE] = PROTOBUF_C_TYPE_MESSAGE,
};

/* Of a value in a message's struct, and of its alignment. */
static size_t
bytes_of(const struct schema_field *field)
{
    if (field->is_repeated || field->type == SCALAR_MESSAGE)
        return sizeof(void *);
    if (field->type == SCALAR_STRING || field->type == SCALAR_BYTES)
        return sizeof(ProtobufCBinaryData);
    return scalar_bytes(field->type);
}

/* Takes n_bytes at the struct's end, aligned to them or to a pointer. */
static size_t
take(size_t *end, size_t n_bytes)
{
    size_t align = n_bytes > sizeof(void *) ? sizeof(void *) : n_bytes;
    size_t at = (*end + align - 1) / align * align;

    *end = at + n_bytes;
    return at;
}

/* The fields belong to the schema, which is still being made. */
static void
lay_out(struct schema_message *message)
{
    struct schema_field *fields = (struct schema_field *)message->fields;
    size_t end = sizeof(ProtobufCMessage);

    for (size_t i = 0; i < message->n_fields; i++) {
        struct schema_field *field = &fields[i];

        if (field->is_repeated)
            field->quantifier_offset = take(&end, sizeof(size_t));
        else if (!field->is_required && field->type != SCALAR_MESSAGE)
            field->quantifier_offset = take(&end, sizeof(protobuf_c_boolean));
        field->offset = take(&end, bytes_of(field));
    }
    message->struct_bytes = take(&end, sizeof(void *));
}

static ProtobufCLabel
label_of(const struct schema_field *field)
{
    return field->is_repeated   ? PROTOBUF_C_LABEL_REPEATED
           : field->is_required ? PROTOBUF_C_LABEL_REQUIRED
                                : PROTOBUF_C_LABEL_OPTIONAL;
}

/* Groups are left out: protobuf-c has none. Returns how many there are. */
static unsigned
describe_fields(const struct schema_message *message,
    ProtobufCFieldDescriptor *out)
{
    unsigned n = 0;

    for (size_t i = 0; i < message->n_fields; i++) {
        const struct schema_field *field = &message->fields[i];

        if (field->is_group)
            continue;
        out[n++] = (ProtobufCFieldDescriptor){
            .name = field->name,
            .id = field->number,
            .label = label_of(field),
            .type = types[field->type],
            .quantifier_offset = (unsigned)field->quantifier_offset,
            .offset = (unsigned)field->offset,
            .descriptor = field->message ? field->message->descriptor : NULL,
            .flags = field->is_packed ? PROTOBUF_C_FIELD_FLAG_PACKED : 0,
        };
    }
    return n;
}

static int
compare_names(const void *a, const void *b)
{
    const ProtobufCFieldDescriptor *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

static unsigned *
sort_by_name(struct schema *schema, const ProtobufCFieldDescriptor *fields,
    unsigned n)
{
    unsigned *indices = schema_keep(schema, n, sizeof(*indices));
    const ProtobufCFieldDescriptor **sorted =
        mem_grow(NULL, n, sizeof(*sorted));

    for (unsigned i = 0; i < n; i++)
        sorted[i] = &fields[i];
    if (n > 0)
        qsort(sorted, n, sizeof(*sorted), compare_names);
    for (unsigned i = 0; i < n; i++)
        indices[i] = (unsigned)(sorted[i] - fields);
    free(sorted);
    return indices;
}

/* Runs of numbers without a gap, and one more that says how many fields. */
static ProtobufCIntRange *
make_ranges(struct schema *schema, const ProtobufCFieldDescriptor *fields,
    unsigned n_fields, unsigned *n_ranges)
{
    ProtobufCIntRange *ranges;
    unsigned n = 0;

    for (unsigned i = 0; i < n_fields; i++)
        n += i == 0 || fields[i].id != fields[i - 1].id + 1;
    ranges = schema_keep(schema, n + 1, sizeof(*ranges));
    *n_ranges = n;
    ranges[n].orig_index = n_fields;
    n = 0;
    for (unsigned i = 0; i < n_fields; i++)
        if (i == 0 || fields[i].id != fields[i - 1].id + 1)
            ranges[n++] = (ProtobufCIntRange){(int)fields[i].id, i};
    return ranges;
}

static void
describe(struct schema *schema, struct schema_message *message)
{
    /* const for its users; schema_make() made room for it */
    ProtobufCMessageDescriptor *out =
        (ProtobufCMessageDescriptor *)message->descriptor;
    ProtobufCFieldDescriptor *fields =
        schema_keep(schema, message->n_fields, sizeof(*fields));
    const char *point = strrchr(message->full_name, '.');

    out->magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC;
    out->name = message->full_name;
    out->short_name = point ? point + 1 : message->full_name;
    out->c_name = out->short_name;
    out->package_name = "";
    out->sizeof_message = message->struct_bytes;
    out->n_fields = describe_fields(message, fields);
    out->fields = fields;
    out->fields_sorted_by_name = sort_by_name(schema, fields, out->n_fields);
    out->field_ranges =
        make_ranges(schema, fields, out->n_fields, &out->n_field_ranges);
}

void
schema_make(struct schema *schema, struct schema_message *const *messages,
    size_t n)
{
    /* all of them first: messages refer to each other */
    for (size_t i = 0; i < n; i++) {
        messages[i]->descriptor =
            schema_keep(schema, 1, sizeof(ProtobufCMessageDescriptor));
        lay_out(messages[i]);
    }
    for (size_t i = 0; i < n; i++)
        describe(schema, messages[i]);
}
