/*
 * message_print() on any bytes, by a schema of (nearly) all there is. What
 * protobuf-c unpacks by the same schema is printed, nothing else; and what it
 * packs of that again, in order and each field once, prints as the same.
 *
 * No head: the input is the message. No bool: of one of more than 64 bits
 * protobuf-c reads bits that no other reader does. No oneof: to protobuf-c its
 * members are fields like others here. What has a required field is a list,
 * lest it come in pieces: protobuf-c wants the field in each of them.
 */
// FUZZ: -max_len=1024
#include "google/protobuf/descriptor.pb-c.h"

#include "fuzz/fuzz.h"
#include "schema/print.h"
#include "schema/protowire.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

enum { OPTIONAL = 1, REQUIRED = 2, REPEATED = 3 };

struct row {
    const char *name;
    int label;
    Google__Protobuf__FieldDescriptorProto__Type type;
    const char *type_name;
};

/* Numbered from 1. */
static const struct row rows[] = {
    {"ints", REPEATED, TYPE(INT32), NULL},
    {"a_double", OPTIONAL, TYPE(DOUBLE), NULL},
    {"doubles", REPEATED, TYPE(DOUBLE), NULL},
    {"a_float", OPTIONAL, TYPE(FLOAT), NULL},
    {"a_sint32", OPTIONAL, TYPE(SINT32), NULL},
    {"sint64s", REPEATED, TYPE(SINT64), NULL},
    {"a_uint32", OPTIONAL, TYPE(UINT32), NULL},
    {"a_uint64", OPTIONAL, TYPE(UINT64), NULL},
    {"fixed32s", REPEATED, TYPE(FIXED32), NULL},
    {"a_sfixed64", OPTIONAL, TYPE(SFIXED64), NULL},
    {"a_string", OPTIONAL, TYPE(STRING), NULL},
    {"strings", REPEATED, TYPE(STRING), NULL},
    {"a_bytes", OPTIONAL, TYPE(BYTES), NULL},
    {"kinds", REPEATED, TYPE(ENUM), ".Kind"},
    {"inner", OPTIONAL, TYPE(MESSAGE), ".All"},
    {"inners", REPEATED, TYPE(MESSAGE), ".All"},
    {"stricts", REPEATED, TYPE(MESSAGE), ".Strict"},
};

static const struct row strict_rows[] = {
    {"must", REQUIRED, TYPE(INT64), NULL},
    {"may", OPTIONAL, TYPE(MESSAGE), ".All"},
};

static void
fill(Google__Protobuf__DescriptorProto *message, const char *name,
    const struct row *from, size_t n)
{
    google__protobuf__descriptor_proto__init(message);
    message->name = (char *)name;
    message->n_field = n;
    message->field = mem_zero(n, sizeof(*message->field));
    for (size_t i = 0; i < n; i++) {
        Google__Protobuf__FieldDescriptorProto *field = mem_new(sizeof(*field));

        google__protobuf__field_descriptor_proto__init(field);
        field->name = (char *)from[i].name;
        field->has_number = field->has_label = field->has_type = 1;
        field->number = (int32_t)i + 1;
        field->label =
            (Google__Protobuf__FieldDescriptorProto__Label)from[i].label;
        field->type = from[i].type;
        field->type_name = (char *)from[i].type_name;
        message->field[i] = field;
    }
}

static void
empty(Google__Protobuf__DescriptorProto *message)
{
    for (size_t i = 0; i < message->n_field; i++)
        free(message->field[i]);
    free(message->field);
}

