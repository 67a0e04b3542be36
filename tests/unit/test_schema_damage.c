/* Descriptor sets that protoc would not write: refused, and said why. */
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
#include "base/rng.h"
#include "unit/protoc_made.h"

/* A set in protobuf's text format, as bytes. */
static void
encode_set(struct text *out, const char *text)
{
    char command[512];

    temp_file("set.txt", text);
    snprintf(command, sizeof(command),
        "protoc --encode=google.protobuf.FileDescriptorSet "
        "google/protobuf/descriptor.proto <%s/set.txt >%s/set.pb",
        temp_dir, temp_dir);
    run_command(command);
    read_bytes_of(out, temp_path("set.pb"));
}

static void
assert_refused_bytes(const char *bytes, size_t n_bytes, const char *wanted)
{
    char *exact = mem_new(n_bytes);
    struct err err = {0};

    memcpy(exact, bytes, n_bytes);
    assert_null(schema_new(exact, n_bytes, "x.pb", &err));
    assert_int_equal(err.code, ERR_USAGE);
    if (strncmp(err.text, "x.pb: ", 6) != 0 || !strstr(err.text, wanted))
        fail_msg("\"%s\", not \"x.pb: ...%s\"", err.text, wanted);
    free(exact);
}

static void
assert_refused(const char *text, const char *wanted)
{
    struct text set = {0};

    encode_set(&set, text);
    assert_refused_bytes(set.data, set.n_bytes, wanted);
    text_release(&set);
}

static void
test_no_sets(void **state)
{
    static const char proto[] = "syntax = \"proto3\";\nmessage M {}\n";
    static const char gzip[] = "\x1f\x8b\x08\0\0\0\0\0\0\3\3\0";

    (void)state;
    assert_refused_bytes("", 0, "it declares no message");
    assert_refused_bytes(proto, strlen(proto), "say `proto:` instead");
    assert_refused_bytes(gzip, sizeof(gzip), "--include_imports");
    assert_refused("file { name: 'a' }", "it declares no message");
    assert_refused("file { syntax: 'editions' message_type { name: 'M' } }",
        "syntax \"editions\": only proto2 and proto3");
}

#define FILE_OF(declared) "file { package: 'p' syntax: 'proto3' " declared " }"
#define MESSAGE(inside) FILE_OF("message_type { name: 'M' " inside " }")
#define FIELD(inside) MESSAGE("field { name: 'f' number: 1 " inside " }")

static void
test_names_and_types(void **state)
{
    (void)state;
    assert_refused(FILE_OF("message_type { }"), "p: a type is named \"\",");
    assert_refused(FILE_OF("message_type { name: 'a.b' }"), "\"a.b\"");
    assert_refused(FILE_OF("message_type { name: '1a' }"), "\"1a\"");
    assert_refused("file { package: 'a..b' message_type { name: 'M' } }",
        "the package \"a..b\"");
    assert_refused(FILE_OF("message_type { name: 'M' } enum_type { name: 'M' "
                           "value { name: 'A' number: 0 } }"),
        "p.M is declared twice");
    assert_refused(FILE_OF("enum_type { name: 'E' }"), "enum p.E has no value");
    assert_refused(FILE_OF("enum_type { name: 'E' value { name: 'A b' } }"),
        "enum p.E: a value is named \"A b\"");
    assert_refused(FILE_OF("enum_type { name: 'E' value { name: 'A' } "
                           "value { name: 'A' } }"),
        "enum p.E: A is defined twice");
    assert_refused(FIELD(""), "p.M.f: its type is not known (0)");
    assert_refused(FIELD("type: TYPE_MESSAGE"), "p.M.f: its type has no full");
    assert_refused(FIELD("type: TYPE_MESSAGE type_name: 'p.M'"), "full name");
    assert_refused(FIELD("type: TYPE_MESSAGE type_name: '.other.X'"),
        "its type other.X is missing: protoc adds it with --include");
    assert_refused(FIELD("type: TYPE_ENUM type_name: '.p.M'"),
        "its type p.M is not an enum");
    assert_refused(MESSAGE("field { name: 'a\033' number: 1 }"), "its name is");
    assert_refused(MESSAGE("field { name: 'f' number: 0 type: TYPE_BOOL }"),
        "p.M.f: its number must be from 1 to 536870911");
    assert_refused(
        MESSAGE("field { name: 'f' number: 536870912 type: TYPE_BOOL }"),
        "its number");
    assert_refused(MESSAGE("field { name: 'f' number: 7 type: TYPE_BOOL } "
                           "field { name: 'g' number: 7 type: TYPE_BOOL }"),
        "has the number 7 as well");
    assert_refused(MESSAGE("field { name: 'f' number: 7 type: TYPE_BOOL } "
                           "field { name: 'f' number: 8 type: TYPE_BOOL }"),
        "p.M.f: two fields have this name");
}

static void
test_defaults_and_oneofs(void **state)
{
    (void)state;
    assert_refused(FIELD("type: TYPE_INT32 default_value: '2147483648'"),
        "p.M.f: its default \"2147483648\" is not a valid int32");
    assert_refused(FIELD("type: TYPE_BOOL default_value: 'yes'"),
        "not a valid bool");
    assert_refused(FIELD("type: TYPE_FLOAT default_value: 'x'"),
        "not a valid float");
    assert_refused(FIELD("type: TYPE_BYTES default_value: 'a\\\\'"),
        "not a valid bytes");
    assert_refused(FIELD("type: TYPE_BYTES default_value: '\\\\z'"),
        "not a valid bytes");
    assert_refused(FIELD("type: TYPE_BOOL oneof_index: 0"),
        "p.M.f: its oneof is missing");
    assert_refused(FIELD("type: TYPE_BOOL oneof_index: -1"), "is missing");
    assert_refused(MESSAGE("oneof_decl { } field { name: 'f' number: 1 "
                           "type: TYPE_BOOL oneof_index: 0 }"),
        "its oneof has no name");
    assert_refused(MESSAGE("oneof_decl { name: 'o' } field { name: 'f' "
                           "number: 1 type: TYPE_BOOL oneof_index: 0 "
                           "label: LABEL_REPEATED }"),
        "it is in a oneof");
}

