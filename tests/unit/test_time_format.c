/* Times by a format: what is one, what is none, and formats that make none.
 * test_time_libc.c holds them against strptime(3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "value/time_format.h"

/* -------------------------------------------------------------- helpers --- */

static bool
parse(const struct time_format *format, const char *text, size_t n,
    int64_t *seconds, uint32_t *nanoseconds)
{
    char *copy = mem_new(n + 1);
    bool is_good;

    memcpy(copy + 1, text, n);
    is_good = time_format_parse(format, copy + 1, n, seconds, nanoseconds);
    free(copy);
    return is_good;
}

static struct time_format *
compile(const char *text)
{
    struct err err;
    struct time_format *format = time_format_new(text, &err);

    if (!format)
        fail_msg("\"%s\": %s", text, err.text);
    return format;
}

struct row {
    const char *format, *text;
    int64_t seconds;
    uint32_t nanoseconds;
};

static void
assert_rows(const struct row *rows, size_t n)
{
    struct time_format *format;
    int64_t seconds;
    uint32_t nanoseconds;

    for (size_t i = 0; i < n; i++) {
        format = compile(rows[i].format);
        if (!parse(format, rows[i].text, strlen(rows[i].text), &seconds,
                &nanoseconds))
            fail_msg("\"%s\" was refused as \"%s\"", rows[i].text,
                rows[i].format);
        if (seconds != rows[i].seconds || nanoseconds != rows[i].nanoseconds)
            fail_msg("\"%s\" as \"%s\": %lld and %u ns, not %lld and %u ns",
                rows[i].text, rows[i].format, (long long)seconds, nanoseconds,
                (long long)rows[i].seconds, rows[i].nanoseconds);
        time_format_free(format);
    }
}

#define ASSERT_ROWS(rows) assert_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void
assert_refused(const char *format_text, const char *text)
{
    struct time_format *format = compile(format_text);
    int64_t seconds;
    uint32_t nanoseconds;

    if (parse(format, text, strlen(text), &seconds, &nanoseconds))
        fail_msg("\"%s\" was taken as \"%s\": %lld", text, format_text,
            (long long)seconds);
    time_format_free(format);
}

/* --------------------------------------------------------------- tables --- */

