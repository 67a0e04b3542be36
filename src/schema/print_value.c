#include "schema/print_value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

/* In the fewest digits that read back as the same; 17 always do. */
static void
print_double(struct text *out, double value)
{
    char digits[32];

    for (int n = 15; n <= 17; n++) {
        snprintf(digits, sizeof(digits), "%.*g", n, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_format(out, "%s", digits);
}

static void
print_float(struct text *out, float value)
{
    char digits[32];

    for (int n = 6; n <= 9; n++) {
        snprintf(digits, sizeof(digits), "%.*g", n, (double)value);
        if (strtof(digits, NULL) == value)
            break;
    }
    text_format(out, "%s", digits);
}

static void
add_escaped(struct text *out, const char *at, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        text_format(out, "\\x%02x", (unsigned char)at[i]);
}

/* Control characters, and those that turn the direction of writing or break
 * the line. */
static bool
is_shown(uint32_t code)
{
    return code >= ' ' && (code < 0x7f || code >= 0xa0) && code != 0x61c &&
           code != 0x200e && code != 0x200f &&
           !(code >= 0x2028 && code <= 0x202e) &&
           !(code >= 0x2066 && code <= 0x2069) && code != 0xfeff;
}

void
print_string(struct text *out, struct span text)
{
    const char *at = text.at, *end = at + text.n_bytes;

    text_add(out, "\"", 1);
    while (at < end) {
        uint32_t code;
        size_t n = utf8_decode(at, (size_t)(end - at), &code);

        if (*at == '"' || *at == '\\')
            text_format(out, "\\%c", *at);
        else if (*at == '\n' || *at == '\r' || *at == '\t')
            text_format(out, "\\%c",
                *at == '\n'   ? 'n'
                : *at == '\r' ? 'r'
                              : 't');
        else if (n == 0 || !is_shown(code))
            add_escaped(out, at, n ? n : 1);
        else
            text_add(out, at, n);
        at += n ? n : 1;
    }
    text_add(out, "\"", 1);
}

void
print_bytes(struct text *out, struct span bytes)
{
    for (size_t i = 0; i < bytes.n_bytes; i++) {
        if (bytes.at[i] < ' ' || bytes.at[i] > '~') {
            text_add(out, "\"", 1);
            add_escaped(out, bytes.at, bytes.n_bytes);
            text_add(out, "\"", 1);
            return;
        }
    }
    print_string(out, bytes);
}

static void
print_enum(struct text *out, const struct schema_enum *values, int32_t number)
{
    const struct schema_value *value = schema_value_of(values, number);

    if (value)
        text_format(out, "%s", value->name);
    else
        text_format(out, "%" PRId32, number);
}

/* 1, 2, 3 … mean -1, 1, -2 … */
static int64_t
unfold(uint64_t value)
{
    return (int64_t)((value >> 1) ^ (0 - (value & 1)));
}

void
print_number(struct text *out, const struct schema_field *field, uint64_t value)
{
    union {
        uint32_t bits;
        float value;
    } single = {(uint32_t)value};
    union {
        uint64_t bits;
        double value;
    } twice = {value};

    switch (field->type) {
    case SCALAR_DOUBLE:
        print_double(out, twice.value);
        break;
    case SCALAR_FLOAT:
        print_float(out, single.value);
        break;
    case SCALAR_INT32:
    case SCALAR_SFIXED32:
        text_format(out, "%" PRId32, (int32_t)value);
        break;
    case SCALAR_INT64:
    case SCALAR_SFIXED64:
        text_format(out, "%" PRId64, (int64_t)value);
        break;
    case SCALAR_UINT32:
    case SCALAR_FIXED32:
        text_format(out, "%" PRIu32, (uint32_t)value);
        break;
    case SCALAR_UINT64:
    case SCALAR_FIXED64:
        text_format(out, "%" PRIu64, value);
        break;
    case SCALAR_SINT32:
        text_format(out, "%" PRId64, unfold((uint32_t)value));
        break;
    case SCALAR_SINT64:
        text_format(out, "%" PRId64, unfold(value));
        break;
    case SCALAR_BOOL:
        text_format(out, "%s", value ? "true" : "false");
        break;
    case SCALAR_ENUM:
        print_enum(out, field->values, (int32_t)value);
        break;
    case SCALAR_STRING:
    case SCALAR_BYTES:
    case SCALAR_MESSAGE:
        die("%s is no number", field->name);
    }
}
