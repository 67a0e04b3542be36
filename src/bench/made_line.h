/*
 * Makes lines that look like the real ones, from random numbers. For `memc_load
 * bench --generate` and for the input of the tests (tests/support/gen.c), which
 * adds bad and unusual lines; hence everything is static, has a short name and
 * needs nothing else of this tree.
 *
 * Lines of 313 bytes on average: 1 to 100 app ids from 0..9999, the types
 * evenly and at random, twelve significant digits in lat and lon. lines_init()
 * comes first; the same seed makes the same lines. One thread. Cannot fail.
 */
#ifndef BENCH_MADE_LINE_H
#define BENCH_MADE_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    MAX_TYPES = 1024,
    GOOD_LINE_MAX_BYTES = 8 + 1 + 32 + 2 * 20 + 100 * 5 + 8,
};

static char type_names[MAX_TYPES][8] = {"idfa", "gaid", "adid", "dvid"};
static unsigned type_bytes[MAX_TYPES];
static unsigned long n_types, line_seed;

/* Every app id as text, followed by a comma. */
static char app_text[10000][8];
static uint8_t app_bytes[10000];

static inline void
lines_init(unsigned long shards, unsigned long seed)
{
    n_types = shards;
    line_seed = seed;
    for (unsigned i = 0; i < shards; i++) {
        if (shards > 4)
            snprintf(type_names[i], sizeof(type_names[i]), "t%u", i);
        type_bytes[i] = (unsigned)strlen(type_names[i]);
    }
    for (unsigned i = 0; i < 10000; i++)
        app_bytes[i] =
            (uint8_t)snprintf(app_text[i], sizeof(app_text[i]), "%u,", i);
}

/* --- random numbers: splitmix64 ------------------------------------------ */
static inline uint64_t
mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint64_t
next(uint64_t *state)
{
    return mix(*state += 0x9e3779b97f4a7c15u);
}

static inline uint64_t
below(uint64_t *state, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)next(state) * n) >> 64);
}

static inline bool
happens(uint64_t *state, double rate)
{
    return (double)(next(state) >> 11) < rate * 0x1p53;
}

/* --- the parts of a line -------------------------------------------------- */
struct device {
    unsigned type;
    char id[32];
};

/* The device of a line follows from its number, so that a later line can
 * repeat it without any of them being remembered. */
static inline struct device
device_at(unsigned file, uint64_t line)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t state = mix(mix(line_seed) ^ file) ^ mix(line + 1);
    struct device device = {.type = (unsigned)below(&state, n_types)};

    for (unsigned i = 0; i < 32; i += 16) {
        uint64_t bits = next(&state);

        for (unsigned j = 0; j < 16; j++, bits >>= 4)
            device.id[i + j] = hex[bits & 15];
    }
    return device;
}

/* Twelve significant digits without trailing zeros, as in real files. */
static inline char *
put_degrees(char *at, uint64_t *state, unsigned max_degrees)
{
    uint64_t n = below(state, max_degrees * UINT64_C(100000000000));
    unsigned whole = (unsigned)(n / 100000000000u), n_digits = 11;
    uint64_t fraction = n % 100000000000u;

    if (next(state) & 1)
        *at++ = '-';
    for (unsigned w = whole; w >= 10; w /= 10) {
        fraction /= 10;
        n_digits--;
    }
    if (whole >= 100)
        *at++ = (char)('0' + whole / 100);
    if (whole >= 10)
        *at++ = (char)('0' + whole / 10 % 10);
    *at++ = (char)('0' + whole % 10);
    *at++ = '.';
    for (unsigned i = n_digits; i-- > 0; fraction /= 10)
        at[i] = (char)('0' + fraction % 10);
    at += n_digits;
    while (at[-1] == '0' && at[-2] != '.')
        at--;
    return at;
}

static inline char *
put_apps(char *at, uint64_t *state)
{
    uint64_t n = 1 + below(state, 100), bits = 0;

    for (uint64_t i = 0; i < n; i++, bits >>= 16) {
        if (i % 4 == 0)
            bits = next(state);
        unsigned id = (unsigned)(((bits & 0xffff) * 10000) >> 16);

        memcpy(at, app_text[id], 8);
        at += app_bytes[id];
    }
    return at - 1; /* without the last comma */
}

static inline char *
put(char *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

static inline char *
put_good(char *at, const struct device *device, uint64_t *state)
{
    at = put(at, type_names[device->type], type_bytes[device->type]);
    *at++ = '\t';
    at = put(at, device->id, sizeof(device->id));
    *at++ = '\t';
    at = put_degrees(at, state, 90);
    *at++ = '\t';
    at = put_degrees(at, state, 180);
    *at++ = '\t';
    at = put_apps(at, state);
    *at++ = '\n';
    return at;
}

#endif
