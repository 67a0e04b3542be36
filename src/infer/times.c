#include "infer/times.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/texts.h"
#include "value/number.h"
#include "value/time_format.h"

#define MONTH_FIRST "the month is assumed to come first; it could be the day"
#define DAY_FIRST "the day is assumed to come first; it could be the month"

enum { MONTHS = 12 };

static const struct {
    const char *format, *unit, *doubt;
} formats[] = {
    {"%Y-%m-%d", "s", ""},
    {"%Y-%m-%d %H:%M:%S", "s", ""},
    {"%Y-%m-%dT%H:%M:%S", "s", ""},
    {"%Y-%m-%dT%H:%M:%S%z", "s", ""},
    {"%Y-%m-%d %H:%M:%S%z", "s", ""},
    {"%Y-%m-%d %H:%M:%S %z", "s", ""},
    {"%Y-%m-%d %H:%M:%S UTC", "s", ""},
    {"%Y-%m-%d %H:%M:%S.%f", "us", ""},
    {"%Y-%m-%dT%H:%M:%S.%f", "us", ""},
    {"%Y-%m-%dT%H:%M:%S.%f%z", "us", ""},
    {"%Y-%m-%d %H:%M:%S.%f%z", "us", ""},
    {"%Y-%m-%d %H:%M", "s", ""},
    {"%Y-%m-%dT%H:%M", "s", ""},
    {"%Y/%m/%d %H:%M:%S", "s", ""},
    {"%Y/%m/%d", "s", ""},
    {"%d.%m.%Y %H:%M:%S", "s", ""},
    {"%d.%m.%Y %H:%M", "s", ""},
    {"%d.%m.%Y", "s", ""},
    {"%-m/%-d/%Y %-I:%M:%S %p", "s", MONTH_FIRST},
    {"%-m/%-d/%Y %-I:%M %p", "s", MONTH_FIRST},
    {"%-m/%-d/%Y %-H:%M:%S", "s", MONTH_FIRST},
    {"%-m/%-d/%Y %-H:%M", "s", MONTH_FIRST},
    {"%-m/%-d/%Y", "s", MONTH_FIRST},
    {"%-d/%-m/%Y %-H:%M:%S", "s", DAY_FIRST},
    {"%-d/%-m/%Y %-H:%M", "s", DAY_FIRST},
    {"%-d/%-m/%Y", "s", DAY_FIRST},
    {"%d-%b-%Y", "s", ""},
    {"%d %b %Y", "s", ""},
    {"%d-%b-%y", "s", ""},
    {"%d/%b/%Y:%H:%M:%S %z", "s", ""},
    {"%a, %d %b %Y %H:%M:%S %z", "s", ""},
};

enum { N_FORMATS = sizeof(formats) / sizeof(formats[0]) };
_Static_assert((int)N_FORMATS <= (int)TIMES_MOST, "room for all");

struct time_formats {
    struct time_format *formats[N_FORMATS];
};

struct time_formats *
times_new(void)
{
    struct time_formats *times = mem_zero(1, sizeof(*times));
    struct err err;

    for (size_t i = 0; i < N_FORMATS; i++) {
        times->formats[i] = time_format_new(formats[i].format, &err);
        if (!times->formats[i])
            die("%s", err.text);
    }
    return times;
}

void
times_free(struct time_formats *times)
{
    if (!times)
        return;
    for (size_t i = 0; i < N_FORMATS; i++)
        time_format_free(times->formats[i]);
    free(times);
}

size_t
times_n(void)
{
    return N_FORMATS;
}

const char *
times_format(size_t i)
{
    return formats[i].format;
}

const char *
times_unit(size_t i)
{
    return formats[i].unit;
}

const char *
times_doubt(size_t i)
{
    return formats[i].doubt;
}

static unsigned
read_number(const char **at, const char *end)
{
    unsigned n = 0;

    for (; *at < end && number_digit(**at) <= 9 && n < MONTHS * 10; (*at)++)
        n = 10 * n + number_digit(**at);
    return n;
}

/* One of its first two numbers is not a month. */
bool
times_decides(size_t i, const char *at, size_t n_bytes)
{
    const char *end = at + n_bytes;
    unsigned first;

    if (!*formats[i].doubt)
        return true;
    first = read_number(&at, end);
    at += at < end; /* the slash */
    return first > MONTHS || read_number(&at, end) > MONTHS;
}

bool
times_look(const char *at, size_t n_bytes)
{
    size_t n_digits = 0, n_others = 0;

    if (n_bytes < 8 || n_bytes > 40)
        return false;
    for (size_t i = 0; i < n_bytes; i++) {
        n_digits += number_digit(at[i]) <= 9;
        n_others += memchr("-/.:, ", at[i], 6) != NULL;
    }
    return n_digits >= 5 && n_others >= 2;
}

bool
times_fit(const struct time_formats *times, size_t i, const char *at,
    size_t n_bytes)
{
    int64_t seconds;
    uint32_t nanoseconds;

    return time_format_parse(times->formats[i], at, n_bytes, &seconds,
        &nanoseconds);
}
