/* Mappings compiled, and records run by them: what the CLI does not show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/yaml.h"
#include "record/mapping.h"
#include "record/record.h"
#include "unit/protoc_made.h"

static const char proto[] =
    "syntax = \"proto3\"; package p;\n"
    "message In { string s = 1; int32 i = 2; }\n"
    "message All { repeated sint64 l = 1; repeated string s = 2; In in = 3;\n"
    "  map<string, string> m = 4; oneof o { string x = 5; bytes y = 6; }\n"
    "  repeated bytes h = 7; repeated uint32 u = 8 [packed = false];\n"
    "  string t = 9; repeated bool b = 10; }\n";

/* A mapping, its columns and a record; of the file's sections. */
struct made {
    struct yaml_file *file;
    struct mapping *mapping;
    struct column_map *map;
    struct record *record;
};

static struct made
make(const char *text)
{
    struct err err;
    struct made made = {.file = yaml_parse("m.yml", text, strlen(text), &err)};
    struct mapping_choice choice = {
        .path = temp_path("m.yml"), .file = made.file};

    made.mapping = made.file ? mapping_open(&choice, &err) : NULL;
    if (!made.mapping)
        fail_msg("%s", err.text);
    made.map = column_map_new(mapping_columns(made.mapping));
    made.record = record_new(made.mapping, made.map);
    return made;
}

static void
drop(struct made *made)
{
    record_free(made->record);
    column_map_free(made->map);
    mapping_free(made->mapping);
    yaml_close(made->file);
}

/* What the line becomes, in words, or its reason and detail. */
static void
assert_becomes(const struct made *made, const char *line, const char *wanted)
{
    struct mapping_room room = mapping_room(made->mapping);
    struct text text = {0};
    struct record_warnings warnings;
    const char *detail;
    enum reason reason =
        record_split(made->record, line, strlen(line), &detail);
    uint8_t *value;
    size_t n, n_room;

    if (reason == REASON_NONE)
        reason = record_parse(made->record, false, &warnings, &detail);
    if (reason != REASON_NONE) {
        text_format(&text, "%s: %s", reason_word(reason), detail);
    } else {
        n_room = record_pack_room(made->record);
        assert_true(n_room + KEY_MAX_BYTES <=
                    room.line_bytes + room.text_factor * strlen(line));
        value = malloc(n_room ? n_room : 1);
        assert_non_null(value);
        n = record_pack(made->record, value);
        assert_true(n <= n_room);
        text_add(&text, "", 0);
        assert_int_equal(record_print(made->mapping, &text, value, n), 0);
        free(value);
    }
    if (strcmp(text.data, wanted) != 0)
        fail_msg("\"%s\": \"%s\", not \"%s\"", line, text.data, wanted);
    text_release(&text);
}

/* --------------------------------------------------------------- records ---
 */

#define HEAD "input: {delimiter: ';', columns: [k, a, b]}\n"
#define TAIL "key: '{k}'\nroute: {hash: key}\n"
#define FIELDS(fields)                                                        \
    HEAD "record:\n  proto: test.proto\n  message: p.All\n  fields:\n" fields \
        TAIL

/* Nothing of an earlier line stays: lists, messages, members of a oneof. */
static void
test_lines_know_nothing_of_each_other(void **state)
{
    struct made made;

    (void)state;
    made = make(FIELDS("    l: {column: a, split: ','}\n"
                       "    in.s: {column: b, empty: skip}\n"));
    assert_becomes(&made, "1;1,2,3;x", "l: 1 l: 2 l: 3 in { s: \"x\" }");
    assert_becomes(&made, "1;;", "");
    assert_becomes(&made, "1;1,x;y", "bad_app: a");
    assert_becomes(&made, "1;4;", "l: 4");
    drop(&made);
    made = make(FIELDS("    x: {column: a, empty: skip}\n"
                       "    y: {column: b, empty: skip, encoding: hex}\n"));
    assert_becomes(&made, "1;p;", "x: \"p\"");
    assert_becomes(&made, "1;;ff", "y: \"\\xff\"");
    assert_becomes(&made, "1;p;ff", "bad_value: b");
    assert_becomes(&made, "1;;", "");
    drop(&made);
}

/* Lines of which most is made, byte by byte, have the room that was told. */
static void
test_room(void **state)
{
    static const struct {
        const char *fields, *item, *between;
    } rows[] = {
        {FIELDS("    l: {column: a, split: ','}\n"), "0", ","},
        {FIELDS("    s: {column: a, split: ','}\n"), "", ","},
        {FIELDS("    s: {column: a, split: ','}\n    t: a\n"), "", ","},
        {FIELDS("    m: {column: a, split: ',', pair: ':'}\n"), ":", ","},
        {FIELDS("    h: {column: a, split: ',', encoding: base64}\n"), "", ","},
        {FIELDS("    u: {column: a, split: ','}\n"), "1", ","},
        {FIELDS("    b: {column: a, split: ','}\n"), "1", ","},
        {HEAD "record: {format: json, fields: {s: {column: a, split: "
              "','}}}\n" TAIL,
            "", ","},
        {HEAD "record: {format: json, fields: {s: {column: a, type: uint, "
              "split: ','}}}\n" TAIL,
            "7", ","},
        {HEAD "record: {format: json, fields: {s: a}}\n" TAIL, "\x01", "\x02"},
        {HEAD "record: {format: raw, column: a}\n" TAIL, "x", "y"},
    };
    struct record_warnings warnings;
    struct text line = {0};
    const char *detail;
    struct made made;
    uint8_t *value;
    size_t n_room;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mapping_room room;

        made = make(rows[i].fields);
        room = mapping_room(made.mapping);
        text_clear(&line);
        text_format(&line, "1;");
        for (int j = 0; j < 5000; j++)
            text_format(&line, "%s%s", j ? rows[i].between : "", rows[i].item);
        text_format(&line, ";");
        assert_int_equal(record_split(made.record, line.data, line.n_bytes,
                             &detail),
            REASON_NONE);
        assert_int_equal(record_parse(made.record, true, &warnings, &detail),
            REASON_NONE);
        n_room = record_pack_room(made.record);
        if (n_room + KEY_MAX_BYTES >
            room.line_bytes + room.text_factor * line.n_bytes)
            fail_msg("row %zu: %zu bytes of %zu", i, n_room, line.n_bytes);
        value = malloc(n_room);
        assert_non_null(value);
        assert_true(record_pack(made.record, value) <= n_room);
        free(value);
        drop(&made);
    }
    text_release(&line);
}