/* Proto2: the lists are not packed, but may come packed. Made once. */
static const struct schema_message *
the_message(void)
{
    static struct schema *schema;
    Google__Protobuf__DescriptorProto all, strict,
        *messages[] = {&all, &strict};
    Google__Protobuf__EnumValueDescriptorProto one, *values[] = {&one};
    Google__Protobuf__EnumDescriptorProto kind, *enums[] = {&kind};
    Google__Protobuf__FileDescriptorProto file, *files[] = {&file};
    Google__Protobuf__FileDescriptorSet set;
    uint8_t packed[4096];
    struct err err;

    if (schema)
        return schema_find_message(schema, "All");
    fill(&all, "All", rows, sizeof(rows) / sizeof(rows[0]));
    fill(&strict, "Strict", strict_rows, 2);
    google__protobuf__enum_value_descriptor_proto__init(&one);
    one.name = (char *)"ONE";
    one.has_number = one.number = 1;
    google__protobuf__enum_descriptor_proto__init(&kind);
    kind.name = (char *)"Kind";
    kind.n_value = 1;
    kind.value = values;
    google__protobuf__file_descriptor_proto__init(&file);
    file.n_message_type = 2;
    file.message_type = messages;
    file.n_enum_type = 1;
    file.enum_type = enums;
    google__protobuf__file_descriptor_set__init(&set);
    set.n_file = 1;
    set.file = files;
    must(google__protobuf__file_descriptor_set__get_packed_size(&set) <=
         sizeof(packed));
    schema = schema_new(packed,
        google__protobuf__file_descriptor_set__pack(&set, packed), "", &err);
    if (!schema)
        die("%s", err.text);
    empty(&all);
    empty(&strict);
    return schema_find_message(schema, "All");
}

/* The levels of messages that print_message() goes down to, and not more. */
static bool
is_too_deep(struct span bytes, const struct schema_message *message,
    unsigned depth)
{
    struct protowire_field wire;

    if (depth > PRINT_MAX_DEPTH)
        return true;
    while (protowire_next(&bytes, &wire) == PROTOWIRE_FIELD) {
        const struct schema_field *field =
            schema_field_of(message, wire.number);

        if (field && field->message && wire.type == PROTOWIRE_BYTES &&
            is_too_deep(wire.bytes, field->message, depth + 1))
            return true;
    }
    return false;
}

/* Perhaps a field of number 0, in two bytes: that one is taken, but not what
 * protobuf-c packs of it, which is in one. */
static bool
may_have_zero(const uint8_t *data, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++)
        if ((data[i] & 0xf8) == 0x80 && (data[i + 1] & 0x7f) == 0)
            return true;
    return false;
}

/* Of a message that comes in pieces protobuf-c keeps an earlier text when a
 * later one is empty, where the last one counts. */
static bool
may_have_emptied(const struct text *text)
{
    return strstr(text->data, "a_string: \"\"") ||
           strstr(text->data, "a_bytes: \"\"");
}

static void
check_again(const ProtobufCMessage *unpacked,
    const struct schema_message *message, const struct text *wanted)
{
    size_t n = protobuf_c_message_get_packed_size(unpacked);
    uint8_t *packed = mem_new(n);
    struct text text = {0};

    must(protobuf_c_message_pack(unpacked, packed) == n);
    text_add(&text, "", 0);
    must(message_print(&text, message, packed, n) == 0);
    if (strcmp(text.data, wanted->data) != 0)
        die("\"%s\" was \"%s\"", text.data, wanted->data);
    text_release(&text);
    free(packed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct schema_message *message = the_message();
    char *bytes = exact_copy(data, n);
    ProtobufCMessage *unpacked =
        protobuf_c_message_unpack(message->descriptor, NULL, n, data);
    struct text text = {0};
    int status;

    text_add(&text, "", 0);
    status = message_print(&text, message, bytes, n);
    must(unpacked || status != 0);
    must(status == 0 || text.n_bytes == 0);
    must(status == 0 || !unpacked ||
         is_too_deep((struct span){bytes, n}, message, 0));
    must(strlen(text.data) == text.n_bytes && !strchr(text.data, '\n'));
    if (status == 0 && !may_have_zero(data, n) && !may_have_emptied(&text))
        check_again(unpacked, message, &text);
    if (unpacked)
        protobuf_c_message_free_unpacked(unpacked, NULL);
    text_release(&text);
    free(bytes);
    return 0;
}