static void
test_times_as_people_write_them(void **state)
{
    static const struct row rows[] = {
        {"%Y-%m-%d %H:%M:%S", "1970-01-01 00:00:00", 0, 0},
        {"%Y-%m-%d %H:%M:%S", "2024-02-29 12:34:56", 1709210096, 0},
        {"%Y-%m-%d %H:%M:%S", "1969-12-31 23:59:59", -1, 0},
        {"%F %T", "2024-02-29 12:34:56", 1709210096, 0},
        {"%D %R", "02/29/24 12:34", 1709210040, 0},
        {"%Y-%m-%dT%H:%M:%S%z", "2024-02-29T12:34:56Z", 1709210096, 0},
        {"%Y-%m-%dT%H:%M:%S%z", "2024-02-29T12:34:56+02:00", 1709202896, 0},
        {"%Y-%m-%dT%H:%M:%S%z", "2024-02-29T12:34:56+0200", 1709202896, 0},
        {"%Y-%m-%dT%H:%M:%S%z", "2024-02-29T12:34:56-0330", 1709222696, 0},
        {"%Y-%m-%dT%H:%M:%S%z", "2024-02-29T12:34:56-03", 1709220896, 0},
        {"%Y-%m-%dT%H:%M:%S.%f%z", "2024-02-29T12:34:56.5Z", 1709210096,
            500000000},
        {"%Y-%m-%dT%H:%M:%S.%fZ", "2024-02-29T12:34:56.123456789Z", 1709210096,
            123456789},
        {"%F %T.%f", "1969-12-31 23:59:59.25", -1, 250000000},
        {"%F %T.%f", "2024-02-29 12:34:56.000001", 1709210096, 1000},
        {"%d/%b/%Y:%H:%M:%S %z", "10/Oct/2000:13:55:36 -0700", 971211336, 0},
        {"%a, %d %b %Y %H:%M:%S %z", "Thu, 29 Feb 2024 12:34:56 +0000",
            1709210096, 0},
        {"%A %e %B %Y", "thursday 29 FEBRUARY 2024", 1709164800, 0},
        {"%a %h %e %T %Y", "Thu Jan  1 00:00:01 1970", 1, 0},
        {"%e %b %Y", "1 May 2024", 1714521600, 0},
        {"%e %b %Y", "01 may 2024", 1714521600, 0},
        {"%m/%d/%Y %I:%M:%S %p", "02/29/2024 12:34:56 PM", 1709210096, 0},
        {"%m/%d/%Y %I:%M:%S %p", "02/29/2024 12:34:56 am", 1709166896, 0},
        {"%m/%d/%Y %I:%M %p", "02/29/2024 01:00 PM", 1709211600, 0},
        {"%-m/%-d/%Y %-H:%M", "2/9/2024 7:05", 1707462300, 0},
        {"%-m/%-d/%Y %-H:%M", "12/29/2024 17:05", 1735491900, 0},
        {"%-d.%-m.%y %-I.%-M.%-S%p", "9.2.24 7.5.1AM", 1707462301, 0},
        {"%Y%m%d", "20240229", 1709164800, 0},
        {"%Y%m%d%H%M%S", "20240229123456", 1709210096, 0},
        {"%y%m%d", "690101", -31536000, 0},
        {"%y%m%d", "680101", 3092601600, 0},
        {"%Y-%j", "2024-366", 1735603200, 0},
        {"%Y-%-j", "2023-1", 1672531200, 0},
        {"%Y", "2024", 1704067200, 0},
        {"%Y-%m", "2024-02", 1706745600, 0},
        {"%F", "0000-01-01", -62167219200, 0},
        {"%F", "9999-12-31", 253402214400, 0},
        {"%F", "1900-03-01", -2203891200, 0},
        {"%F", "2000-02-29", 951782400, 0},
        {"%F %T", "2016-12-31 23:59:60", 1483228800, 0},
        {"%% %F", "% 1970-01-01", 0, 0},
        {"%F am %H Uhr", "1970-01-01 am 02 Uhr", 7200, 0},
    };

    (void)state;
    ASSERT_ROWS(rows);
}

static void
test_seconds_since_1970(void **state)
{
    static const struct row rows[] = {
        {"%s", "0", 0, 0},
        {"%s", "-0", 0, 0},
        {"%s", "1709210096", 1709210096, 0},
        {"%s", "-1", -1, 0},
        {"%s", "9223372036854775807", INT64_MAX, 0},
        {"%s", "-9223372036854775808", INT64_MIN, 0},
        {"%s", "0000000000000000000000000000000007", 7, 0},
        {"%s.%f", "1709210096.5", 1709210096, 500000000},
        /* the text's fraction goes down, the result's goes up */
        {"%s.%f", "-1.25", -2, 750000000},
        {"%s.%f", "-0.25", -1, 750000000},
        {"%s.%f", "-1.0", -1, 0},
        {"%s.%f", "0.000000001", 0, 1},
        {"@%s", "@12", 12, 0},
    };

    (void)state;
    ASSERT_ROWS(rows);
    assert_refused("%s", "");
    assert_refused("%s", "-");
    assert_refused("%s", "+1");
    assert_refused("%s", " 1");
    assert_refused("%s", "1.5");
    assert_refused("%s", "1e9");
    assert_refused("%s", "9223372036854775808");
    assert_refused("%s", "-9223372036854775809");
    assert_refused("%s.%f", "-9223372036854775808.5");
    assert_refused("%s.%f", "1.");
    assert_refused("%s.%f", ".5");
}

