/* Schemas of protoc's descriptor sets: what a mapping learns of messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/builtin.h"
#include "unit/protoc_made.h"

static const struct schema_field *
field_of(const struct schema *schema, const char *message, const char *name)
{
    const struct schema_message *found = schema_find_message(schema, message);
    const struct schema_field *field;

    if (!found)
        fail_msg("no message %s", message);
    field = schema_find_field(found, name, strlen(name));
    if (!field)
        fail_msg("no field %s.%s", message, name);
    return field;
}

static void
assert_type(const struct schema *schema, const char *message, const char *name,
    const char *wanted)
{
    char *text = schema_type_text(field_of(schema, message, name));

    assert_string_equal(text, wanted);
    free(text);
}

static void
test_builtin(void **state)
{
    struct schema *schema =
        schema_of_bytes(builtin_descriptor, builtin_descriptor_bytes);
    const struct schema_message *apps = schema_find_message(schema, "UserApps");

    (void)state;
    assert_non_null(apps);
    assert_int_equal(schema_n_messages(schema), 1);
    assert_ptr_equal(schema_message_at(schema, 0), apps);
    assert_int_equal(apps->n_fields, 3);
    assert_false(apps->is_proto3);
    assert_type(schema, "UserApps", "apps", "repeated uint32");
    assert_type(schema, "UserApps", "lat", "double");
    assert_type(schema, "UserApps", "lon", "double");
    assert_false(apps->fields[0].is_packed);
    assert_true(apps->fields[1].has_presence);
    assert_ptr_equal(schema_field_of(apps, 3), &apps->fields[2]);
    assert_null(schema_field_of(apps, 0));
    assert_null(schema_field_of(apps, 4));
    assert_null(schema_find_field(apps, "la", 2));
    assert_null(schema_find_field(apps, "lat2", 4));
    schema_free(schema);
}

static void
test_every_type(void **state)
{
    static const char *const words[] = {"double", "float", "int32", "int64",
        "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64",
        "sfixed32", "sfixed64", "bool", "string", "bytes"};
    enum { N = sizeof(words) / sizeof(words[0]) };
    struct schema *schema;
    struct text proto = {0};
    char name[32], repeated[32];

    (void)state;
    text_format(&proto, "syntax = \"proto3\"; package a.b; message All {\n");
    for (int i = 0; i < N; i++)
        text_format(&proto, "%s one_%s = %d; repeated %s many_%s = %d;\n",
            words[i], words[i], 1000 - i, words[i], words[i], i + 1);
    text_format(&proto, "}");
    schema = schema_of(proto.data);
    for (int i = 0; i < N; i++) {
        const struct schema_field *field;

        snprintf(name, sizeof(name), "one_%s", words[i]);
        assert_type(schema, "a.b.All", name, words[i]);
        assert_false(field_of(schema, "a.b.All", name)->has_presence);
        snprintf(name, sizeof(name), "many_%s", words[i]);
        snprintf(repeated, sizeof(repeated), "repeated %s", words[i]);
        assert_type(schema, "a.b.All", name, repeated);
        field = field_of(schema, "a.b.All", name);
        assert_int_equal(field->is_packed, i < N - 2);
        assert_ptr_equal(schema_field_of(schema_message_at(schema, 0),
                             (uint32_t)i + 1),
            field);
    }
    schema_free(schema);
    text_release(&proto);
}

static void
test_proto3(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto3\"; package p;\n"
        "message M { optional int32 a = 1; oneof o { int32 b = 2; N c = 3; }\n"
        "  repeated int32 d = 4 [packed = false]; map<string, N> e = 5;\n"
        "  map<int32, Kind> f = 6; N g = 7; message N { M back = 1; }\n"
        "  enum Kind { option allow_alias = true; ZERO = 0; MINUS = -1;\n"
        "    NIL = 0; } Kind h = 8; }\n");
    const struct schema_enum *kind = field_of(schema, "p.M", "h")->values;
    const struct schema_field *field;

    (void)state;
    field = field_of(schema, "p.M", "a");
    assert_true(field->has_presence);
    assert_null(field->oneof);
    assert_string_equal(field_of(schema, "p.M", "b")->oneof, "o");
    assert_true(field_of(schema, "p.M", "b")->has_presence);
    assert_string_equal(field_of(schema, "p.M", "c")->oneof, "o");
    assert_false(field_of(schema, "p.M", "d")->is_packed);
    assert_type(schema, "p.M", "e", "map<string, message p.M.N>");
    assert_type(schema, "p.M", "f", "map<int32, enum p.M.Kind>");
    assert_true(field_of(schema, "p.M", "e")->is_map);
    assert_true(field_of(schema, "p.M", "e")->is_repeated);
    assert_type(schema, "p.M", "g", "message p.M.N");
    assert_ptr_equal(field_of(schema, "p.M.N", "back")->message,
        schema_find_message(schema, "p.M"));
    assert_type(schema, "p.M", "h", "enum p.M.Kind");
    assert_int_equal(kind->n, 3);
    assert_false(kind->is_closed);
    assert_string_equal(schema_value_of(kind, 0)->name, "ZERO");
    assert_string_equal(schema_value_of(kind, -1)->name, "MINUS");
    assert_null(schema_value_of(kind, 1));
    assert_int_equal(schema_find_value(kind, "NIL", 3)->number, 0);
    assert_int_equal(schema_find_value(kind, "MINUS", 5)->number, -1);
    assert_null(schema_find_value(kind, "NI", 2));
    assert_null(schema_find_value(kind, "NILS", 4));
    /* entries of maps are no messages that one could name */
    assert_int_equal(schema_n_messages(schema), 2);
    assert_null(schema_find_message(schema, "p.M.EEntry"));
    assert_null(schema_find_message(schema, "p.M.Kind"));
    assert_null(schema_find_message(schema, ".p.M"));
    schema_free(schema);
}

