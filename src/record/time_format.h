/*
 * Times as people write them -> seconds since 1970, by a stated format.
 *
 * The format is that of strptime(3), a strict part of it: what it says must
 * stand there, in its digits, and nothing else. UTC unless %z says so; no
 * locale: names of months and days are English. Compiled once, frozen then;
 * any thread may parse.
 */
#ifndef RECORD_TIME_FORMAT_H
#define RECORD_TIME_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct time_format;

/* NULL, ERR_USAGE: what it does not know, and what there is. */
struct time_format *time_format_new(const char *format, struct err *err);
void time_format_free(struct time_format *format);

/* false: it is no such time (a 30th of February, neither). *nanoseconds are 0
 * to 999,999,999 above *seconds, which may be negative. */
bool time_format_parse(const struct time_format *format, const char *at,
    size_t n_bytes, int64_t *seconds, uint32_t *nanoseconds);

#endif
