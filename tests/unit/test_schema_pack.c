/* Descriptors made at run time: protobuf-c packs by them what protoc packs,
 * and reads it back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <protobuf-c/protobuf-c.h>

#include "base/mem.h"
#include "unit/protoc_made.h"

/* An empty message: protobuf_c_message_init() wants code for it. */
static ProtobufCMessage *
new_message(const struct schema_message *message)
{
    ProtobufCMessage *new = mem_zero(1, message->struct_bytes);

    new->descriptor = message->descriptor;
    return new;
}

static void *
at_offset(ProtobufCMessage *message, size_t offset)
{
    return (char *)message + offset;
}

static const struct schema_field *
field_of(const struct schema_message *message, const char *name)
{
    const struct schema_field *field =
        schema_find_field(message, name, strlen(name));

    if (!field)
        fail_msg("no field %s", name);
    return field;
}

/* A field that has `has`, and is set. */
static void *
set(ProtobufCMessage *message, const struct schema_message *of,
    const char *name)
{
    const struct schema_field *field = field_of(of, name);

    *(protobuf_c_boolean *)at_offset(message, field->quantifier_offset) = 1;
    return at_offset(message, field->offset);
}

static void
set_list(ProtobufCMessage *message, const struct schema_message *of,
    const char *name, void *items, size_t n)
{
    const struct schema_field *field = field_of(of, name);

    *(size_t *)at_offset(message, field->quantifier_offset) = n;
    *(void **)at_offset(message, field->offset) = items;
}

static void
assert_packed_as(const ProtobufCMessage *message, const char *name,
    const char *text)
{
    struct text wanted = {0};
    ProtobufCMessage *back;
    uint8_t *packed;
    size_t n = protobuf_c_message_get_packed_size(message);

    protoc_encode(&wanted, name, text);
    packed = mem_new(n);
    assert_int_equal(protobuf_c_message_pack(message, packed), n);
    assert_int_equal(n, wanted.n_bytes);
    assert_memory_equal(packed, wanted.data, n);
    back = protobuf_c_message_unpack(message->descriptor, NULL, n, packed);
    assert_non_null(back);
    assert_int_equal(back->n_unknown_fields, 0);
    assert_int_equal(protobuf_c_message_get_packed_size(back), n);
    memset(packed, 0, n);
    protobuf_c_message_pack(back, packed);
    assert_memory_equal(packed, wanted.data, n);
    protobuf_c_message_free_unpacked(back, NULL);
    free(packed);
    text_release(&wanted);
}

static void
pack_scalars(const char *syntax, const char *label)
{
    struct text proto = {0};
    struct schema *schema;
    const struct schema_message *m;
    ProtobufCMessage *message;

    text_format(&proto,
        "syntax = \"%s\"; enum E { Z = 0; N = -3; } message M {\n"
        "%s double a = 1; %s float b = 2; %s int32 c = 3; %s int64 d = 5;\n"
        "%s uint32 e = 8; %s uint64 f = 7; %s sint32 g = 6; %s sint64 h = 20;\n"
        "%s fixed32 i = 21; %s fixed64 j = 22; %s sfixed32 k = 23;\n"
        "%s sfixed64 l = 24; %s bool m = 30; %s string n = 536870911;\n"
        "%s bytes o = 32; %s E p = 33; }\n",
        syntax, label, label, label, label, label, label, label, label, label,
        label, label, label, label, label, label, label);
    schema = schema_of(proto.data);
    m = schema_find_message(schema, "M");
    message = new_message(m);
    assert_packed_as(message, "M", "");
    *(double *)set(message, m, "a") = -1.5;
    *(float *)set(message, m, "b") = 0.1f;
    *(int32_t *)set(message, m, "c") = INT32_MIN;
    *(int64_t *)set(message, m, "d") = INT64_MIN;
    *(uint32_t *)set(message, m, "e") = UINT32_MAX;
    *(uint64_t *)set(message, m, "f") = UINT64_MAX;
    *(int32_t *)set(message, m, "g") = INT32_MIN;
    *(int64_t *)set(message, m, "h") = INT64_MAX;
    *(uint32_t *)set(message, m, "i") = 1;
    *(uint64_t *)set(message, m, "j") = 2;
    *(int32_t *)set(message, m, "k") = -3;
    *(int64_t *)set(message, m, "l") = -4;
    *(protobuf_c_boolean *)set(message, m, "m") = 1;
    *(ProtobufCBinaryData *)set(message, m, "n") =
        (ProtobufCBinaryData){3, (uint8_t *)"abcd"};
    *(ProtobufCBinaryData *)set(message, m, "o") =
        (ProtobufCBinaryData){2, (uint8_t *)"\0\377"};
    *(int32_t *)set(message, m, "p") = -3;
    assert_packed_as(message, "M",
        "a: -1.5 b: 0.1 c: -2147483648 d: -9223372036854775808 e: 4294967295\n"
        "f: 18446744073709551615 g: -2147483648 h: 9223372036854775807 i: 1\n"
        "j: 2 k: -3 l: -4 m: true n: \"abc\" o: \"\\000\\377\" p: N\n");
    free(message);
    schema_free(schema);
    text_release(&proto);
}

static void
test_proto2_scalars(void **state)
{
    (void)state;
    pack_scalars("proto2", "optional");
}

