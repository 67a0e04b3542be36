#include "value/number.h"

#include <endian.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A decimal as written: digits * 10^power. */
struct decimal {
    const char *digits; /* the first one, or the point before it */
    size_t n_bytes;     /* of digits and point */
    size_t n_digits;
    uint64_t mantissa; /* of the digits; right up to MANTISSA_DIGITS of them */
    int64_t power;
    bool is_negative;
};

enum {
    MANTISSA_DIGITS = 19, /* fit into 64 bits, whatever they are */
    EXACT_POWER = 22,     /* 10^22 is the last one that a double holds */
};

/* Far above any power that matters, far below overflow. */
#define POWER_LIMIT INT64_C(100000000000)

/* The exponent, from after its 'e' to the end. */
static bool
scan_exponent(const char *at, const char *end, int64_t *out)
{
    int64_t value = 0;
    bool is_negative;

    is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    for (; at < end; at++) {
        if (number_digit(*at) > 9)
            return false;
        if (value < POWER_LIMIT)
            value = value * 10 + number_digit(*at);
    }
    *out = is_negative ? -value : value;
    return true;
}

/*
 * Eight digits at once, as most fractions have them: each byte's digit, then
 * pairs, fours, and the whole. False when one is not a digit. (Coordinates of
 * nine decimals and more: 21 instead of 24 ns.)
 */
static inline bool
scan_eight(const char *at, uint64_t *out)
{
    uint64_t word;

    memcpy(&word, at, 8);
    word = le64toh(word) ^ UINT64_C(0x3030303030303030);
    if ((word | (word + UINT64_C(0x7676767676767676))) &
        UINT64_C(0x8080808080808080))
        return false;
    word = (word * (10 * 256 + 1) >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    word = (word * (100 * 65536 + 1) >> 16) & UINT64_C(0x0000ffff0000ffff);
    *out = word * ((UINT64_C(10000) << 32) + 1) >> 32;
    return true;
}

static bool
scan(const char *at, const char *end, struct decimal *out)
{
    const char *point = NULL;
    uint64_t mantissa = 0, eight;

    out->is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    out->digits = at;
    while (at < end && number_digit(*at) <= 9)
        mantissa = mantissa * 10 + number_digit(*at++);
    if (at < end && *at == '.') {
        point = at++;
        if (end - at >= 8 && scan_eight(at, &eight)) {
            mantissa = mantissa * 100000000 + eight;
            at += 8;
        }
        while (at < end && number_digit(*at) <= 9)
            mantissa = mantissa * 10 + number_digit(*at++);
    }
    out->n_bytes = (size_t)(at - out->digits);
    out->n_digits = out->n_bytes - (point != NULL);
    out->mantissa = mantissa;
    out->power = 0;
    if (out->n_digits == 0)
        return false;
    if (at < end && ((*at != 'e' && *at != 'E') ||
                        !scan_exponent(at + 1, end, &out->power)))
        return false;
    if (point)
        out->power -= at - point - 1;
    return true;
}

/*
 * Clinger's fast path: a mantissa and a power of ten that doubles hold exactly
 * make a product or quotient that is rounded once, so it is what strtod gives.
 * Not where doubles are computed wider than they are stored.
 */
static bool
is_exact(const struct decimal *decimal)
{
    return FLT_EVAL_METHOD == 0 && decimal->n_digits <= MANTISSA_DIGITS &&
           decimal->mantissa <= UINT64_C(1) << DBL_MANT_DIG &&
           decimal->power >= -EXACT_POWER && decimal->power <= EXACT_POWER;
}

static double
exact_value(const struct decimal *decimal)
{
    static const double tens[EXACT_POWER + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5,
        1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18, 1e19, 1e20, 1e21, 1e22};
    double value = (double)decimal->mantissa;

    if (decimal->power < 0)
        value /= tens[-decimal->power];
    else
        value *= tens[decimal->power];
    return decimal->is_negative ? -value : value;
}

/* strtod's value. It is given no point, so that no locale matters. */
static double
slow_value(const struct decimal *decimal)
{
    char short_text[128], *text = short_text, *to;
    size_t room = decimal->n_bytes + 32;
    double value;

    if (room > sizeof(short_text))
        text = mem_new(room);
    to = text;
    if (decimal->is_negative)
        *to++ = '-';
    for (size_t i = 0; i < decimal->n_bytes; i++)
        if (decimal->digits[i] != '.')
            *to++ = decimal->digits[i];
    snprintf(to, room - (size_t)(to - text), "e%lld",
        (long long)decimal->power);
    value = strtod(text, NULL);
    if (text != short_text)
        free(text);
    return value;
}

bool
number_parse_double(const char *at, size_t n_bytes, double *out)
{
    struct decimal decimal;
    double value;

    if (!scan(at, at + n_bytes, &decimal))
        return false;
    if (is_exact(&decimal)) {
        *out = exact_value(&decimal);
        return true;
    }
    value = slow_value(&decimal);
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

bool
number_parse_uint32(const char *at, size_t n_bytes, uint32_t *out)
{
    uint64_t value = 0;

    if (n_bytes == 0)
        return false;
    for (size_t i = 0; i < n_bytes; i++) {
        if (number_digit(at[i]) > 9)
            return false;
        value = value * 10 + number_digit(at[i]);
        if (value > UINT32_MAX)
            return false;
    }
    *out = (uint32_t)value;
    return true;
}
