/*
 * Times as people write them -> seconds since 1970, by a stated format.
 *
 * The format is that of strptime(3), a strict part of it: what it says must
 * stand there, in its digits, and nothing else; other bytes stand for
 * themselves. UTC unless %z says so; no locale: names of months and days are
 * English. Compiled once, frozen then; any thread may parse.
 *
 *   %Y 2024           %H 00 to 23             %z Z, +02, +0200, +02:00
 *   %y 69 to 68: 1969 to 2068                 %s seconds since 1970
 *   %m 01 to 12       %I 01 to 12, with %p    %T %H:%M:%S    %R %H:%M
 *   %d 01 to 31       %p AM, pm               %F %Y-%m-%d    %D %m/%d/%y
 *   %e 1, " 1", 01    %M 00 to 59             %b Jan, January (also %B, %h)
 *   %j 001 to 366     %S 00 to 60             %a Thu, Thursday (also %A)
 *                     %f one to nine digits   %% %
 *
 * %-m, %-d, %-H, %-I, %-M, %-S and %-j do without the leading zeros. A %S of 60
 * is the next minute's 00. What is not said is the first: "%Y" is the year's
 * first second.
 */
#ifndef VALUE_TIME_FORMAT_H
#define VALUE_TIME_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct time_format;

/* NULL, ERR_USAGE: what it does not know and what there is, or what does not
 * make a time: no year, an hour twice … */
struct time_format *time_format_new(const char *text, struct err *err);
/* As it was given. */
const char *time_format_text(const struct time_format *format);
void time_format_free(struct time_format *format);

/* false: it is not such a time (nor is a 30th of February). *nanoseconds are 0
 * to 999,999,999 above *seconds, which may be negative. */
bool time_format_parse(const struct time_format *format, const char *at,
    size_t n_bytes, int64_t *seconds, uint32_t *nanoseconds);

/* The same in units, of which there are per_second (1 to 10^9) in a second,
 * rounded down; false when 64 bits do not hold it. */
bool time_in_units(int64_t seconds, uint32_t nanoseconds, uint32_t per_second,
    int64_t *out);

#endif