/* As many columns as there are is said, up to twice as many. */
static void
test_counts_of_columns(void **state)
{
    struct made made = make(FIELDS("    t: a\n"));

    (void)state;
    assert_becomes(&made, "1", "columns: 1 column, wanted 3");
    assert_becomes(&made, "1;2", "columns: 2 columns, wanted 3");
    assert_becomes(&made, ";;;;", "columns: 5 columns, wanted 3");
    assert_becomes(&made, ";;;;;", "columns: 6 or more columns, wanted 3");
    assert_becomes(&made, ";;;;;;;;", "columns: 6 or more columns, wanted 3");
    drop(&made);
}

/* ------------------------------------------------------------------ keys ---
 */

static void
test_shards_of_keys(void **state)
{
    static const struct {
        const char *key, *route, *word;
        enum key_route found;
        const char *shard;
    } rows[] = {
        {"{k}:{a}", "{column: k}", "x:y", KEY_OF_SHARD, "x"},
        {"{k}:{a}", "{column: k}", "x:y:z", KEY_OF_SHARD, "x"},
        {"{k}:{a}", "{column: k}", "xy", KEY_OF_NONE, ""},
        {"{k}:{a}", "{column: k}", ":y", KEY_OF_NONE, ""},
        {"{k}:{a}", "{column: k}", "x:", KEY_OF_NONE, ""},
        {"u/{a}@{k}", "{column: k}", "u/1@eu", KEY_OF_SHARD, "eu"},
        {"u/{a}@{k}", "{column: k}", "v/1@eu", KEY_OF_NONE, ""},
        {"u/{a}@{k}", "{column: k}", "u/", KEY_OF_NONE, ""},
        {"{k}!", "{column: k}", "eu!", KEY_OF_SHARD, "eu"},
        {"{k}!", "{column: k}", "eu!x", KEY_OF_NONE, ""},
        {"{{{k}}}", "{column: k}", "{eu}", KEY_OF_SHARD, "eu"},
        {"{a}", "{column: k}", "anything", KEY_OF_ANY, ""},
        {"{k}{a}", "{column: k}", "anything", KEY_OF_ANY, ""},
        {"{k}:{a}", "{hash: key}", "anything", KEY_OF_ANY, ""},
    };
    struct text file = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span shard = {0};
        struct made made;

        text_clear(&file);
        text_format(&file,
            HEAD "record: {format: raw, column: a}\nkey: '%s'\nroute: %s\n",
            rows[i].key, rows[i].route);
        made = make(file.data);
        assert_string_equal(mapping_key_text(made.mapping), rows[i].key);
        if (mapping_route_of_key(made.mapping, rows[i].word,
                strlen(rows[i].word), &shard) != rows[i].found)
            fail_msg("row %zu", i);
        if (rows[i].found == KEY_OF_SHARD) {
            assert_int_equal(shard.n_bytes, strlen(rows[i].shard));
            assert_memory_equal(shard.at, rows[i].shard, shard.n_bytes);
        }
        drop(&made);
    }
    text_release(&file);
}

/* ------------------------------------------------------------- the choice ---
 */

static void
test_columns_and_headers_of_the_command_line(void **state)
{
    static const char *const names[] = {
        "apps", "_", "dev_type", "dev_id", "lat", "lon"};
    struct mapping_choice choice = {
        .columns = names, .n_columns = 6, .skip_header = true};
    struct err err;
    struct made made = {.mapping = mapping_open(&choice, &err)};

    (void)state;
    assert_non_null(made.mapping);
    assert_true(mapping_has_header(made.mapping));
    assert_int_equal(mapping_flags(made.mapping), 0);
    assert_string_equal(mapping_name(made.mapping), "built-in");
    made.map = column_map_new(mapping_columns(made.mapping));
    assert_true(column_map_wants_line(made.map));
    made.record = record_new(made.mapping, made.map);
    assert_becomes(&made, "7\tx\tidfa\t1\t2\t3", "apps: 7 lat: 2 lon: 3");
    drop(&made);
}

static int
set_up(void **state)
{
    int status = temp_dir_make(state);

    temp_file("test.proto", proto);
    return status;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_know_nothing_of_each_other),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_counts_of_columns),
        cmocka_unit_test(test_shards_of_keys),
        cmocka_unit_test(test_columns_and_headers_of_the_command_line),
    };

    return cmocka_run_group_tests(tests, set_up, temp_dir_remove);
}
