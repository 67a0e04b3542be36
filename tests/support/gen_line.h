/*
 * How gen.c makes lines, good ones as bench does and those of gen_kinds.h:
 * lines_init() comes first; everything follows from its seed.
 */
#ifndef SUPPORT_GEN_LINE_H
#define SUPPORT_GEN_LINE_H

#include <stdlib.h>

#include "bench/made_line.h"
#include "gen_kinds.h"

enum { LINE_ROOM = 2 << 20 }; /* the longest line of the tables is 1 MiB + 1 */

static char *
put_n(char *at, char byte, size_t n)
{
    memset(at, byte, n);
    return at + n;
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
