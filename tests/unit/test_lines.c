/*
 * The line reader over all small texts, in every chunking, and over the kinds
 * of lines that the contract lists.
 */
// LDFLAGS: -Wl,--wrap=source_read
#include "unit/line_checks.h"

/* --- all small texts ------------------------------------------------------ */
static void
over_small_texts(const char *start, const char *letters, size_t most)
{
    static const size_t chunks[] = {0, 1, 2, 3, 5};
    static const size_t max_lines[] = {1, 3, 100}, room_lines[] = {1, 2, 50};
    size_t n_letters = strlen(letters), n_start = strlen(start);
    struct wants wants = {0};
    char text[20];

    for (size_t m = 0; m < 3; m++) {
        struct blocks blocks;

        blocks_init(&blocks, max_lines[m], room_lines[m]);
        for (size_t n = 0; n <= most; n++) {
            size_t n_texts = 1;

            for (size_t i = 0; i < n; i++)
                n_texts *= n_letters;
            for (size_t t = 0; t < n_texts; t++) {
                size_t rest = t;

                memcpy(text, start, n_start);
                for (size_t i = 0; i < n; i++, rest /= n_letters)
                    text[n_start + i] = letters[rest % n_letters];
                check_text(text, n_start + n, chunks, 5, &blocks, max_lines[m],
                    &wants);
            }
        }
        blocks_release(&blocks);
    }
    free(wants.lines);
}

static void
test_all_small_texts(void **unused)
{
    (void)unused;
    over_small_texts("", "a \r\n", 5);
    over_small_texts("", "\r\n", 8);
}

static void
test_byte_order_mark(void **unused)
{
    static const char *const starts[] = {
        "\xef\xbb\xbf",
        "\xef",
        "\xef\xbb",
        "\xef\xbb\xbf\xef\xbb\xbf",
        "a\xef\xbb\xbf",
        "\n\xef\xbb\xbf",
        "\xbb\xbf",
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        over_small_texts(starts[i], "a\r\n", 3);
}

/* --- what the table in the contract says, written out --------------------- */
static void
test_kinds_of_lines(void **unused)
{
    static const struct {
        const char *text;
        enum source_state end;
        size_t n;
        struct {
            const char *text;
            enum line_fault fault;
        } lines[4];
    } rows[] = {
        {"", SOURCE_END, 0, {{0}}},
        {"", SOURCE_TRUNCATED, 0, {{0}}},
        {"\xef\xbb\xbf", SOURCE_END, 0, {{0}}},
        {"\xef\xbb\xbf", SOURCE_CORRUPT, 0, {{0}}},
        {"\n", SOURCE_END, 1, {{"", LINE_WHOLE}}},
        {"a", SOURCE_END, 1, {{"a", LINE_WHOLE}}},
        {"a", SOURCE_TRAILING, 1, {{"a", LINE_CUT_OFF}}},
        {" ", SOURCE_UNREADABLE, 1, {{" ", LINE_CUT_OFF}}},
        {"a\n", SOURCE_TRUNCATED, 1, {{"a", LINE_WHOLE}}},
        {"a\r", SOURCE_TRUNCATED, 1, {{"a", LINE_WHOLE}}},
        {"a\nb\r\nc\rd", SOURCE_END, 4,
            {{"a", LINE_WHOLE}, {"b", LINE_WHOLE}, {"c", LINE_WHOLE},
                {"d", LINE_WHOLE}}},
        {"a\n\r\rb", SOURCE_CORRUPT, 4,
            {{"a", LINE_WHOLE}, {"", LINE_WHOLE}, {"", LINE_WHOLE},
                {"b", LINE_CUT_OFF}}},
        {"12345678\n123456789\nx", SOURCE_END, 3,
            {{"12345678", LINE_WHOLE}, {"12345678", LINE_TOO_LONG},
                {"x", LINE_WHOLE}}},
        {"123456789", SOURCE_END, 1, {{"12345678", LINE_TOO_LONG}}},
        {"123456789", SOURCE_TRUNCATED, 1, {{"12345678", LINE_CUT_OFF}}},
        {"         ", SOURCE_TRUNCATED, 1, {{"        ", LINE_CUT_OFF}}},
        {"\t\t\t\t     \t\rx", SOURCE_END, 2,
            {{"", LINE_WHOLE}, {"x", LINE_WHOLE}}},
        {"            1\r\nx", SOURCE_END, 2,
            {{"        ", LINE_TOO_LONG}, {"x", LINE_WHOLE}}},
    };
    struct blocks blocks;

    (void)unused;
    blocks_init(&blocks, 8, 10);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script script = {.text = rows[i].text,
            .n = strlen(rows[i].text),
            .end = rows[i].end};
        struct line_reader *reader =
            line_reader_new((struct source *)&script, 8);
        struct line_block *block = &blocks.block[2];
        struct err err;

        assert_int_equal(line_reader_fill(reader, block, &err), rows[i].end);
        assert_int_equal(block->n_lines, rows[i].n);
        for (size_t k = 0; k < rows[i].n; k++) {
            const char *want = rows[i].lines[k].text;

            assert_int_equal(block->lines[k].fault, rows[i].lines[k].fault);
            assert_int_equal(block->lines[k].n_bytes, strlen(want));
            assert_memory_equal(block->text + block->lines[k].at, want,
                strlen(want));
        }
        line_reader_free(reader);
    }
    blocks_release(&blocks);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_small_texts),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_kinds_of_lines),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
