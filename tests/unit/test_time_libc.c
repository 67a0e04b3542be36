/* Times by a format, against libc: each day of the calendar as timegm(3) has
 * it, random moments as strptime(3) reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rng.h"
#include "value/time_format.h"

static void
test_every_day_of_the_calendar_is_as_timegm_has_it(void **state)
{
    struct time_format *format = time_format_new("%a %Y-%m-%d", NULL);
    int64_t seconds, wanted = INT64_C(-62167219200);
    uint32_t nanoseconds;
    char text[64];
    struct tm tm;
    time_t now;
    size_t n;
    int days;

    (void)state;
    for (days = 0; wanted < INT64_C(253402300800); days++, wanted += 86400) {
        now = (time_t)wanted;
        gmtime_r(&now, &tm);
        n = strftime(text, sizeof(text), "%a ", &tm);
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%04d-%02d-%02d",
            tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
        if (!time_format_parse(format, text, n, &seconds, &nanoseconds) ||
            seconds != wanted)
            fail_msg("\"%s\": not %lld", text, (long long)wanted);
    }
    assert_int_equal(days, 3652425);
    time_format_free(format);
}

/* strftime(3) with a format out of a table */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* A moment of the years 1 to 9999, and what strftime makes of it. */
static size_t
random_moment(struct rng *rng, const char *format, char *out, size_t room)
{
    time_t now =
        (time_t)rng_below(rng, UINT64_C(315537897600)) - INT64_C(62135596800);
    struct tm tm;

    if (strcmp(format, "%s") == 0 && now < 0)
        now = -now; /* glibc reads none below zero */
    gmtime_r(&now, &tm);
    if (tm.tm_year < -900) /* glibc writes those in fewer digits */
        tm.tm_year += 1000;
    timegm(&tm); /* the weekday */
    tm.tm_gmtoff = (long)rng_below(rng, 24 * 60) * 60 - 12 * 3600;
    return strftime(out, room, format, &tm);
}

/* Whether it was taken; fails when libc disagrees. */
static bool
is_as_libc_reads_it(const struct time_format *format, const char *format_text,
    const char *text, size_t n)
{
    struct tm tm = {.tm_mday = 1};
    const char *end = strptime(text, format_text, &tm);
    int64_t seconds, zone = tm.tm_gmtoff, wanted = (int64_t)timegm(&tm) - zone;
    uint32_t nanoseconds;

    if (!time_format_parse(format, text, n, &seconds, &nanoseconds))
        return false;
    if (!end || *end || seconds != wanted || nanoseconds != 0)
        fail_msg("\"%s\" as \"%s\": %lld, libc says %s %lld", text, format_text,
            (long long)seconds, end && !*end ? "yes" : "no", (long long)wanted);
    return true;
}

static void
test_random_moments_are_as_strptime_and_timegm_read_them(void **state)
{
    static const char *const formats[] = {"%Y-%m-%d %H:%M:%S", "%F %T", "%D %R",
        "%a, %d %b %Y %H:%M:%S %z", "%A %e %B %Y %I:%M:%S %p", "%y%m%d%H%M%S",
        "%d/%h/%Y:%T %z", "%Y%m%d", "%s", "%e.%m.%Y %R"};
    struct rng rng;
    uint64_t seed = (uint64_t)clock_ns();
    struct time_format *format;
    char text[128];
    size_t n;

    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    print_message("SEED=%llu\n", (unsigned long long)seed);
    rng_init(&rng, seed);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        format = time_format_new(formats[i], NULL);
        for (int round = 0; round < 20000; round++) {
            n = random_moment(&rng, formats[i], text, sizeof(text));
            if (!is_as_libc_reads_it(format, formats[i], text, n))
                fail_msg("\"%s\" refused as \"%s\"", text, formats[i]);
            /* a digit that makes no time, or another; stricter than libc */
            text[rng_below(&rng, n)] = (char)('0' + rng_below(&rng, 10));
            is_as_libc_reads_it(format, formats[i], text, n);
        }
        time_format_free(format);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_of_the_calendar_is_as_timegm_has_it),
        cmocka_unit_test(
            test_random_moments_are_as_strptime_and_timegm_read_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
