/*
 * Texts that are numbers or nearly so, made at random, in families of what a
 * parser of decimals may get wrong. For test programs, which seed `rng`.
 */
#ifndef TEST_NUMBER_TEXTS_H
#define TEST_NUMBER_TEXTS_H

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

enum { ROOM = 2048 };

/* A text in the making. */
struct text_room {
    char at[ROOM];
    size_t n;
};

static struct rng rng;

/* --------------------------------------------------------------- pieces --- */

static inline unsigned
below(unsigned n)
{
    return (unsigned)rng_below(&rng, n);
}

static inline void
put(struct text_room *text, char byte)
{
    text->at[text->n++] = byte;
}

static inline void
put_text(struct text_room *text, const char *what)
{
    size_t n = strlen(what);

    memcpy(text->at + text->n, what, n);
    text->n += n;
}

/* A random number has nineteen of them. */
static inline void
put_digits(struct text_room *text, size_t n)
{
    uint64_t random = 0;

    for (size_t i = 0; i < n; i++, random /= 10) {
        if (i % 19 == 0)
            random = rng_next(&rng);
        put(text, (char)('0' + random % 10));
    }
}

static inline void
put_zeros(struct text_room *text, size_t n)
{
    memset(text->at + text->n, '0', n);
    text->n += n;
}

static inline void
put_sign(struct text_room *text)
{
    unsigned sign = below(4);

    if (sign < 2)
        put(text, "+-"[sign]);
}

static inline void
put_exponent(struct text_room *text, int exponent)
{
    unsigned value = (unsigned)abs(exponent);

    put(text, "eE"[below(2)]);
    if (exponent < 0)
        put(text, '-');
    else if (below(2))
        put(text, '+');
    if (value >= 100)
        put(text, (char)('0' + value / 100));
    if (value >= 10 || below(4) == 0)
        put(text, (char)('0' + value / 10 % 10));
    put(text, (char)('0' + value % 10));
}

/* From least to most. */
static inline int
between(int least, int most)
{
    return least + (int)below((unsigned)(most - least + 1));
}

static inline double
of_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline double
any_double(void)
{
    double value;

    do
        value = of_bits(rng_next(&rng));
    while (!isfinite(value));
    return value;
}

static inline void
put_double(struct text_room *text, double value, int digits)
{
    text->n += (size_t)snprintf(text->at + text->n, 64, "%.*g", digits, value);
}

/* The fewest digits that name it. */
static inline void
put_shortest(struct text_room *text, double value)
{
    size_t n = text->n;

    for (int digits = 15; digits <= 17; digits++) {
        text->n = n;
        put_double(text, value, digits);
        text->at[text->n] = '\0';
        if (strtod(text->at + n, NULL) == value)
            return;
    }
}

/* ------------------------------------------------------------- families --- */

static inline void
make_whole(struct text_room *text)
{
    put_sign(text);
    put_digits(text, 1 + below(25));
}

/* As they stand in the files. */
static inline void
make_degrees(struct text_room *text)
{
    if (below(2))
        put(text, '-');
    put_digits(text, 1 + below(3));
    put(text, '.');
    put_digits(text, below(14));
}

static inline void
make_printed_degrees(struct text_room *text)
{
    put_double(text, (double)(rng_next(&rng) >> 11) * 0x1p-53 * 360 - 180,
        between(10, 17));
}

/* On both sides of the exponents that are exact, and of 2^53. */
static inline void
make_small_exponent(struct text_room *text)
{
    put_sign(text);
    put_digits(text, 1 + below(17));
    if (below(2)) {
        put(text, '.');
        put_digits(text, below(6));
    }
    put_exponent(text, between(-30, 30));
}

static inline void
make_any_exponent(struct text_room *text)
{
    put_sign(text);
    put_digits(text, below(12));
    put(text, '.');
    put_digits(text, 1 + below(30));
    put_exponent(text, between(-350, 350));
}

static inline void
make_shortest(struct text_room *text)
{
    put_shortest(text, any_double());
}

static inline void
make_few_digits_of_a_double(struct text_room *text)
{
    put_double(text, any_double(), between(1, 21));
}

/*
 * Halfway between two doubles, all of its digits, or a hair beside that. What
 * is printed is exact: a long double has eleven bits more.
 */
static inline void
make_halfway(struct text_room *text)
{
    double value = below(4) ? fabs(any_double())
                            : of_bits(rng_next(&rng) >> (12 + below(52)));
    long double half;
    size_t e;

    if (LDBL_MANT_DIG < DBL_MANT_DIG + 1 || nextafter(value, INFINITY) > 1e300)
        value = (double)(rng_next(&rng) >> 10);
    half = ((long double)value + (long double)nextafter(value, INFINITY)) / 2;
    text->n = (size_t)snprintf(text->at, ROOM, "%.*Le",
        below(4) ? 770 : 20 + (int)below(60), half);
    text->at[text->n] = '\0';
    e = strcspn(text->at, "e");
    switch (below(3)) {
    case 0: /* a hair more */
        memmove(text->at + e + 1, text->at + e, text->n - e);
        text->at[e] = '1';
        text->n++;
        break;
    case 1: /* a hair less, or more */
        if (text->at[e - 1] > '0')
            text->at[e - 1]--;
        else
            text->at[e - 1]++;
        break;
    }
}

