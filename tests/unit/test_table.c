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
        {"a\033[2Jb", 9, 6, "a?[2Jb"},
        {"a\nb\177", 9, 4, "a?b?"},
        {"\302\233", 9, 2, "??"},        /* CSI in one character */
        {"\342\200\256x", 9, 4, "???x"}, /* right to left */
        /* no UTF-8: stray, cut, too long, surrogate, beyond Unicode */
        {"\200x", 9, 2, "?x"},
        {"\303", 9, 1, "?"},
        {"\342\202", 9, 2, "??"},
        {"\360\237\230", 9, 3, "???"},
        {"\300\257", 9, 2, "??"},
        {"\340\200\257", 9, 3, "???"},
        {"\355\240\200", 9, 3, "???"},
        {"\364\220\200\200", 9, 4, "????"},
        {"\377\376", 9, 2, "??"},
        {"\303\303\244", 9, 2, "?\303\244"},
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
