#include "base/columns.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"

struct glyph {
    size_t n_bytes;
    size_t columns;
    bool is_shown; /* else it is escaped */
};

enum { GAP_COLUMNS = 3, HEX_COLUMNS = 4 };

/* The letter after the backslash, or 0: "\x.." then. */
static char
escape_letter(char byte)
{
    return byte == '\n' ? 'n' : byte == '\r' ? 'r' : byte == '\t' ? 't' : 0;
}

/* What terminals show two columns wide: East Asian scripts and emoji. */
static bool
is_wide(uint32_t code)
{
    static const uint32_t ranges[][2] = {{0x1100, 0x115f}, {0x231a, 0x231b},
        {0x23e9, 0x23ff}, {0x2600, 0x27bf}, {0x2b1b, 0x2b1c}, {0x2e80, 0xa4cf},
        {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe6f},
        {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x18cff},
        {0x1aff0, 0x1b2ff}, {0x1f000, 0x1faff}, {0x20000, 0x3fffd}};

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    return false;
}

static struct glyph
glyph_at(const char *at)
{
    uint32_t code;
    size_t n = utf8_decode(at, SIZE_MAX, &code);
    bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0) ||
                      (code >= 0x200b && code <= 0x200f) ||
                      (code >= 0x2028 && code <= 0x202e) ||
                      (code >= 0x2066 && code <= 0x2069);

    if (n == 0)
        return (struct glyph){1, HEX_COLUMNS, false};
    if (is_control)
        return (struct glyph){
            n, escape_letter(*at) ? 2 : HEX_COLUMNS * n, false};
    return (struct glyph){n, is_wide(code) ? 2 : 1, true};
}

size_t
columns_of(const char *text)
{
    size_t columns = 0;

    while (*text) {
        struct glyph glyph = glyph_at(text);

        columns += glyph.columns;
        text += glyph.n_bytes;
    }
    return columns;
}

static void
add_glyph(struct text *out, const char *at, const struct glyph *glyph)
{
    if (glyph->is_shown) {
        text_add(out, at, glyph->n_bytes);
        return;
    }
    for (size_t i = 0; i < glyph->n_bytes; i++) {
        if (escape_letter(at[i]))
            text_format(out, "\\%c", escape_letter(at[i]));
        else
            text_format(out, "\\x%02x", (unsigned char)at[i]);
    }
}

/* As much as fits into `room`; returns the columns it takes. */
static size_t
add_start(struct text *out, const char *text, size_t room)
{
    size_t columns = 0;

    while (*text) {
        struct glyph glyph = glyph_at(text);

        if (columns + glyph.columns > room)
            break;
        add_glyph(out, text, &glyph);
        columns += glyph.columns;
        text += glyph.n_bytes;
    }
    return columns;
}

/* The longest end of a text of so many columns that fits into `room`. */
static const char *
end_of(const char *text, size_t columns, size_t room)
{
    while (columns > room) {
        struct glyph glyph = glyph_at(text);

        columns -= glyph.columns;
        text += glyph.n_bytes;
    }
    return text;
}

size_t
columns_add(struct text *out, const char *text, size_t max_columns)
{
    size_t all = columns_of(text), columns, room;

    if (all <= max_columns)
        return add_start(out, text, max_columns);
    if (max_columns == 0)
        return 0;
    if (max_columns < COLUMNS_MIDDLE) {
        columns = add_start(out, text, max_columns - 1);
        text_add(out, "~", 1);
        return columns + 1;
    }
    room = max_columns - GAP_COLUMNS;
    columns = add_start(out, text, room - room / 2) + GAP_COLUMNS;
    text_add(out, "...", GAP_COLUMNS);
    return columns + add_start(out, end_of(text, all, room / 2), room / 2);
}
