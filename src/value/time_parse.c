#include "value/time_format.h"

#include <string.h>

#include "value/number.h"
#include "value/time_step.h"

/* What was read so far; what is not said is the first of its kind. */
struct moment {
    int year, month, day, day_of_year; /* the last is 0 when not said */
    int day_name;                      /* from Sunday, 0; -1 when not said */
    int hour, minute, second;
    bool is_afternoon;
    uint32_t nanoseconds;
    int zone_minutes;
    int64_t epoch;
    bool is_before_epoch; /* its sign: "-0.5" has one, too */
};

struct time_reader {
    const char *at, *end;
};

/* From least to most digits, as many as there are. */
static bool
read_digits(struct time_reader *reader, size_t least, size_t most, int *out)
{
    int value = 0;
    size_t n;

    for (n = 0; n < most && reader->at < reader->end; n++) {
        if (number_digit(*reader->at) > 9)
            break;
        value = value * 10 + (int)number_digit(*reader->at++);
    }
    *out = value;
    return n >= least;
}

static bool
read_number(struct time_reader *reader, const struct time_step *step, int low,
    int high, int *out)
{
    size_t most = step->most_digits;

    if (step->takes_blank && reader->at < reader->end && *reader->at == ' ') {
        reader->at++;
        most = 1;
    }
    return read_digits(reader, step->least_digits, most, out) && *out >= low &&
           *out <= high;
}

static bool
read_word(struct time_reader *reader, const char *word, size_t n_bytes)
{
    if ((size_t)(reader->end - reader->at) < n_bytes)
        return false;
    for (size_t i = 0; i < n_bytes; i++)
        if ((reader->at[i] | 0x20) != (word[i] | 0x20))
            return false;
    reader->at += n_bytes;
    return true;
}

/* Which of the names, whole or its first three letters, is there. */
static bool
read_name(struct time_reader *reader, const char *const *names, int n, int *out)
{
    for (int i = 0; i < n; i++)
        if (read_word(reader, names[i], 3)) {
            read_word(reader, names[i] + 3, strlen(names[i] + 3));
            *out = i;
            return true;
        }
    return false;
}

static bool
read_fraction(struct time_reader *reader, uint32_t *out)
{
    const char *start = reader->at;
    int value;

    if (!read_digits(reader, 1, 9, &value))
        return false;
    for (size_t n = (size_t)(reader->at - start); n < 9; n++)
        value *= 10;
    *out = (uint32_t)value;
    return true;
}

/* Z, +hh, +hhmm or +hh:mm. */
static bool
read_zone(struct time_reader *reader, int *out)
{
    static const struct time_step two = {.least_digits = 2, .most_digits = 2};
    int hours, minutes = 0;
    bool is_west;

    if (reader->at == reader->end)
        return false;
    *out = 0;
    if (*reader->at == 'Z') {
        reader->at++;
        return true;
    }
    is_west = *reader->at == '-';
    if (*reader->at != '+' && *reader->at != '-')
        return false;
    reader->at++;
    if (!read_number(reader, &two, 0, 23, &hours))
        return false;
    if (reader->end - reader->at >= 3 && *reader->at == ':' &&
        number_digit(reader->at[1]) <= 9)
        reader->at++;
    if (reader->at < reader->end && number_digit(*reader->at) <= 9 &&
        !read_number(reader, &two, 0, 59, &minutes))
        return false;
    *out = hours * 60 + minutes;
    if (is_west)
        *out = -*out;
    return true;
}

/* Digits with a sign before them, or none, of 64 bits. */
static bool
read_epoch(struct time_reader *reader, struct moment *moment)
{
    const char *start;
    int64_t value = 0;
    int digit;

    moment->is_before_epoch = reader->at < reader->end && *reader->at == '-';
    if (moment->is_before_epoch)
        reader->at++;
    for (start = reader->at; reader->at < reader->end; reader->at++) {
        if (number_digit(*reader->at) > 9)
            break;
        digit = (int)number_digit(*reader->at);
        if (__builtin_mul_overflow(value, INT64_C(10), &value) ||
            __builtin_sub_overflow(value, (int64_t)digit, &value))
            return false;
    }
    if (reader->at == start || (!moment->is_before_epoch && value == INT64_MIN))
        return false;
    /* gathered below zero, where there is one more */
    moment->epoch = moment->is_before_epoch ? value : -value;
    return true;
}

/* One step; false when something else is there. */
static bool
read_step(struct time_reader *reader, const struct time_step *step,
    struct moment *moment)
{
    static const char *const months[] = {"January", "February", "March",
        "April", "May", "June", "July", "August", "September", "October",
        "November", "December"};
    static const char *const days[] = {"Sunday", "Monday", "Tuesday",
        "Wednesday", "Thursday", "Friday", "Saturday"};

