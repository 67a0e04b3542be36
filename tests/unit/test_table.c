/* How wide texts are, and tables of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/columns.h"
#include "base/table.h"

static void
test_columns(void **state)
{
    static const struct {
        const char *text;
        size_t room, columns;
        const char *shown;
    } cases[] = {
        {"", 5, 0, ""},
        {"abc", 5, 3, "abc"},
        {"abc", 3, 3, "abc"},
        {"abc", 2, 2, "a~"},
        {"abc", 1, 1, "~"},
        {"abc", 0, 0, ""},
        {"abc", SIZE_MAX, 3, "abc"},
        /* two and three bytes, one column */
        {"\303\244\342\202\254", 2, 2, "\303\244\342\202\254"},
        {"\303\244\303\266\303\274", 2, 2, "\303\244~"},
        /* wide: never half of one */
        {"\346\227\245\346\234\254", 4, 4, "\346\227\245\346\234\254"},
        {"\346\227\245\346\234\254", 3, 3, "\346\227\245~"},
        {"\346\227\245\346\234\254", 2, 1, "~"},
        {"\360\237\230\200", 2, 2, "\360\237\230\200"},
        /* nothing that moves the cursor */
        {"a\033[2Jb", 9, 9, "a\\x1b[2Jb"},
        {"a\nb\177\r\t", 20, 12, "a\\nb\\x7f\\r\\t"},
        {"\302\233", 9, 8, "\\xc2\\x9b"}, /* CSI in one character */
        {"\342\200\256x", 19, 13, "\\xe2\\x80\\xaex"}, /* right to left */
        /* no UTF-8: stray, cut, too long, surrogate, beyond Unicode */
        {"\200x", 9, 5, "\\x80x"},
        {"\303", 9, 4, "\\xc3"},
        {"\342\202", 9, 8, "\\xe2\\x82"},
        {"\360\237\230", 19, 12, "\\xf0\\x9f\\x98"},
        {"\300\257", 9, 8, "\\xc0\\xaf"},
        {"\340\200\257", 19, 12, "\\xe0\\x80\\xaf"},
        {"\355\240\200", 19, 12, "\\xed\\xa0\\x80"},
        {"\364\220\200\200", 19, 16, "\\xf4\\x90\\x80\\x80"},
        {"\377\376", 9, 8, "\\xff\\xfe"},
        {"\303\303\244", 9, 5, "\\xc3\303\244"},
        /* an escape is never cut in two */
        {"ab\033c", 5, 3, "ab~"},
        /* names differ at both ends */
        {"0123456789abcdefghij", 16, 16, "0123456...efghij"},
        {"0123456789abcdefghij", 19, 19, "01234567...cdefghij"},
        {"0123456789abcdefghij", 15, 15, "0123456789abcd~"},
        {"0123456\nxxxxxxx\n12345", 16, 15, "0123456...12345"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text out = {0};

        text_add(&out, "", 0);
        assert_int_equal(columns_add(&out, cases[i].text, cases[i].room),
            cases[i].columns);
        assert_string_equal(out.data, cases[i].shown);
        if (columns_of(cases[i].text) <= cases[i].room)
            assert_int_equal(columns_of(cases[i].text), cases[i].columns);
        text_release(&out);
    }
}

static const char *
printed(const struct table *table, size_t room)
{
    static char text[4096];
    struct text out = {0};

    text_add(&out, "", 0);
    table_print(table, room, &out);
    assert_true(out.n_bytes < sizeof(text));
    memcpy(text, out.data, out.n_bytes + 1);
    text_release(&out);
    return text;
}

static void
test_table(void **state)
{
    struct table table = {0};

    (void)state;
    assert_string_equal(printed(&table, 80), "");
    table_column(&table, "name", 0);
    table_column(&table, "n", TABLE_RIGHT);
    table_column(&table, "quiet", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "note", 0);
    assert_string_equal(printed(&table, 80), "");
    table_cell(&table, "%s", "a");
    table_count(&table, 1234567);
    table_count(&table, 0);
    table_cell(&table, "%s", "");
    table_cell(&table, "%s", "\303\244\303\266\303\274xyz");
    table_count(&table, 7);
    table_cell(&table, "%s", "");
    table_cell(&table, "%d%%", 9);
    assert_string_equal(printed(&table, 80), "name            n  note\n"
                                             "a       1,234,567\n"
                                             "\303\244\303\266\303\274xyz"
                                             "          7  9%\n");
    table_cell(&table, "%s", "c");
    table_count(&table, 0);
    table_count(&table, 1);
    table_cell(&table, "%s", "");
    assert_string_equal(printed(&table, 80),
        "name            n  quiet  note\n"
        "a       1,234,567      0\n"
        "\303\244\303\266\303\274xyz          7         9%\n"
        "c               0      1\n");
    table_release(&table);
}

/* Columns to spare go from the right, only as many as it takes. */
static void
test_room(void **state)
{
    static const struct {
        size_t room;
        const char *shown;
    } cases[] = {
        {80, "a  bbb  ccc  d\n1  2    3    4\n"},
        {14, "a  bbb  ccc  d\n1  2    3    4\n"},
        {13, "a  bbb  d\n1  2    4\n"},
        {9, "a  bbb  d\n1  2    4\n"},
        {8, "a  d\n1  4\n"},
        {1, "a  d\n1  4\n"},
    };
    struct table table = {0};

    (void)state;
    table_column(&table, "a", 0);
    table_column(&table, "bbb", TABLE_SPARE);
    table_column(&table, "ccc", TABLE_SPARE);
    table_column(&table, "d", 0);
    for (int i = 1; i <= 4; i++)
        table_cell(&table, "%d", i);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(printed(&table, cases[i].room), cases[i].shown);
    table_release(&table);
}

/* two columns, three bytes */
#define DAY "\346\227\245"
#define DAYS DAY DAY DAY DAY DAY DAY DAY DAY

/* Names are shortened first, then columns left out, then names again; what
 * stands behind them stays aligned, also where a name is wide or escaped. */
static void
test_names(void **state)
{
    static const struct {
        size_t room;
        const char *shown;
    } cases[] = {
        {80, "name                                              n  more\n"
             "a0123456789-b0123456789-c0123456789-d0123456789   1     2\n"
             "\\n" DAYS "                               12     3\n"},
        {50, "name                                       n  more\n"
             "a0123456789-b012345...456789-d0123456789   1     2\n"
             "\\n" DAYS "                        12     3\n"},
        {43, "name                                      n\n"
             "a0123456789-b01234...456789-d0123456789   1\n"
             "\\n" DAYS "                       12\n"},
        {1, "name               n\n"
            "a012345...456789   1\n"
            "\\n" DAY DAY "..." DAY DAY DAY "   12\n"},
    };
    struct table table = {0};

    (void)state;
    table_column(&table, "name", TABLE_NAME);
    table_column(&table, "n", TABLE_RIGHT);
    table_column(&table, "more", TABLE_RIGHT | TABLE_SPARE);
    table_cell(&table, "%s", "a0123456789-b0123456789-c0123456789-d0123456789");
    table_count(&table, 1);
    table_count(&table, 2);
    table_cell(&table, "\n%s", DAYS);
    table_count(&table, 12);
    table_count(&table, 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(printed(&table, cases[i].room), cases[i].shown);
    table_release(&table);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