static void
test_proto2(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto2\"; message M {\n"
        "  required int32 a = 1; optional int32 b = 2;\n"
        "  repeated int32 c = 3 [packed = true]; repeated int32 d = 4;\n"
        "  optional group G = 5 { optional int32 x = 1; }\n"
        "  enum Kind { FIVE = 5; SIX = 6; } optional Kind e = 6;\n"
        "  extensions 100 to 200; }\n"
        "extend M { optional int32 more = 100; }\n");
    const struct schema_field *field = field_of(schema, "M", "a");

    (void)state;
    assert_true(field->is_required && field->quantifier_offset == 0);
    field = field_of(schema, "M", "b");
    assert_true(!field->is_required && field->has_presence);
    assert_true(field_of(schema, "M", "c")->is_packed);
    assert_false(field_of(schema, "M", "d")->is_packed);
    assert_true(field_of(schema, "M", "g")->is_group);
    assert_type(schema, "M", "g", "group M.G");
    field = field_of(schema, "M", "e");
    assert_true(field->values->is_closed);
    assert_int_equal(field->default_value.i32, 5);
    assert_null(schema_field_of(schema_find_message(schema, "M"), 100));
    schema_free(schema);
}

static void
test_defaults(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto2\"; enum E { A = 1; B = -7; } message M {\n"
        "  optional int32 i = 1 [default = -5];\n"
        "  optional uint64 u = 2 [default = 18446744073709551615];\n"
        "  optional double d = 3 [default = 0.1];\n"
        "  optional float f = 4 [default = -inf];\n"
        "  optional double n = 5 [default = nan];\n"
        "  optional bool t = 6 [default = true];\n"
        "  optional string s = 7 [default = \"a\\\\\\\"b\\303\\251\"];\n"
        "  optional bytes y = 8 [default = \"\\000\\377\\n'\\\"\\\\x\"];\n"
        "  optional E e = 9 [default = B];\n"
        "  optional float g = 10 [default = 1e10]; optional string z = 11; }");
    const struct schema_message *m = schema_find_message(schema, "M");
    union scalar value;

    (void)state;
    assert_int_equal(m->fields[0].default_value.i32, -5);
    assert_true(m->fields[1].default_value.u64 == UINT64_MAX);
    assert_true(m->fields[2].default_value.f64 == 0.1);
    assert_true(m->fields[3].default_value.f32 == -__builtin_inff());
    value = m->fields[4].default_value;
    assert_true(value.f64 != value.f64);
    assert_int_equal(m->fields[5].default_value.boolean, 1);
    value = m->fields[6].default_value;
    assert_int_equal(value.bytes.n_bytes, 6);
    assert_memory_equal(value.bytes.at, "a\\\"b\303\251", 6);
    value = m->fields[7].default_value;
    assert_int_equal(value.bytes.n_bytes, 7);
    assert_memory_equal(value.bytes.at, "\0\377\n'\"\\x", 7);
    assert_int_equal(m->fields[8].default_value.i32, -7);
    assert_true(m->fields[9].default_value.f32 == 1e10f);
    assert_int_equal(m->fields[10].default_value.bytes.n_bytes, 0);
    schema_free(schema);
}

static void
test_imports_stand_first(void **state)
{
    struct schema *schema;

    (void)state;
    temp_file("geo.proto",
        "syntax = \"proto2\"; package geo; message Point {}");
    schema = schema_of("syntax = \"proto3\"; import \"geo.proto\";\n"
                       "import \"google/protobuf/timestamp.proto\";\n"
                       "message M { geo.Point p = 1;\n"
                       "  google.protobuf.Timestamp t = 2; }");
    assert_int_equal(schema_n_messages(schema), 3);
    assert_string_equal(schema_message_at(schema, 0)->full_name, "geo.Point");
    assert_string_equal(schema_message_at(schema, 2)->full_name, "M");
    assert_type(schema, "M", "p", "message geo.Point");
    assert_type(schema, "google.protobuf.Timestamp", "nanos", "int32");
    assert_false(schema_message_at(schema, 0)->is_proto3);
    schema_free(schema);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builtin),
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_proto3),
        cmocka_unit_test(test_proto2),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_imports_stand_first),
    };

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}
