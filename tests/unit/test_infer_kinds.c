/* What a column is taken for, by its values, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "infer/facts.h"
#include "infer/kind.h"
#include "infer/times.h"

static struct time_formats *times;

static int
make_times(void **state)
{
    (void)state;
    times = times_new();
    return 0;
}

static int
free_times(void **state)
{
    (void)state;
    times_free(times);
    return 0;
}

/* Values are separated by "~", seen by turns until there are n. */
static struct kind
kind_of(const char *values, size_t n, unsigned misfits)
{
    struct facts facts = {.times = times, .delimiter = '\t'};
    const char *at = values;
    struct kind kind;

    for (size_t i = 0; i < n; i++) {
        size_t n_bytes = strcspn(at, "~");

        facts_see(&facts, i + 1, at, n_bytes);
        at += n_bytes;
        at = *at ? at + 1 : values;
    }
    kind = kind_judge(&facts, 2, misfits);
    facts_release(&facts);
    return kind;
}

static void
test_types(void **state)
{
    static const struct {
        const char *values; /* between "~" */
        const char *type;
        char split; /* 0: no list */
    } cases[] = {
        {"1~2~3", "int32", 0},
        {"0~1", "int32", 0},
        {"-1~2", "sint64", 0},
        {"32767~1", "int32", 0},
        {"32768~1", "int64", 0},
        {"9223372036854775807~1", "int64", 0},
        {"9223372036854775808~1", "uint64", 0},
        {"18446744073709551615~1", "uint64", 0},
        {"18446744073709551616~1", "string", 0},
        {"-9223372036854775808~1", "sint64", 0},
        {"9223372036854775808~-1", "string", 0},
        {"007~1", "string", 0},
        {"-0~1", "string", 0},
        {"+5~1", "string", 0},
        {"0.5~1", "double", 0},
        {"1e3~-.5", "double", 0},
        {"00.5~1", "string", 0},
        {"0x10~1", "string", 0},
        {"nan~1", "string", 0},
        /* a double would round it */
        {"0.5~9007199254740993", "string", 0},
        {"true~false", "bool", 0},
        {"True~False", "string", 0},
        {"true~1", "string", 0},
        {" 1~2 ", "int32", 0},
        {"a~b", "string", 0},
        {"2024-02-29~2023-12-31", "int64", 0},
        {"2024-02-30~2023-12-31", "string", 0},
        {"12:30:00~2:00", "string", 0},
        {"20240229~20231231", "int64", 0},
        {"1,2~3,4,5", "int32", ','},
        {"1,2,3~4", "int32", ','},
        {"1, 2, 3~4, 5", "int32", ','},
        {"1,-2,3~4", "sint64", ','},
        {"1.5,2,3~4,5", "double", ','},
        {"1;2~3;4", "int32", ';'},
        {"1|2~3", "int32", '|'},
        {"1 2 3~4", "int32", ' '},
        {"a,b,c~d,e~f", "string", ','},
        {"x;y;z~u;v~w", "string", ';'},
        /* numbers with commas in them */
        {"3,14~2,72", "string", 0},
        {"1,234~12,345,678", "string", 0},
        {"916 123 45 67~916 765 43 21", "string", 0},
        /* texts, names, addresses */
        {"Hello, you, there~Yes", "string", 0},
        {"Doe,John~Roe,Jane", "string", 0},
        {"http://a/?x;y;z~http://b/", "string", 0},
        {"[1,2,3]~[4]", "string", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kind kind = kind_of(cases[i].values, 60, 1);

        if (strcmp(kind.type, cases[i].type) != 0 ||
            kind.is_list != (cases[i].split != 0) ||
            (kind.is_list && kind.split != cases[i].split))
            fail_msg("%s: %s, %s", cases[i].values, kind.type,
                kind.is_list ? "a list" : "no list");
    }
}

static void
test_times(void **state)
{
    static const struct {
        const char *values, *format;
    } cases[] = {
        {"2024-01-31", "%Y-%m-%d"},
        {"2024-01-31 23:59:59", "%Y-%m-%d %H:%M:%S"},
        {"2024-01-31T23:59:59", "%Y-%m-%dT%H:%M:%S"},
        {"2024-01-31T23:59:59Z~2024-01-31T23:59:59+02:00",
            "%Y-%m-%dT%H:%M:%S%z"},
        {"2024-01-31 23:59:59.123", "%Y-%m-%d %H:%M:%S.%f"},
        {"2024-01-31 23:59:59 UTC", "%Y-%m-%d %H:%M:%S UTC"},
        {"31.01.2024", "%d.%m.%Y"},
        /* the month first, where both fit; not where only one does */
        {"1/2/2024~12/11/2024", "%-m/%-d/%Y"},
        {"1/2/2024~31/12/2024", "%-d/%-m/%Y"},
        {"01/31/2024 11:59:59 PM", "%-m/%-d/%Y %-I:%M:%S %p"},
        {"31-Jan-2024", "%d-%b-%Y"},
        {"31/Jan/2024:23:59:59 +0100", "%d/%b/%Y:%H:%M:%S %z"},
        {"Wed, 31 Jan 2024 23:59:59 +0000", "%a, %d %b %Y %H:%M:%S %z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kind kind = kind_of(cases[i].values, 20, 1);

        assert_int_equal(kind.of, KIND_TIME);
        assert_string_equal(times_format(kind.format), cases[i].format);
        assert_string_equal(kind.type, "int64");
        assert_string_equal(times_unit(kind.format),
            strstr(cases[i].format, "%f") ? "us" : "s");
    }
}

/* One value in a thousand may be of another kind. */
static void
test_misfits(void **state)
{
    char values[4096] = "x";
    struct kind kind;

    (void)state;
    for (size_t i = 0; i < 999; i++)
        memcpy(values + 1 + 2 * i, "~5", 3);
    kind = kind_of(values, 1000, 1);
    assert_int_equal(kind.of, KIND_INTEGER);
    assert_int_equal(kind.n_misfits, 1);
    assert_int_equal(kind.n_values, 1000);
    assert_int_equal(kind_of(values, 1000, 0).of, KIND_TEXT);
    /* of 999 none */
    assert_int_equal(kind_of(values, 999, 1).of, KIND_TEXT);
}

static void
test_empty_and_trimmed(void **state)
{
    struct kind kind = kind_of("~1~~2", 100, 1);

    (void)state;
    assert_int_equal(kind.of, KIND_INTEGER);
    assert_int_equal(kind.n_values, 50);
    assert_false(kind.trims);
    assert_true(kind_of("1 ~2", 100, 1).trims);
    assert_true(kind_of("1, 2, 3~2", 100, 1).trims);
    assert_false(kind_of("a ~b", 100, 1).trims);
    kind = kind_of("", 5, 1);
    assert_int_equal(kind.of, KIND_TEXT);
    assert_int_equal(kind.n_values, 0);
}

static void
test_bytes(void **state)
{
    (void)state;
    assert_string_equal(kind_of("caf\xe9~b", 10, 1).type, "bytes");
    assert_string_equal(kind_of("caf\xc3\xa9~b", 10, 1).type, "string");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_misfits),
        cmocka_unit_test(test_empty_and_trimmed),
        cmocka_unit_test(test_bytes),
    };

    return cmocka_run_group_tests(tests, make_times, free_times);
}
