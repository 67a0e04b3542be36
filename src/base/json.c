#include "base/json.h"

static bool
is_plain(unsigned char byte, bool is_raw)
{
    return byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f &&
           !(is_raw && byte >= 0x80);
}

static void
add_escaped(struct text *out, unsigned char byte)
{
    switch (byte) {
    case '"':
        text_add(out, "\\\"", 2);
        break;
    case '\\':
        text_add(out, "\\\\", 2);
        break;
    case '\t':
        text_add(out, "\\t", 2);
        break;
    default:
        text_format(out, "\\u%04X", byte);
    }
}

void
json_add(struct text *out, const char *bytes, size_t n_bytes, bool is_raw)
{
    const char *end = bytes + n_bytes, *plain = bytes;

    for (const char *at = bytes; at < end; at++) {
        if (is_plain((unsigned char)*at, is_raw))
            continue;
        if (at > plain)
            text_add(out, plain, (size_t)(at - plain));
        add_escaped(out, (unsigned char)*at);
        plain = at + 1;
    }
    if (end > plain)
        text_add(out, plain, (size_t)(end - plain));
}
