/* Messages for people: what protoc packed, printed, and packed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/builtin.h"
#include "base/mem.h"
#include "schema/print.h"
#include "unit/protoc_made.h"

#define LINE(literal) literal, sizeof(literal) - 1

static const struct schema_message *
only_message(const struct schema *schema)
{
    return schema_message_at(schema, 0);
}

static void
assert_prints(const struct schema_message *message, const char *bytes,
    size_t n_bytes, const char *wanted)
{
    struct text text = {0};
    int status;

    text_add(&text, "> ", 2);
    status = message_print(&text, message, bytes, n_bytes);
    if (status != (wanted ? 0 : -1) ||
        strcmp(text.data + 2, wanted ? wanted : "") != 0)
        fail_msg("%d \"%s\", not \"%s\"", status, text.data + 2,
            wanted ? wanted : "(refused)");
    text_release(&text);
}

/* The message's text in protoc's words; what is printed of the bytes that
 * protoc makes of it. That makes the same bytes again. */
static void
assert_text(const struct schema_message *message, const char *text,
    const char *wanted)
{
    struct text bytes = {0}, again = {0};

    protoc_encode(&bytes, message->full_name, text);
    assert_prints(message, bytes.data, bytes.n_bytes, wanted);
    protoc_encode(&again, message->full_name, wanted);
    assert_int_equal(again.n_bytes, bytes.n_bytes);
    assert_memory_equal(again.data, bytes.data, bytes.n_bytes);
    text_release(&again);
    text_release(&bytes);
}

static void
test_scalars(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto3\"; message M { double a = 1; float b = 2;\n"
        "int32 c = 3; int64 d = 4; uint32 e = 5; uint64 f = 6; sint32 g = 7;\n"
        "sint64 h = 8; fixed32 i = 9; fixed64 j = 10; sfixed32 k = 11;\n"
        "sfixed64 l = 12; bool m = 13; string n = 14; bytes o = 15;\n"
        "E p = 16; enum E { ZERO = 0; ONE = 1; MINUS = -1; } }");
    const struct schema_message *m = only_message(schema);

    (void)state;
    assert_text(m, "", "");
    assert_text(m, "a: 55.1 b: 0.1 c: -1", "a: 55.1 b: 0.1 c: -1");
    assert_text(m, "a: 1e300 b: 16777217 d: -9223372036854775808",
        "a: 1e+300 b: 16777216 d: -9223372036854775808");
    assert_text(m, "a: inf b: -inf", "a: inf b: -inf");
    assert_text(m, "b: 1.1754944e-38", "b: 1.1754944e-38");
    assert_text(m,
        "c: 2147483647 d: 9223372036854775807 e: 4294967295 "
        "f: 18446744073709551615",
        "c: 2147483647 d: 9223372036854775807 e: 4294967295 "
        "f: 18446744073709551615");
    assert_text(m, "g: -2147483648 h: -9223372036854775808 i: 4294967295",
        "g: -2147483648 h: -9223372036854775808 i: 4294967295");
    assert_text(m, "g: 2147483647 h: 9223372036854775807 j: 7 k: -7 l: -8",
        "g: 2147483647 h: 9223372036854775807 j: 7 k: -7 l: -8");
    assert_text(m, "m: true p: MINUS", "m: true p: MINUS");
    assert_text(m, "p: 7", "p: 7");
    schema_free(schema);
}

static void
test_texts(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto3\"; message M { string s = 1; bytes b = 2; }");
    const struct schema_message *m = only_message(schema);

    (void)state;
    assert_text(m, "s: 'it\\'s \"so\" \\\\ tab\\t'",
        "s: \"it's \\\"so\\\" \\\\ tab\\t\"");
    assert_text(m, "s: 'caf\\303\\251 \\001B\\177\\n\\r'",
        "s: \"caf\303\251 \\x01B\\x7f\\n\\r\"");
    /* an escape, a C1 control, a right-to-left override, a line separator */
    assert_text(m, "s: '\\033[1m \\302\\205 \\342\\200\\256 \\342\\200\\250'",
        "s: \"\\x1b[1m \\xc2\\x85 \\xe2\\x80\\xae \\xe2\\x80\\xa8\"");
    assert_text(m, "b: 'plain \"text\"'", "b: \"plain \\\"text\\\"\"");
    assert_text(m, "b: '\\377\\0001a'", "b: \"\\xff\\x00\\x31\\x61\"");
    /* no UTF-8, as others may have stored it */
    assert_prints(m,
        LINE("\x0a\x03"
             "a\xff"
             "b"),
        "s: \"a\\xffb\"");
    schema_free(schema);
}

static void
test_structure(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto3\"; message M { repeated sint32 a = 1; P p = 2;\n"
        "map<string, P> tags = 3; repeated P many = 4;\n"
        "repeated string s = 5; oneof o { P q = 6; int32 r = 7; }\n"
        "optional int32 t = 8; repeated double d = 9 [packed = false];\n"
        "message P { double lat = 1; M m = 2; } }");
    const struct schema_message *m = only_message(schema);

    (void)state;
    assert_text(m, "a: [1, -2] d: [1, 2.5] s: ['x', '']",
        "a: 1 a: -2 s: \"x\" s: \"\" d: 1 d: 2.5");
    assert_text(m, "p { lat: 1 m { t: 0 } } tags { key: 'k' value {} }",
        "p { lat: 1 m { t: 0 } } tags { key: \"k\" value { } }");
    assert_text(m, "many {} many { m {} } q {}",
        "many { } many { m { } } q { }");
    assert_text(m, "r: 0 t: 0", "r: 0 t: 0");
    schema_free(schema);
}

