/* Which delimiter a text has, and how it is cut into lines and columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "infer/dialect.h"
#include "infer/rows.h"
#include "infer_cases.h"

static void
test_delimiters(void **state)
{
    static const struct {
        const char *text;
        char delimiter;
        bool has_quotes;
        size_t n_columns;
    } cases[] = {
        {"a\tb\nc\td\n", '\t', false, 2},
        {"a,b,c\nd,e,f\n", ',', true, 3},
        {"a;b\nd;e\n", ';', true, 2},
        {"a|b\nd|e\n", '|', false, 2},
        /* a comma in texts is as regular as chance has it */
        {"x, y\t1\nz\t2\nq, r, s\t3\n", '\t', false, 2},
        {"a\t1,2,3\nb\t4,5,6\n", '\t', false, 2},
        /* decimal commas, with a heading and without */
        {"id;n\n1;2,5\n2;3,5\n", ';', true, 2},
        {"1;2,5\n2;3,5\n", ';', true, 2},
        {"1,5;2,5;3,5\n1,5;2,5;3,5\n", ';', true, 3},
        /* a list of two in one of many columns */
        {"1,2,3,4,a;b\n1,2,3,4,c;d\n", ',', true, 5},
        /* quotes around columns are worth more than none */
        {"\"a,b\",c\n\"d\",e\n", ',', true, 2},
        {"\"a\tb\"\tc\nd\te\n", '\t', true, 2},
        {"\"a\nb\"|c\nd|e\n", '|', true, 2},
        /* but a quote in a text is one */
        {"5\" disk\tc\n\"x\td\n\"y\te\n", '\t', false, 2},
        /* and one that nothing closes does not make texts of the others */
        {"i,n\n1,\"N, 1\"\n2,\"N, 2\n3,\"N, 3\"\n4,\"N, 4\"\n5,\"N, 5\"\n", ',',
            true, 2},
        {"i,n\n1,A\n2,\"B, x\n3,C\n4,D\n5,E\n", ',', true, 2},
        /* blank lines, and one in ten that is odd */
        {"a,b\n\n \na,b\na,b\na,b\na,b\na,b\na,b\na,b\na,b\na,b\na\n", ',',
            true, 2},
        {"a,b\r\nc,d\r\n", ',', true, 2},
        {"a,b\rc,d\r", ',', true, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct head head = head_of(cases[i].text);
        struct dialect found;

        assert_true(dialect_guess(&head, 10000, 1 << 20, &found));
        if (found.format.delimiter != cases[i].delimiter ||
            found.format.has_quotes != cases[i].has_quotes ||
            found.n_columns != cases[i].n_columns || found.is_no_table)
            fail_msg("%s: delimiter \"%c\", quotes %d, %zu columns",
                cases[i].text, found.format.delimiter, found.format.has_quotes,
                found.n_columns);
    }
}

static void
test_no_table(void **state)
{
    static const char *const texts[] = {"word\nother\n", "a b\nc, d\ne\nf\n"};
    struct dialect found;
    struct head head;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        head = head_of(texts[i]);
        assert_true(dialect_guess(&head, 10000, 1 << 20, &found));
        assert_true(found.is_no_table);
        assert_int_equal(found.n_columns, 1);
    }
    head = head_of(" \n\n");
    assert_false(dialect_guess(&head, 10000, 1 << 20, &found));
}

static void
test_counts(void **state)
{
    struct head head = head_of("a,b\nc,d\ne\n\nf,g\nh,i\nj,k\nl,m\nn,o\np,q\n"
                               "r,s\nt,u\n");
    struct dialect found;

    (void)state;
    assert_true(dialect_guess(&head, 10000, 1 << 20, &found));
    assert_int_equal(found.n_rows, 11);
    assert_int_equal(found.n_fitting, 10);
    assert_int_equal(found.odd_line, 3);
    assert_int_equal(found.odd_columns, 1);
    assert_true(found.first_fits);
}

/* Lines and columns as "line:column|column", a line each. */
static const char *
cut(const char *text, bool is_all, size_t n_lines, size_t max_line_bytes)
{
    static char out[1024];
    struct head head = head_of(text);
    struct line_format format = {.delimiter = ',', .has_quotes = true};
    struct rows *rows;
    struct table_row row;
    int at = 0;

    head.is_all = is_all;
    rows = rows_new(&head, &format, n_lines, max_line_bytes);
    out[0] = '\0';
    while (rows_next(rows, &row)) {
        at +=
            snprintf(out + at, sizeof(out) - (size_t)at, "%d:", (int)row.line);
        for (size_t i = 0; i < row.n_columns; i++)
            at += snprintf(out + at, sizeof(out) - (size_t)at, "%s%.*s",
                i ? "|" : "", (int)row.columns[i].n_bytes, row.columns[i].at);
        at += snprintf(out + at, sizeof(out) - (size_t)at, "\n");
    }
    rows_free(rows);
    return out;
}

static void
test_rows(void **state)
{
    (void)state;
    assert_string_equal(cut("a,b\n\nc,\"d\"\"e\"\n", true, 9, 99),
        "1:a|b\n3:c|d\"e\n");
    assert_string_equal(cut("a\r\nb\rc", true, 9, 99), "1:a\n2:b\n3:c\n");
    /* a line's number is that of its first line in the file */
    assert_string_equal(cut("\"a\r\nb\nc\",1\nd,2\n", true, 9, 99),
        "1:a\r\nb\nc|1\n4:d|2\n");
    /* not closed, or too late: it ends at its first line end */
    assert_string_equal(cut("\"a\nb,c\n", true, 9, 99), "1:\n2:b|c\n");
    assert_string_equal(cut("\"a\nbbbbbbbb\"\nc\n", true, 9, 5),
        "1:\n2:\n3:c\n");
    /* nor does a quote close it that text stands behind */
    assert_string_equal(cut("1,\"a\n2,\"b\"\n3,c\n", true, 9, 99),
        "1:\n2:2|b\n3:3|c\n");
    /* no more than asked for, and none that is cut in two */
    assert_string_equal(cut("a\nb\nc\n", true, 2, 99), "1:a\n2:b\n");
    assert_string_equal(cut("a\nb\nc", false, 9, 99), "1:a\n2:b\n");
    assert_string_equal(cut("a\n\"b\nc", false, 9, 99), "1:a\n");
    /* wrong quotes, a NUL byte, too long: a line without columns */
    assert_string_equal(cut("\"a\"b,c\nd\n", true, 9, 99), "1:\n2:d\n");
    assert_string_equal(cut("abcdef\nd\n", true, 9, 5), "1:\n2:d\n");
    assert_string_equal(cut("", true, 9, 99), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delimiters),
        cmocka_unit_test(test_no_table),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
