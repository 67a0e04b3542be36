/*
 * How gen.c makes the text of a line: random numbers, devices, parts.
 * lines_init() comes first; everything follows from its seed.
 */
#ifndef SUPPORT_GEN_LINE_H
#define SUPPORT_GEN_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen_kinds.h"

enum {
    LINE_ROOM = 2 << 20, /* the longest line of the tables is 1 MiB + 1 */
    MAX_SHARDS = 1024,
};

static char type_names[MAX_SHARDS][8] = {"idfa", "gaid", "adid", "dvid"};
static unsigned type_bytes[MAX_SHARDS];
static unsigned long n_types, line_seed;

/* Every app id as text, with a comma behind it. */
static char app_text[10000][8];
static uint8_t app_bytes[10000];

static void
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
static uint64_t
mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t
next(uint64_t *state)
{
    return mix(*state += 0x9e3779b97f4a7c15u);
}

static uint64_t
below(uint64_t *state, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)next(state) * n) >> 64);
}

static bool
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
static struct device
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

/* Twelve significant digits, trailing zeros off, as real files have them. */
static char *
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

static char *
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

static char *
put(char *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

static char *
put_n(char *at, char byte, size_t n)
{
    memset(at, byte, n);
    return at + n;
}

static char *
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

static char *
put_part(char *at, char part, const struct device *device, uint64_t *state)
{
    switch (part) {
    case 't':
        return put(at, type_names[device->type], type_bytes[device->type]);
    case 'i':
        return put(at, device->id, sizeof(device->id));
    case 'a':
        return put_degrees(at, state, 90);
    case 'o':
        return put_degrees(at, state, 180);
    case 'p':
        return put_apps(at, state);
    case '0':
        return put_n(at, '\0', 1);
    case 'k':
    case 'K':
        at = put(at, device->id, sizeof(device->id));
        return put_n(at, 'k',
            250 - sizeof(device->id) - 1 - type_bytes[device->type] +
                (part == 'K'));
    case 'L':
        return put_n(at, 'x', MAX_LINE_BYTES + 1);
    case 'B': /* two bytes of text, and of value, an id */
        for (unsigned i = 0; i < (MAX_ITEM_BYTES - 100) / 2; i++)
            at = put(at, "1,", 2);
        return at - 1;
    default:
        abort();
    }
}

static char *
put_kind(char *at, const struct kind *kind, const struct device *device,
    uint64_t *state)
{
    for (const char *c = kind->line; *c; c++) {
        if (*c == '$')
            at = put_part(at, *++c, device, state);
        else
            *at++ = *c;
    }
    return at;
}

#endif