    switch (step->kind) {
    case LITERAL:
        return reader->at < reader->end && *reader->at++ == step->byte;
    case YEAR:
        return read_number(reader, step, 0, 9999, &moment->year);
    case YEAR_OF_CENTURY:
        if (!read_number(reader, step, 0, 99, &moment->year))
            return false;
        moment->year += moment->year < 69 ? 2000 : 1900; /* as POSIX has it */
        return true;
    case MONTH:
        return read_number(reader, step, 1, 12, &moment->month);
    case MONTH_NAME:
        if (!read_name(reader, months, 12, &moment->month))
            return false;
        moment->month++;
        return true;
    case DAY:
        return read_number(reader, step, 1, 31, &moment->day);
    case DAY_OF_YEAR:
        return read_number(reader, step, 1, 366, &moment->day_of_year);
    case DAY_NAME:
        return read_name(reader, days, 7, &moment->day_name);
    case HOUR:
        return read_number(reader, step, 0, 23, &moment->hour);
    case HOUR_OF_12:
        if (!read_number(reader, step, 1, 12, &moment->hour))
            return false;
        moment->hour %= 12;
        return true;
    case HALF:
        moment->is_afternoon = read_word(reader, "PM", 2);
        return moment->is_afternoon || read_word(reader, "AM", 2);
    case MINUTE:
        return read_number(reader, step, 0, 59, &moment->minute);
    case SECOND:
        return read_number(reader, step, 0, 60, &moment->second);
    case FRACTION:
        return read_fraction(reader, &moment->nanoseconds);
    case ZONE:
        return read_zone(reader, &moment->zone_minutes);
    case EPOCH:
        return read_epoch(reader, moment);
    case SEVERAL:
        break;
    }
    return false;
}

static bool
is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The day, from 1970-01-01, 0; false when there is no such day. */
static bool
find_day(const struct moment *moment, int64_t *out)
{
    /* of the days before a month, in a year that is not a leap year */
    static const int before[] = {
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    int year = moment->year, past = year - 1, month = moment->month;
    bool leap = is_leap(year);
    int day;

    if (moment->day_of_year) {
        if (moment->day_of_year > 365 + leap)
            return false;
        day = moment->day_of_year - 1;
    } else {
        if (moment->day >
            before[month] - before[month - 1] + (leap && month == 2))
            return false;
        day = before[month - 1] + (leap && month > 2) + moment->day - 1;
    }
    /* leap days before this year; the year 0 is one, and -1 is before it */
    if (year > 0)
        day += past / 4 - past / 100 + past / 400 + 1;
    *out = INT64_C(365) * year + day - 719528; /* 1970-01-01 from the year 0 */
    /* it was a Thursday; the year 0 is far enough back to stay above zero */
    return moment->day_name < 0 || (*out + 719528 + 6) % 7 == moment->day_name;
}

static bool
find_epoch(const struct moment *moment, int64_t *seconds, uint32_t *nanoseconds)
{
    int64_t whole = moment->epoch;
    uint32_t part = moment->nanoseconds;

    /* its fraction goes down from there, a result's goes up */
    if (moment->is_before_epoch && part > 0) {
        if (__builtin_sub_overflow(whole, INT64_C(1), &whole))
            return false;
        part = 1000000000 - part;
    }
    *seconds = whole;
    *nanoseconds = part;
    return true;
}

bool
time_format_parse(const struct time_format *format, const char *at,
    size_t n_bytes, int64_t *seconds, uint32_t *nanoseconds)
{
    struct moment moment = {.month = 1, .day = 1, .day_name = -1};
    struct time_reader reader = {at, at + n_bytes};
    int64_t day;
    int second_of_day;

    for (size_t i = 0; i < format->n_steps; i++)
        if (!read_step(&reader, &format->steps[i], &moment))
            return false;
    if (reader.at != reader.end)
        return false;
    if (format->is_epoch)
        return find_epoch(&moment, seconds, nanoseconds);
    if (!find_day(&moment, &day))
        return false;
    if (moment.is_afternoon)
        moment.hour += 12;
    second_of_day =
        (moment.hour * 60 + moment.minute - moment.zone_minutes) * 60 +
        moment.second;
    *seconds = day * 86400 + second_of_day;
    *nanoseconds = moment.nanoseconds;
    return true;
}

bool
time_in_units(int64_t seconds, uint32_t nanoseconds, uint32_t per_second,
    int64_t *out)
{
    int64_t part = (int64_t)((uint64_t)nanoseconds * per_second / 1000000000);

    /* a negative product may not fit where the sum does */
    if (seconds < 0 && part > 0) {
        seconds++;
        part -= per_second;
    }
    return !__builtin_mul_overflow(seconds, (int64_t)per_second, &seconds) &&
           !__builtin_add_overflow(seconds, part, out);
}
