/*
 * Decimal numbers out of bytes, without locale and without a NUL at the end.
 * Pure functions, any thread. Both read all of the bytes or return false.
 */
#ifndef VALUE_NUMBER_H
#define VALUE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A finite decimal number as C's strtod reads it, bit for bit: optional sign,
 * digits with at most one point (on either side of it may be none, not on
 * both), optional exponent. No blanks, hex, nan, inf, decimal comma; false
 * for what overflows to infinity.
 */
bool number_parse_double(const char *at, size_t n_bytes, double *out);

/* The value of a digit; above 9 for any other byte. */
static inline unsigned
number_digit(char byte)
{
    return (unsigned)(unsigned char)byte - '0';
}

/* Decimal digits alone, value up to 4294967295; leading zeros are fine. */
bool number_parse_uint32(const char *at, size_t n_bytes, uint32_t *out);

#endif