/* What a reader of protobuf makes of odd bytes. */
static void
test_odd_bytes(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto3\"; message M { repeated int32 a = 1; int32 b = 2;\n"
        "P p = 3; oneof o { int32 x = 4; P y = 5; } repeated string s = 6;\n"
        "repeated bool t = 7; message P { int32 lat = 1; int32 lon = 2; } }");
    const struct schema_message *m = only_message(schema);

    (void)state;
    /* out of order, and a list in pieces, packed and not */
    assert_prints(m, LINE("\x10\x05\x0a\x02\x01\x02\x08\x03"),
        "a: 1 a: 2 a: 3 b: 5");
    assert_prints(m, LINE("\x10\x05\x10\x06"), "b: 6");
    /* one message in two pieces */
    assert_prints(m, LINE("\x1a\x02\x08\x01\x10\x01\x1a\x04\x10\x02\x08\x03"),
        "b: 1 p { lat: 3 lon: 2 }");
    /* the last of a oneof; pieces of it before another are gone */
    assert_prints(m, LINE("\x20\x01\x2a\x02\x08\x01"), "y { lat: 1 }");
    assert_prints(m, LINE("\x2a\x02\x08\x01\x20\x01\x2a\x02\x10\x02"),
        "y { lon: 2 }");
    assert_prints(m, LINE("\x2a\x02\x08\x01\x2a\x02\x10\x02"),
        "y { lat: 1 lon: 2 }");
    assert_prints(m, LINE("\x2a\x00\x20\x01"), "x: 1");
    /* unknown fields of every kind */
    assert_prints(m,
        LINE("\x78\x01\x79"
             "12345678\x7a\x01x\x7d"
             "1234\x10\x01"),
        "b: 1");
    assert_prints(m, LINE("\x3a\x03\x00\x80\x01"), "t: false t: true");
    /* an empty packed list, an empty message */
    assert_prints(m, LINE("\x0a\x00"), "");
    assert_prints(m, LINE("\x1a\x00"), "p { }");
    /* of another type, cut off, groups */
    assert_prints(m, LINE("\x12\x00"), NULL);
    assert_prints(m,
        LINE("\x11"
             "12345678"),
        NULL);
    assert_prints(m, LINE("\x18\x01"), NULL);
    assert_prints(m, LINE("\x30\x01"), NULL);
    assert_prints(m, LINE("\x10\x01\x1a\x02\x08"), NULL);
    assert_prints(m, LINE("\x1a\x02\x08\x80"), NULL);
    assert_prints(m, LINE("\x0a\x01\x80"), NULL);
    assert_prints(m, LINE("\x7b\x7c"), NULL);
    assert_prints(m, LINE("\x00\x01"), NULL);
    assert_prints(m, LINE("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        NULL);
    schema_free(schema);
}

static void
test_required(void **state)
{
    struct schema *schema = schema_of(
        "syntax = \"proto2\"; message M { required int32 a = 1;\n"
        "optional int32 b = 2; required int32 c = 3; optional M m = 4;\n"
        "optional group G = 5 { } }");
    const struct schema_message *m = only_message(schema);

    (void)state;
    assert_prints(m, LINE("\x18\x01\x08\x02"), "a: 2 c: 1");
    assert_prints(m, LINE("\x08\x02"), NULL);
    assert_prints(m, LINE("\x18\x02\x10\x01"), NULL);
    assert_prints(m, LINE(""), NULL);
    assert_prints(m, LINE("\x18\x01\x08\x02\x22\x02\x08\x01"), NULL);
    /* in two pieces, each with one of them */
    assert_prints(m, LINE("\x18\x01\x08\x02\x22\x02\x08\x01\x22\x02\x18\x05"),
        "a: 2 c: 1 m { a: 1 c: 5 }");
    assert_prints(m, LINE("\x18\x01\x08\x02\x2a\x00"), NULL);
    schema_free(schema);
}

/* Refused before it takes the stack. */
static void
test_too_deep(void **state)
{
    enum { LEVELS = 300 };
    struct schema *schema =
        schema_of("syntax = \"proto2\"; message M { optional M m = 1; }");
    char *bytes = mem_new(LEVELS * 4), *at = bytes + LEVELS * 4;
    size_t inner = 0;
    struct text text = {0};

    (void)state;
    for (int level = 1; level <= LEVELS; level++) {
        size_t n = inner;

        /* from the innermost out: a tag, and the length in three bytes */
        *--at = (char)(n >> 14);
        *--at = (char)(n >> 7 | 0x80);
        *--at = (char)(n | 0x80);
        *--at = 0x0a;
        inner += 4;
        assert_int_equal(message_print(&text, only_message(schema), at, inner),
            level <= PRINT_MAX_DEPTH ? 0 : -1);
    }
    free(bytes);
    text_release(&text);
    schema_free(schema);
}

/* The default record: as its own tests have it (test_value.c). */
static void
test_default_record(void **state)
{
    struct schema *schema =
        schema_of_bytes(builtin_descriptor, builtin_descriptor_bytes);
    const struct schema_message *m = only_message(schema);

    (void)state;
    assert_prints(m, LINE(""), "");
    assert_prints(m, LINE("\x19\x9a\x99\x99\x99\x99\x99\xb9\x3f\x08\x05"),
        "apps: 5 lon: 0.1");
    assert_prints(m, LINE("\x11\x34\x33\x33\x33\x33\x33\xd3\x3f"),
        "lat: 0.30000000000000004");
    assert_prints(m, LINE("\x0a\x03\x01\xac\x02"), "apps: 1 apps: 300");
    assert_prints(m, LINE("\x08\x01\x22\x02hi\x08\x02"), "apps: 1 apps: 2");
    assert_prints(m, LINE("hello, world"), NULL);
    schema_free(schema);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_odd_bytes),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_too_deep),
        cmocka_unit_test(test_default_record),
    };

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}