static void
test_what_is_no_time_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"%F", ""},
        {"%F", "2024"},
        {"%F", "2024-02-3"},
        {"%F", "2024-2-03"},
        {"%F", "2024-02-300"},
        {"%F", "2024-02-29 "},
        {"%F", " 2024-02-29"},
        {"%F", "2024/02/29"},
        {"%F", "24-02-29"},
        {"%F", "+024-02-29"},
        {"%F", "-024-02-29"},
        {"%F", "2024-00-10"},
        {"%F", "2024-13-10"},
        {"%F", "2024-10-00"},
        {"%F", "2024-10-32"},
        {"%F", "2024-02-30"},
        {"%F", "2023-02-29"},
        {"%F", "1900-02-29"},
        {"%F", "2024-04-31"},
        {"%F", "2024-o2-10"},
        {"%F", "\xd9\xa2\xd9\xa0-02-10"},
        {"%F %T", "2024-02-29 24:00:00"},
        {"%F %T", "2024-02-29 23:60:00"},
        {"%F %T", "2024-02-29 23:59:61"},
        {"%F %T", "2024-02-29 3:59:00"},
        {"%F %T", "2024-02-29T23:59:00"},
        {"%F %T", "2024-02-29  23:59:00"},
        {"%F %-H", "2024-02-29 "},
        {"%F %-H", "2024-02-29 024"},
        {"%F %I %p", "2024-02-29 00 AM"},
        {"%F %I %p", "2024-02-29 13 PM"},
        {"%F %I %p", "2024-02-29 12 XM"},
        {"%F %I %p", "2024-02-29 12 P"},
        {"%F %I %p", "2024-02-29 12 "},
        {"%F %T.%f", "2024-02-29 12:00:00."},
        {"%F %T.%f", "2024-02-29 12:00:00.1234567890"},
        {"%F %T.%f", "2024-02-29 12:00:00.-1"},
        {"%F%z", "2024-02-29"},
        {"%F%z", "2024-02-29z"},
        {"%F%z", "2024-02-29+"},
        {"%F%z", "2024-02-29+2"},
        {"%F%z", "2024-02-29+020"},
        {"%F%z", "2024-02-29+02:"},
        {"%F%z", "2024-02-29+02:0"},
        {"%F%z", "2024-02-29+02:000"},
        {"%F%z", "2024-02-29+24:00"},
        {"%F%z", "2024-02-29+02:60"},
        {"%F%z", "2024-02-29 02:00"},
        {"%F%z", "2024-02-29UTC"},
        {"%d %b %Y", "29 Fe 2024"},
        {"%d %b %Y", "29 Febr 2024"},
        {"%d %b %Y", "29 F\xc3\xa9v 2024"},
        {"%a %F", "Wed 2024-02-29"},
        {"%a %F", "Do 2024-02-29"},
        {"%e %b %Y", "  1 May 2024"},
        {"%e %b %Y", " 10 May 2024"},
        {"%e %b %Y", "0 May 2024"},
        {"%Y-%j", "2023-366"},
        {"%Y-%j", "2024-367"},
        {"%Y-%j", "2024-000"},
        {"%Y-%j", "2024-1"},
        {"%% %F", "1970-01-01"},
    };
    struct time_format *format;
    int64_t seconds;
    uint32_t nanoseconds;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_refused(rows[i][0], rows[i][1]);
    format = compile("%F");
    assert_false(parse(format, "2024-02-29\0", 11, &seconds, &nanoseconds));
    assert_false(parse(format, "2024-\0002-29", 10, &seconds, &nanoseconds));
    time_format_free(format);
}

