#include "base/columns.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"

struct glyph {
    size_t n_bytes;
    size_t columns;
    bool is_shown; /* else '?' stands for it */
};

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
        return (struct glyph){1, 1, false};
    if (is_control)
        return (struct glyph){n, n, false};
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

size_t
columns_add(struct text *out, const char *text, size_t max_columns)
{
    bool is_cut = columns_of(text) > max_columns;
    size_t room = max_columns, columns = 0;

    if (max_columns == 0)
        return 0;
    if (is_cut)
        room--; /* for the '~' */
    while (*text) {
        struct glyph glyph = glyph_at(text);

        if (columns + glyph.columns > room)
            break;
        if (glyph.is_shown)
            text_add(out, text, glyph.n_bytes);
        else
            text_add(out, "????", glyph.columns);
        columns += glyph.columns;
        text += glyph.n_bytes;
    }
    if (is_cut) {
        text_add(out, "~", 1);
        columns++;
    }
    return columns;
}
