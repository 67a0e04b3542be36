/*
 * A descriptor set: any bytes at all. What is taken keeps its promises, and
 * protobuf-c works by the descriptors made of it: the empty message packs to
 * nothing, and what one field's message packs to reads back as the same.
 *
 * No head: the input is the set.
 */
// FUZZ: -max_len=4096
#include <protobuf-c/protobuf-c.h>

#include "fuzz/fuzz.h"
#include "schema/schema.h"

/* Each in its own place of the struct, behind protobuf-c's head. */
static void
check_layout(const struct schema_message *message)
{
    char *taken = mem_zero(1, message->struct_bytes);

    memset(taken, 1, sizeof(ProtobufCMessage));
    for (size_t i = 0; i < message->n_fields; i++) {
        const struct schema_field *field = &message->fields[i];
        size_t n = field->is_repeated || field->type == SCALAR_MESSAGE
                       ? sizeof(void *)
                       : scalar_bytes(field->type);
        size_t n_more = field->is_repeated         ? sizeof(size_t)
                        : field->quantifier_offset ? sizeof(protobuf_c_boolean)
                                                   : 0;

        must(field->offset % (n > 8 ? 8 : n) == 0);
        must(field->offset + n <= message->struct_bytes);
        must(field->quantifier_offset + n_more <= message->struct_bytes);
        for (size_t j = 0; j < n; j++)
            must(!taken[field->offset + j]++);
        for (size_t j = 0; j < n_more; j++)
            must(!taken[field->quantifier_offset + j]++);
    }
    free(taken);
}

static void
check_field(const struct schema_message *message,
    const struct schema_field *field)
{
    const ProtobufCFieldDescriptor *its =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor,
            field->name);
    char *text = schema_type_text(field);

    must(*text);
    free(text);
    must(schema_find_field(message, field->name, strlen(field->name)) == field);
    must(schema_field_of(message, field->number) == field);
    must((its == NULL) == field->is_group);
    must((field->type == SCALAR_MESSAGE) == (field->message != NULL));
    must((field->type == SCALAR_ENUM) == (field->values != NULL));
    must(!its || protobuf_c_message_descriptor_get_field(message->descriptor,
                     field->number) == its);
    for (size_t i = 0; field->values && i < field->values->n; i++) {
        const struct schema_value *value = &field->values->values[i];

        must(schema_find_value(field->values, value->name,
                 strlen(value->name)) == value);
        must(schema_value_of(field->values, value->number)->number ==
             value->number);
    }
}

/* A message with nothing but that field in it, there and back. */
static void
check_trip(const struct schema_message *message,
    const struct schema_field *field)
{
    ProtobufCMessage *made = mem_zero(1, message->struct_bytes), *back;
    int has = 1;
    uint8_t *packed;
    size_t n;

    made->descriptor = message->descriptor;
    if (field && field->quantifier_offset && !field->is_repeated)
        memcpy((char *)made + field->quantifier_offset, &has, sizeof(has));
    n = protobuf_c_message_get_packed_size(made);
    packed = mem_new(n);
    must(protobuf_c_message_pack(made, packed) == n);
    back = protobuf_c_message_unpack(message->descriptor, NULL, n, packed);
    must(back);
    must(back->n_unknown_fields == 0);
    must(protobuf_c_message_get_packed_size(back) == n);
    must(field || n == 0);
    protobuf_c_message_free_unpacked(back, NULL);
    free(packed);
    free(made);
}

static bool
has_required(const struct schema_message *message)
{
    for (size_t i = 0; i < message->n_fields; i++)
        if (message->fields[i].is_required)
            return true;
    return false;
}

static void
check_message(const struct schema *schema, const struct schema_message *message)
{
    must(schema_find_message(schema, message->full_name) == message);
    check_layout(message);
    for (size_t i = 0; i < message->n_fields; i++) {
        const struct schema_field *field = &message->fields[i];

        check_field(message, field);
        must(i == 0 || message->fields[i - 1].number < field->number);
        /* a required message cannot be left out, nor be there for free */
        if (!has_required(message))
            check_trip(message, field);
    }
    if (!has_required(message))
        check_trip(message, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *set = exact_copy(data, n);
    struct err err = {0};
    struct schema *schema = schema_new(set, n, "set.pb", &err);

    free(set);
    must(schema ||
         (err.code == ERR_USAGE && strncmp(err.text, "set.pb: ", 8) == 0));
    if (schema) {
        must(schema_n_messages(schema) <= n);
        for (size_t i = 0; i < schema_n_messages(schema); i++)
            check_message(schema, schema_message_at(schema, i));
    }
    schema_free(schema);
    return 0;
}
