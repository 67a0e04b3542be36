/* Where a mapping's columns are in a file: by position, or by its first line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/column_map.h"

static const char *const names[] = {"type", "_", "id", "_", "lat"};
static const char *const needed[] = {"lat", "type"};

static const struct column_spec by_position = {
    .format = {'\t', false},
    .names = names,
    .n_names = 5,
    .needed = needed,
    .n_needed = 2,
};
static const struct column_spec by_header = {
    .format = {',', true},
    .needed = needed,
    .n_needed = 2,
};

static void
test_names_by_position(void **state)
{
    struct column_map *map = column_map_new(&by_position);

    (void)state;
    assert_false(column_map_wants_line(map));
    assert_int_equal(column_map_n(map), 5);
    assert_int_equal(column_map_at(map, 0), 4);
    assert_int_equal(column_map_at(map, 1), 0);
    assert_string_equal(column_map_name(map, 0), "type");
    assert_string_equal(column_map_name(map, 1), "");
    assert_string_equal(column_map_name(map, 4), "lat");
    assert_string_equal(column_map_name(map, 5), "");
    column_map_free(map);
    column_map_free(NULL);
}

/* Names are known, so whatever the line holds is fine. */
static void
test_a_line_to_be_skipped_is_not_read(void **state)
{
    struct column_spec spec = by_position;
    struct column_map *map;
    struct err err = {0};

    (void)state;
    spec.skips_first = true;
    map = column_map_new(&spec);
    assert_true(column_map_wants_line(map));
    assert_int_equal(column_map_read(map, "what\0ever", 9, &err), 0);
    assert_false(column_map_wants_line(map));
    assert_int_equal(column_map_n(map), 5);
    assert_int_equal(column_map_at(map, 0), 4);
    column_map_free(map);
}

static void
test_names_from_the_first_line(void **state)
{
    static const char line[] = "x, \"type\" is,\"a \"\"b\"\",\", lat ,\"type\"";
    struct column_map *map = column_map_new(&by_header);
    struct err err = {0};

    (void)state;
    assert_true(column_map_wants_line(map));
    assert_int_equal(column_map_read(map, line, sizeof(line) - 1, &err), 0);
    assert_false(column_map_wants_line(map));
    assert_int_equal(column_map_n(map), 5);
    assert_int_equal(column_map_at(map, 0), 3);
    assert_int_equal(column_map_at(map, 1), 4);
    assert_string_equal(column_map_name(map, 0), "x");
    assert_string_equal(column_map_name(map, 1), "\"type\" is");
    assert_string_equal(column_map_name(map, 2), "a \"b\",");
    assert_string_equal(column_map_name(map, 5), "");
    column_map_free(map);
}

static void
test_the_same_mapping_reads_files_of_another_order(void **state)
{
    struct column_map *one = column_map_new(&by_header);
    struct column_map *other = column_map_new(&by_header);
    struct err err = {0};

    (void)state;
    assert_int_equal(column_map_read(one, "lat,type", 8, &err), 0);
    assert_int_equal(column_map_read(other, "type,a,lat", 10, &err), 0);
    assert_int_equal(column_map_at(one, 0), 0);
    assert_int_equal(column_map_at(other, 0), 2);
    column_map_free(one);
    column_map_free(other);
}

static void
check_error(const struct line_format *format, const char *line, size_t n_bytes,
    const char *wanted)
{
    struct column_spec spec = by_header;
    struct column_map *map;
    struct err err = {0};

    spec.format = *format;
    map = column_map_new(&spec);
    assert_int_equal(column_map_read(map, line, n_bytes, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.text, wanted);
    column_map_free(map);
}

#define LINE(literal) literal, sizeof(literal) - 1

static void
test_first_lines_that_do_not_fit(void **state)
{
    static const struct line_format csv = {',', true}, tsv = {'\t', false};

    (void)state;
    check_error(&csv, LINE("Lat,type"),
        "the first line has no column \"lat\"; it names \"Lat\", \"type\"; did "
        "you mean \"Lat\"?");
    check_error(&csv, LINE("lan,LAT,type"),
        "the first line has no column \"lat\"; it names \"lan\", \"LAT\", "
        "\"type\"; did you mean \"LAT\"?");
    check_error(&csv, LINE("lat,-T_y Pe"),
        "the first line has no column \"type\"; it names \"lat\", \"-T_y Pe\"; "
        "did you mean \"-T_y Pe\"?");
    check_error(&csv, LINE("lat,x\x1by"),
        "the first line has no column \"type\"; it names \"lat\", "
        "\"x\\x1by\"");
    check_error(&csv, LINE(""),
        "the first line has no column \"lat\"; it names \"\"");
    check_error(&csv, LINE("lat;type;id"),
        "the first line has no column \"lat\"; it names \"lat;type;id\"; is "
        "delimiter: \";\" meant?");
    check_error(&csv, LINE("lat\ttype"),
        "the first line has no column \"lat\"; it names \"lat\\ttype\"; "
        "is delimiter: \"\\t\" meant?");
    check_error(&tsv, LINE("lat,type"),
        "the first line has no column \"lat\"; it names \"lat,type\"; is "
        "delimiter: \",\" meant?");
    check_error(&csv, LINE("lat,type,lat"),
        "column \"lat\" is in the first line 2 times, so it is not clear which "
        "one is meant");
    check_error(&csv, LINE("lat,\"type"),
        "the first line, which names the columns: no closing quote in column "
        "2");
    check_error(&csv, LINE("lat,type\0"),
        "the first line, which names the columns: NUL byte");
}

static void
test_columns_that_nobody_needs_may_be_there_twice(void **state)
{
    struct column_map *map = column_map_new(&by_header);
    struct err err = {0};

    (void)state;
    assert_int_equal(column_map_read(map, "x,lat,x,type,", 13, &err), 0);
    assert_int_equal(column_map_n(map), 5);
    column_map_free(map);
}

/* The message stays one line, however long the first one is. */
static void
test_a_long_first_line_is_told_in_short(void **state)
{
    enum { N_BYTES = 1 << 20 };
    char *line = malloc(N_BYTES);
    struct column_map *map = column_map_new(&by_header);
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < N_BYTES; i++)
        line[i] = i % 8 == 7 ? ',' : 'a';
    assert_int_equal(column_map_read(map, line, N_BYTES, &err), -1);
    assert_non_null(strstr(err.text, "no column \"lat\""));
    assert_non_null(strstr(err.text, ", ... (131073)"));
    column_map_free(map);
    free(line);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_by_position),
        cmocka_unit_test(test_a_line_to_be_skipped_is_not_read),
        cmocka_unit_test(test_names_from_the_first_line),
        cmocka_unit_test(test_the_same_mapping_reads_files_of_another_order),
        cmocka_unit_test(test_first_lines_that_do_not_fit),
        cmocka_unit_test(test_columns_that_nobody_needs_may_be_there_twice),
        cmocka_unit_test(test_a_long_first_line_is_told_in_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