static void
test_proto3_scalars(void **state)
{
    (void)state;
    pack_scalars("proto3", "");
}

static void
test_proto3_optional_scalars(void **state)
{
    (void)state;
    pack_scalars("proto3", "optional");
}

static void
test_lists(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto3\"; enum E { Z = 0; N = -3; } message M {\n"
        "repeated sint32 a = 1; repeated double b = 2 [packed = false];\n"
        "repeated bool c = 3; repeated E d = 4; repeated string e = 5; }");
    const struct schema_message *m = schema_find_message(schema, "M");
    ProtobufCMessage *message = new_message(m);
    int32_t a[] = {1, -1, INT32_MIN}, d[] = {0, -3};
    double b[] = {1, -0.0};
    protobuf_c_boolean c[] = {1, 0};
    ProtobufCBinaryData e[] = {{1, (uint8_t *)"x"}, {0, NULL}};

    (void)state;
    set_list(message, m, "a", a, 3);
    set_list(message, m, "b", b, 2);
    set_list(message, m, "c", c, 2);
    set_list(message, m, "d", d, 2);
    set_list(message, m, "e", e, 2);
    assert_packed_as(message, "M",
        "a: [1, -1, -2147483648] b: [1, -0.0] c: [true, false] d: [Z, N]\n"
        "e: [\"x\", \"\"]");
    free(message);
    schema_free(schema);
}

static void
test_nested_and_maps(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto3\"; message M { message P { double lat = 1; M m = 2; "
        "}"
        "\nP geo = 1; map<string, int32> tags = 2; oneof o { P p = 3;\n"
        "int32 q = 4; } repeated P many = 5; }");
    const struct schema_message *m = schema_find_message(schema, "M");
    const struct schema_message *p = schema_find_message(schema, "M.P");
    const struct schema_message *entry = field_of(m, "tags")->message;
    ProtobufCMessage *message = new_message(m), *point = new_message(p);
    ProtobufCMessage *inner = new_message(m), *tag = new_message(entry);
    ProtobufCMessage *tags[] = {tag, tag}, *many[] = {inner, point};

    (void)state;
    *(double *)set(point, p, "lat") = 2;
    *(ProtobufCMessage **)at_offset(point, field_of(p, "m")->offset) = inner;
    *(int32_t *)set(inner, m, "q") = 0;
    *(ProtobufCMessage **)at_offset(message, field_of(m, "geo")->offset) =
        point;
    *(ProtobufCBinaryData *)set(tag, entry, "key") =
        (ProtobufCBinaryData){1, (uint8_t *)"k"};
    *(int32_t *)set(tag, entry, "value") = 0;
    set_list(message, m, "tags", tags, 1);
    many[0] = new_message(p);
    set_list(message, m, "many", many, 2);
    assert_packed_as(message, "M",
        "geo { lat: 2 m { q: 0 } } tags { key: \"k\" value: 0 }\n"
        "many { } many { lat: 2 m { q: 0 } }");
    free(many[0]);
    free(tag);
    free(inner);
    free(point);
    free(message);
    schema_free(schema);
}

/* Groups are nothing to protobuf-c; the fields around them are. */
static void
test_around_a_group(void **state)
{
    struct schema *schema = schema_of("syntax = \"proto2\"; message M {\n"
                                      "required int32 a = 1; optional group G "
                                      "= 2 { } optional int32 c = 3; }");
    const struct schema_message *m = schema_find_message(schema, "M");
    ProtobufCMessage *message = new_message(m);

    (void)state;
    assert_int_equal(m->n_fields, 3);
    assert_int_equal(m->descriptor->n_fields, 2);
    *(int32_t *)at_offset(message, field_of(m, "a")->offset) = 7;
    *(int32_t *)set(message, m, "c") = 8;
    assert_packed_as(message, "M", "a: 7 c: 8");
    free(message);
    schema_free(schema);
}

static void
test_lookups_of_protobuf_c(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto3\"; package a.b; message M { int32 zeta = 2;\n"
        "int32 alpha = 3; int32 mid = 9; int32 beta = 4; int32 last = 100; }");
    const ProtobufCMessageDescriptor *m =
        schema_find_message(schema, "a.b.M")->descriptor;
    static const char *const names[] = {"zeta", "alpha", "beta", "mid", "last"};
    static const unsigned numbers[] = {2, 3, 4, 9, 100};

    (void)state;
    assert_string_equal(m->name, "a.b.M");
    assert_string_equal(m->short_name, "M");
    for (size_t i = 0; i < 5; i++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(m, numbers[i]);

        assert_non_null(field);
        assert_string_equal(field->name, names[i]);
        assert_ptr_equal(protobuf_c_message_descriptor_get_field_by_name(m,
                             names[i]),
            field);
    }
    assert_null(protobuf_c_message_descriptor_get_field(m, 1));
    assert_null(protobuf_c_message_descriptor_get_field(m, 5));
    assert_null(protobuf_c_message_descriptor_get_field(m, 101));
    assert_null(protobuf_c_message_descriptor_get_field_by_name(m, "zet"));
    schema_free(schema);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proto2_scalars),
        cmocka_unit_test(test_proto3_scalars),
        cmocka_unit_test(test_proto3_optional_scalars),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_nested_and_maps),
        cmocka_unit_test(test_around_a_group),
        cmocka_unit_test(test_lookups_of_protobuf_c),
    };

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}