static void
test_formats_that_make_no_time_say_what_is_wrong(void **state)
{
    static const char *const rows[][2] = {
        {"", "the year is missing"},
        {"%H:%M", "the year is missing"},
        {"%m-%d", "the year is missing"},
        {"%Q", "'%Q' is not known"},
        {"%Y %", "'%' is not known"},
        {"%Y %-", "'%-' is not known"},
        {"%Y %-b", "'%-b' is not known"},
        {"%-Y", "'%-Y' is not known"},
        {"%Y-%\xd0\xb6", "'%\xd0\xb6' is not known"},
        {"%Y-%\xff", "'%\xff' is not known"},
        {"%Ey", "there are %Y %y %m"},
        {"%Y %y", "twice"},
        {"%Y %Y", "twice"},
        {"%F %m", "twice"},
        {"%F %b", "twice"},
        {"%F %e", "twice"},
        {"%F %j", "twice"},
        {"%F %T %H", "twice"},
        {"%F %H %I %p", "twice"},
        {"%s %s", "twice"},
        {"%Y %d", "a day without a month"},
        {"%Y %m %j", "%j is the day of the year"},
        {"%a %Y %m", "%a needs a day"},
        {"%F %I:%M", "needs %p"},
        {"%F %H:%M %p", "%H is one of 24"},
        {"%F %M", "a minute without an hour"},
        {"%F %H:%S", "a second without a minute"},
        {"%F %H:%M.%f", "needs %S or %s"},
        {"%F %s", "%s is the whole time"},
        {"%s%z", "%s is the whole time"},
        {"%s %p", "%s is the whole time"},
    };
    struct err err;
    char *text = mem_zero(400, 1);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(time_format_new(rows[i][0], &err));
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.text, rows[i][1]))
            fail_msg("\"%s\": \"%s\" does not say \"%s\"", rows[i][0], err.text,
                rows[i][1]);
    }
    memset(text, 'x', 399);
    assert_null(time_format_new(text, &err));
    assert_non_null(strstr(err.text, "more than"));
    for (size_t i = 0; i + 1 < 398; i += 2)
        memcpy(text + i, "%T", 2);
    assert_null(time_format_new(text, &err));
    free(text);
}

/* ---------------------------------------------------------------- units --- */

static void
test_units_are_rounded_down_and_never_overflow(void **state)
{
    static const struct {
        int64_t seconds;
        uint32_t nanoseconds, per_second;
        bool is_good;
        int64_t wanted;
    } rows[] = {
        {0, 0, 1, true, 0},
        {5, 999999999, 1, true, 5},
        {5, 999999999, 1000, true, 5999},
        {5, 123456789, 1000000, true, 5123456},
        {5, 123456789, 1000000000, true, 5123456789},
        {-1, 500000000, 1, true, -1},
        {-1, 500000000, 1000, true, -500},
        {-1, 999999999, 1000, true, -1},
        {-2, 1, 1000000000, true, -1999999999},
        {INT64_MAX, 999999999, 1, true, INT64_MAX},
        {INT64_MIN, 0, 1, true, INT64_MIN},
        {INT64_MIN, 999999999, 1, true, INT64_MIN},
        {INT64_MAX, 0, 1000, false, 0},
        {INT64_MIN, 0, 1000, false, 0},
        {9223372036, 854775807, 1000000000, true, INT64_MAX},
        {9223372036, 854775808, 1000000000, false, 0},
        {-9223372037, 145224192, 1000000000, true, INT64_MIN},
        {-9223372037, 145224191, 1000000000, false, 0},
        {9223372037, 0, 1000000000, false, 0},
    };
    int64_t got;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (time_in_units(rows[i].seconds, rows[i].nanoseconds,
                rows[i].per_second, &got) != rows[i].is_good)
            fail_msg("row %zu", i);
        if (rows[i].is_good && got != rows[i].wanted)
            fail_msg("row %zu: %lld", i, (long long)got);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_as_people_write_them),
        cmocka_unit_test(test_seconds_since_1970),
        cmocka_unit_test(test_what_is_no_time_is_refused),
        cmocka_unit_test(test_formats_that_make_no_time_say_what_is_wrong),
        cmocka_unit_test(test_units_are_rounded_down_and_never_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
