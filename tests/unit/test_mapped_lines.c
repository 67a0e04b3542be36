/* Lines as a mapping has them read: the header is none of them. */
// LDFLAGS: -Wl,--wrap=source_read
#include "base/text.h"
#include "load/mapped_lines.h"
#include "unit/line_checks.h"

enum { MAX_LINE = 20 };

static const char *const names[] = {"a", "b"};
static const char *const needed[] = {"b"};
static const struct column_spec by_name = {
    .format = {',', true}, .needed = needed, .n_needed = 1};
static const struct column_spec skipping = {.format = {'\t', false},
    .names = names,
    .n_names = 2,
    .skips_first = true,
    .needed = needed,
    .n_needed = 1};

/* What a file gave: its lines, "number[text]", or an error. */
struct reading {
    struct text lines;
    enum source_state state;
    int rc;
    struct err err;
    size_t at; /* of the column b */
    char *header;
};

static void
read_script(struct reading *reading, struct script script,
    const struct column_spec *spec, size_t room_lines)
{
    struct mapped_lines *lines =
        mapped_lines_new((struct source *)&script, spec, MAX_LINE);
    struct blocks blocks;
    struct line_block *block = &blocks.block[2];
    const char *header;
    size_t n_bytes;

    *reading = (struct reading){.state = SOURCE_MORE};
    blocks_init(&blocks, MAX_LINE, room_lines);
    block->numbers = spec->format.has_quotes ? blocks.numbers[2] : NULL;
    while (reading->rc == 0 && (reading->state == SOURCE_MORE ||
                                   reading->state == SOURCE_STOPPED)) {
        reading->rc =
            mapped_lines_fill(lines, block, &reading->state, &reading->err);
        for (size_t i = 0; reading->rc == 0 && i < block->n_lines; i++) {
            text_format(&reading->lines, "%llu[",
                (unsigned long long)line_number(block, i));
            text_add(&reading->lines, block->text + block->lines[i].at,
                block->lines[i].n_bytes);
            text_add(&reading->lines, "]", 1);
        }
    }
    text_add(&reading->lines, "", 0);
    reading->at = column_map_at(mapped_lines_columns(lines), 0);
    header = mapped_lines_header(lines, &n_bytes);
    reading->header = header ? mem_format("%.*s", (int)n_bytes, header) : NULL;
    mapped_lines_free(lines);
    mapped_lines_free(NULL);
    blocks_release(&blocks);
}

static void
check(const char *text, const struct column_spec *spec, const char *wanted,
    const char *header, size_t at)
{
    static const size_t rooms[] = {1, 2, 50}, chunks[] = {0, 1, 3};

    for (size_t i = 0; i < 9; i++) {
        struct script script = {.text = text,
            .n = strlen(text),
            .chunk_bytes = chunks[i / 3],
            .stop_every = i % 2 * 2,
            .end = SOURCE_END};
        struct reading reading;

        read_script(&reading, script, spec, rooms[i % 3]);
        assert_int_equal(reading.rc, 0);
        assert_int_equal(reading.state, SOURCE_END);
        assert_string_equal(reading.lines.data ? reading.lines.data : "",
            wanted);
        if (header)
            assert_string_equal(reading.header, header);
        else
            assert_null(reading.header);
        assert_int_equal(reading.at, at);
        free(reading.header);
        text_release(&reading.lines);
    }
}

static void
test_names_are_read_from_the_header(void **state)
{
    (void)state;
    check("x,b\n1,2\n3,4\n", &by_name, "2[1,2]3[3,4]", "x,b", 1);
    check("\xef\xbb\xbf"
          "b\r\n\r\n2",
        &by_name, "2[]3[2]", "b", 0);
    check("\"x\n\",\"b\"\n\"1\n\",2\n3,4", &by_name, "3[\"1\n\",2]5[3,4]",
        "\"x\n\",\"b\"", 1);
    check("b", &by_name, "", "b", 0);
    check("b\n", &by_name, "", "b", 0);
}

static void
test_a_file_without_lines_has_no_header(void **state)
{
    (void)state;
    check("", &by_name, "", NULL, 0);
    check("", &skipping, "", NULL, 1);
}

static void
test_a_first_line_may_be_skipped(void **state)
{
    struct column_spec quoted = skipping;

    (void)state;
    check("what\tever\tit is\nx\ty\nz\n", &skipping, "2[x\ty]3[z]",
        "what\tever\tit is", 1);
    check("\n\nx\n", &skipping, "2[]3[x]", "", 1);
    check("far too long for a line\nx\n", &skipping, "2[x]",
        "far too long for a l", 1);
    quoted.format.has_quotes = true;
    check("\"open\nx\ny", &quoted, "2[x]3[y]", "", 1);
}

static void
test_without_a_header_all_lines_are_there(void **state)
{
    struct column_spec plain = skipping;

    (void)state;
    plain.skips_first = false;
    check("a\tb\nx\ty\n", &plain, "1[a\tb]2[x\ty]", NULL, 1);
}

static void
check_fails(const char *text, const char *wanted)
{
    struct script script = {.text = text, .n = strlen(text), .end = SOURCE_END};
    struct reading reading;

    read_script(&reading, script, &by_name, 50);
    assert_int_equal(reading.rc, -1);
    assert_int_equal(reading.err.code, ERR_USAGE);
    assert_string_equal(reading.err.text, wanted);
    free(reading.header);
    text_release(&reading.lines);
}

static void
test_a_header_that_does_not_fit(void **state)
{
    (void)state;
    check_fails("a,B\n1,2\n", "the first line has no column \"b\"; it names "
                              "\"a\", \"B\"; did you mean \"B\"?");
    check_fails("far too long for a line,b\n1,2\n",
        "the first line, which names the columns, is longer than --max-line");
    check_fails("b,\"c\n1,2\n", "the first line, which names the columns: no "
                                "closing quote in column 2");
}

/* What is wrong is the file, not its header. */
static void
test_a_file_that_breaks_off_in_its_header(void **state)
{
    struct script script = {.text = "a", .n = 1, .end = SOURCE_TRUNCATED};
    struct reading reading;

    (void)state;
    read_script(&reading, script, &by_name, 50);
    assert_int_equal(reading.rc, 0);
    assert_int_equal(reading.state, SOURCE_TRUNCATED);
    assert_int_equal(reading.lines.n_bytes, 0);
    assert_string_equal(reading.err.text, "the end");
    text_release(&reading.lines);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_read_from_the_header),
        cmocka_unit_test(test_a_file_without_lines_has_no_header),
        cmocka_unit_test(test_a_first_line_may_be_skipped),
        cmocka_unit_test(test_without_a_header_all_lines_are_there),
        cmocka_unit_test(test_a_header_that_does_not_fit),
        cmocka_unit_test(test_a_file_that_breaks_off_in_its_header),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