/* Whole ones between 2^53 and 2^54, where every second has no double. */
static inline void
make_whole_halfway(struct text_room *text)
{
    uint64_t odd = (UINT64_C(1) << 53 | rng_next(&rng) >> 11) * 2 + 1;

    text->n = (size_t)snprintf(text->at, ROOM, "%" PRIu64, odd);
    if (below(2)) {
        put(text, '.');
        put_zeros(text, below(40));
        put(text, (char)('0' + below(2)));
    }
}

/* Around the largest one, which rounds to infinity from some digit on. */
static inline void
make_near_overflow(struct text_room *text)
{
    static const char *const digits[] = {"1797693134862315",
        "17976931348623157", "17976931348623158",
        "179769313486231580793728971405303415079934132710"};
    const char *some = digits[below(4)];
    size_t n = 1 + below((unsigned)strlen(some)), point = below(20);

    put_sign(text);
    for (size_t i = 0; i < n; i++) {
        if (i == point)
            put(text, '.');
        put(text, some[i]);
    }
    put_digits(text, below(4));
    point = point < n ? point : text->n;
    put_exponent(text, between(307, 310) - (int)(point < 20 ? point : 0));
}

/* Subnormal ones, and around the smallest. */
static inline void
make_near_underflow(struct text_room *text)
{
    static const char *const least[] = {"4.94065645841246544176568792868221372",
        "2.47032822920623272088284396434110686182", "2.4703282292062327208",
        "2.2250738585072014", "2.22507385850720113605740979670913197593481954"};

    if (below(2)) {
        put_double(text, of_bits(rng_next(&rng) >> (12 + below(52))),
            between(1, 20));
        return;
    }
    put_sign(text);
    put_text(text, least[below(5)]);
    text->n -= below(4);
    put_digits(text, below(4));
    put_exponent(text, below(2) ? -324 : -308 - (int)below(2));
}

static inline void
make_long(struct text_room *text)
{
    put_sign(text);
    put_digits(text, below(200));
    put(text, '.');
    put_digits(text, 1 + below(200));
    if (below(2))
        put_exponent(text, between(-400, 400));
}

/* Where 64 bits are full: 19 digits always fit, 20 may. */
static inline void
make_19_digits(struct text_room *text)
{
    static const char *const edges[] = {"9223372036854775807",
        "9223372036854775808", "18446744073709551615", "18446744073709551616",
        "9999999999999999999", "10000000000000000000", "9007199254740992000",
        "9007199254740993000", "90071992547409920000"};
    size_t n, point;

    put_zeros(text, below(3));
    if (below(2))
        put_text(text, edges[below(9)]);
    else
        put_digits(text, 18 + below(4));
    if (below(2)) {
        n = text->n;
        point = below((unsigned)n + 1);
        memmove(text->at + point + 1, text->at + point, n - point);
        text->at[point] = '.';
        text->n++;
    }
    if (below(2))
        put_exponent(text, between(-45, 45));
}

static inline void
make_zeros(struct text_room *text)
{
    put_zeros(text, below(40));
    put_digits(text, below(10));
    put(text, '.');
    put_zeros(text, below(40));
    put_digits(text, below(18));
    put_zeros(text, below(20));
}

/* What may be a number, and mostly is none. */
static inline void
make_soup(struct text_room *text)
{
    static const char soup[] = "0123456789.eE+-";

    for (size_t n = below(9); n > 0; n--)
        put(text, soup[below(sizeof(soup) - 1)]);
}

static inline void
make_changed(struct text_room *text)
{
    make_few_digits_of_a_double(text);
    text->at[below((unsigned)text->n)] = (char)(1 + below(255));
}

static const struct {
    const char *name;
    void (*make)(struct text_room *text);
    unsigned rarity; /* slow ones come less often */
} families[] = {
    {"whole numbers", make_whole, 1},
    {"degrees", make_degrees, 1},
    {"printed degrees", make_printed_degrees, 1},
    {"small exponents", make_small_exponent, 1},
    {"any exponent", make_any_exponent, 1},
    {"shortest round trips", make_shortest, 2},
    {"few digits of a double", make_few_digits_of_a_double, 1},
    {"halfway", make_halfway, 16},
    {"whole and halfway", make_whole_halfway, 1},
    {"near overflow", make_near_overflow, 1},
    {"near underflow", make_near_underflow, 1},
    {"long", make_long, 4},
    {"19 and 20 digits", make_19_digits, 1},
    {"zeros in front and behind", make_zeros, 1},
    {"what may be a number", make_soup, 1},
    {"a byte changed", make_changed, 1},
};
enum { N_FAMILIES = sizeof(families) / sizeof(families[0]) };

#endif