#define ENTRY(key, value)                                          \
    "nested_type { name: 'E' options { map_entry: true } "         \
    "field { name: 'key' number: 1 type: " key " } field { name: " \
    "'value' number: 2 type: " value " } }"
#define OF_ENTRIES(label)                             \
    "field { name: 'f' number: 1 type: TYPE_MESSAGE " \
    "type_name: '.p.M.E' label: " label " }"

static void
test_maps(void **state)
{
    (void)state;
    assert_refused(MESSAGE(OF_ENTRIES("LABEL_OPTIONAL")
                           ENTRY("TYPE_BOOL", "TYPE_BOOL")),
        "p.M.f: it is a single entry of a map");
    assert_refused(MESSAGE(ENTRY("TYPE_DOUBLE", "TYPE_BOOL")),
        "p.M.E: an entry of a map cannot have these fields");
    assert_refused(MESSAGE("nested_type { name: 'E' "
                           "options { map_entry: true } }"),
        "p.M.E: an entry of a map");
}

/* Puts a tag in front of what lies in the set from `at` on, which becomes
 * its content; the length takes four bytes, so that all lie at known places. */
static char *
wrap(char *at, const char *end, char tag)
{
    size_t n = (size_t)(end - at);

    *--at = (char)(n >> 21);
    *--at = (char)(n >> 14 | 0x80);
    *--at = (char)(n >> 7 | 0x80);
    *--at = (char)(n | 0x80);
    *--at = tag;
    return at;
}

/* file { message_type { name nested_type { name nested_type { ... } } } } */
static void
nested(struct text *out, size_t levels)
{
    size_t room = (levels + 1) * 8;
    char *bytes = mem_new(room), *end = bytes + room, *at = end;

    for (size_t i = 0; i < levels; i++) {
        at -= 3;
        memcpy(at, "\x0a\x01M", 3);
        at = wrap(at, end, i + 1 < levels ? 0x1a : 0x22);
    }
    at = wrap(at, end, 0x0a);
    text_clear(out);
    text_add(out, at, (size_t)(end - at));
    free(bytes);
}

static void
test_depth(void **state)
{
    struct text set = {0};

    (void)state;
    nested(&set, SCHEMA_MAX_DEPTH);
    schema_free(schema_of_bytes(set.data, set.n_bytes));
    nested(&set, SCHEMA_MAX_DEPTH + 1);
    assert_refused_bytes(set.data, set.n_bytes, "more than 64 levels deep");
    nested(&set, 100000);
    assert_refused_bytes(set.data, set.n_bytes, "more than 64 levels deep");
    text_release(&set);
}

/* Two bytes each that would be hundreds in memory. */
static void
test_bloat(void **state)
{
    enum { N = 1 << 20 };
    char *bytes = mem_new(8 + N);

    (void)state;
    memcpy(bytes, "\x0a\x84\x80\x40\x22\x80\x80\x40", 8);
    for (size_t i = 0; i < N; i += 2)
        memcpy(bytes + 8 + i, "\x1a\x00", 2);
    assert_refused_bytes(bytes, 8 + N, "not a descriptor set");
    free(bytes);
}

static void
test_too_large(void **state)
{
    char *bytes = mem_zero(SCHEMA_MAX_BYTES + 1, 1);

    (void)state;
    assert_refused_bytes(bytes, SCHEMA_MAX_BYTES + 1, "larger than 16 MiB");
    free(bytes);
}

/* Read or refused, nothing worse. */
static void
test_random_damage(void **state)
{
    enum { ROUNDS = 20000 };
    struct text set = {0};
    struct rng rng;
    size_t taken = 0;

    (void)state;
    temp_file("rich.proto",
        "syntax = \"proto3\"; package p; message M { N n = 1;\n"
        "map<string, E> m = 2; oneof o { int32 a = 3; string b = 4; }\n"
        "message N { repeated M back = 1; optional bytes c = 2; }\n"
        "enum E { A = 0; B = -1; } }");
    protoc_set(&set, "rich.proto");
    rng_init(&rng, 11);
    for (size_t i = 0; i < ROUNDS; i++) {
        /* cut off at each place, then bytes changed */
        size_t n = i < set.n_bytes ? i : set.n_bytes;
        char *copy = mem_new(n);
        struct schema *schema;
        struct err err = {0};

        memcpy(copy, set.data, n);
        for (uint64_t j = 0; n == set.n_bytes && j <= rng_below(&rng, 3); j++)
            copy[rng_below(&rng, n)] ^= (char)(1 << rng_below(&rng, 8));
        schema = schema_new(copy, n, "x.pb", &err);
        assert_true(schema || (err.code == ERR_USAGE && err.text[0]));
        taken += schema != NULL;
        schema_free(schema);
        free(copy);
    }
    assert_in_range(taken, ROUNDS / 20, ROUNDS - 1000);
    text_release(&set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_sets),
        cmocka_unit_test(test_names_and_types),
        cmocka_unit_test(test_defaults_and_oneofs),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_bloat),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_random_damage),
    };

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}
