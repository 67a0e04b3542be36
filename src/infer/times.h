/*
 * The formats of times that are tried on a column, compiled once.
 *
 * They are tried in an order of trust: where two fit all values, the first is
 * meant. new/free own them; frozen, any thread may ask.
 */
#ifndef INFER_TIMES_H
#define INFER_TIMES_H

#include <stdbool.h>
#include <stddef.h>

/* At least as many as there are. */
enum { TIMES_MOST = 40 };

struct time_formats;

struct time_formats *times_new(void);
void times_free(struct time_formats *times);

size_t times_n(void);
/* Of format i: as a mapping has it; the unit that keeps all of it ("s"). */
const char *times_format(size_t i);
const char *times_unit(size_t i);
/* What else these values could mean; "" when nothing. */
const char *times_doubt(size_t i);
/* Is this value, which fits format i, beyond that doubt? */
bool times_decides(size_t i, const char *at, size_t n_bytes);

/* Could it be a time at all? A quick look. */
bool times_look(const char *at, size_t n_bytes);
bool times_fit(const struct time_formats *times, size_t i, const char *at,
    size_t n_bytes);

#endif
