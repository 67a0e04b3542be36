/* A line's columns: tsv, and csv with its quotes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "record/split.h"

enum { ROOM = 8, MANY = 200 };

static const struct line_format tsv = {'\t', false}, csv = {',', true},
                                odd = {';', true};

/* "[a][b]", or why not. The line lies at the end of its memory. */
static char *
cut(struct splitter *splitter, const char *line, size_t n_bytes)
{
    char *copy = mem_new(n_bytes);
    struct span spans[ROOM];
    struct text out = {0};
    const char *why = "nothing";
    size_t n;

    memcpy(copy, line, n_bytes);
    n = split_line(splitter, copy, n_bytes, spans, ROOM, &why);
    assert_true(n <= ROOM);
    for (size_t i = 0; i < n; i++) {
        text_add(&out, "[", 1);
        text_add(&out, spans[i].at, spans[i].n_bytes);
        text_add(&out, "]", 1);
    }
    if (n == 0)
        text_format(&out, "%s", why);
    free(copy);
    return out.data;
}

static void
check(const struct line_format *format, const char *line, const char *wanted)
{
    struct splitter *splitter = splitter_new(format);
    char *got = cut(splitter, line, strlen(line));

    if (strcmp(got, wanted) != 0)
        fail_msg("%s: %s, not %s", line, got, wanted);
    free(got);
    splitter_free(splitter);
}

static void
test_tsv_knows_no_quotes(void **state)
{
    (void)state;
    check(&tsv, "", "[]");
    check(&tsv, "a", "[a]");
    check(&tsv, "\t", "[][]");
    check(&tsv, "a\tb\t", "[a][b][]");
    check(&tsv, "\"a\tb\"\tc", "[\"a][b\"][c]");
    check(&tsv, "a,b;c\td", "[a,b;c][d]");
}

static void
test_csv_quotes(void **state)
{
    (void)state;
    check(&csv, "", "[]");
    check(&csv, ",", "[][]");
    check(&csv, "a,b", "[a][b]");
    check(&csv, "\"a\",\"b\"", "[a][b]");
    check(&csv, "\"\"", "[]");
    check(&csv, "\"\",\"\",", "[][][]");
    check(&csv, "\"a,b\",c", "[a,b][c]");
    check(&csv, "\"a\nb\r\nc\",d", "[a\nb\r\nc][d]");
    check(&csv, "\"say \"\"hi\"\"\",x", "[say \"hi\"][x]");
    check(&csv, "\"\"\"\"", "[\"]");
    check(&csv, "\"\"\"\"\"\",\"\"\"a\"", "[\"\"][\"a]");
    check(&csv, "\"a\"\"b\",\"c\"\"d\",e", "[a\"b][c\"d][e]");
    check(&odd, "\"a;b\";c,d", "[a;b][c,d]");
}

static void
test_csv_quote_inside_a_column_is_text(void **state)
{
    (void)state;
    check(&csv, "a\"b,c", "[a\"b][c]");
    check(&csv, "5\",6\",\"7\"", "[5\"][6\"][7]");
    check(&csv, " \"a,b\"", "[ \"a][b\"]");
    check(&csv, "a\"\"", "[a\"\"]");
}

static void
test_csv_wrong_quotes(void **state)
{
    char line[MANY * 2 + 2];

    (void)state;
    check(&csv, "\"", "no closing quote in column 1");
    check(&csv, "a,\"b,c\nd", "no closing quote in column 2");
    check(&csv, "a,\"b\"\"", "no closing quote in column 2");
    check(&csv, "\"a\"b,c", "text after the closing quote of column 1");
    check(&csv, "a,b,\"c\" ", "text after the closing quote of column 3");
    check(&csv, "\"a\"\"b\" \",c", "text after the closing quote of column 1");
    for (size_t i = 0; i < MANY; i++)
        line[i] = ',';
    line[98] = '"';
    line[99] = '\0';
    check(&csv, line, "no closing quote in column 99");
    line[98] = ',';
    line[99] = '"';
    line[100] = '\0';
    check(&csv, line, "no closing quote in column 100 or one that comes later");
    memset(line, ',', MANY);
    line[MANY] = '"';
    line[MANY + 1] = '\0';
    check(&csv, line, "no closing quote in column 100 or one that comes later");
}

static void
test_more_columns_than_room(void **state)
{
    struct splitter *splitter = splitter_new(&csv);
    struct span spans[2] = {{"", 0}, {"untouched", 9}};
    const char *why;

    (void)state;
    assert_int_equal(split_line(splitter, "a,b,c", 5, spans, 1, &why), 3);
    assert_int_equal(split_line(splitter, "\"a\",b,c", 7, spans, 1, &why), 3);
    assert_int_equal(split_line(splitter, "\"a\",\"b", 6, NULL, 0, &why), 0);
    assert_int_equal(split_line(splitter, "\"a\",\"b\"", 7, NULL, 0, &why), 2);
    assert_string_equal(spans[1].at, "untouched");
    splitter_free(splitter);
}

/* What csv writes, it reads: random columns, quoted where they must be and
 * sometimes where they need not. */
static void
test_random_columns_come_back(void **state)
{
    static const char bytes[] = "ab\"\",,\n\r \t;";
    struct splitter *splitter = splitter_new(&csv);
    struct text line = {0}, wanted = {0};
    struct rng rng;

    (void)state;
    rng_init(&rng, 7);
    for (size_t round = 0; round < 20000; round++) {
        size_t n = 1 + rng_next(&rng) % ROOM;
        char *got;

        text_clear(&line);
        text_clear(&wanted);
        for (size_t i = 0; i < n; i++) {
            size_t n_bytes = rng_next(&rng) % 6;
            char column[6];
            bool quoted = rng_next(&rng) % 2;

            for (size_t j = 0; j < n_bytes; j++) {
                column[j] = bytes[rng_next(&rng) % (sizeof(bytes) - 1)];
                quoted |= column[j] == '"' || column[j] == ',';
            }
            text_add(&line, ",", i > 0);
            text_add(&line, "\"", quoted);
            for (size_t j = 0; j < n_bytes; j++)
                text_add(&line, column[j] == '"' ? "\"\"" : &column[j],
                    column[j] == '"' ? 2 : 1);
            text_add(&line, "\"", quoted);
            text_add(&wanted, "[", 1);
            text_add(&wanted, column, n_bytes);
            text_add(&wanted, "]", 1);
        }
        got = cut(splitter, line.data ? line.data : "", line.n_bytes);
        if (strcmp(got, wanted.data) != 0)
            fail_msg("round %zu: %s: %s, not %s", round, line.data, got,
                wanted.data);
        free(got);
    }
    text_release(&line);
    text_release(&wanted);
    splitter_free(splitter);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tsv_knows_no_quotes),
        cmocka_unit_test(test_csv_quotes),
        cmocka_unit_test(test_csv_quote_inside_a_column_is_text),
        cmocka_unit_test(test_csv_wrong_quotes),
        cmocka_unit_test(test_more_columns_than_room),
        cmocka_unit_test(test_random_columns_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
