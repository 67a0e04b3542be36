#include "record/json_value.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "base/mem.h"

/* -------------------------------------------------------------- numbers --- */

static char *
put_digits(char *out, uint64_t value, int least)
{
    char digits[20];
    int n = 0;

    while (value > 0 || n < least) {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    }
    while (n > 0)
        *out++ = digits[--n];
    return out;
}

static char *
put_int64(char *out, int64_t value)
{
    if (value < 0)
        *out++ = '-';
    return put_digits(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value,
        1);
}

/*
 * As digits and a power of ten that doubles hold exactly: their quotient is
 * rounded once, so that they read back as the same (see number.c). The fewest
 * decimals for which that is so; NULL when there are none.
 */
static char *
put_short_double(char *out, double value)
{
    static const double tens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
        1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    static const uint64_t whole_tens[] = {1, 10, 100, 1000, 10000, 100000,
        1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
        1000000000000, 10000000000000, 100000000000000, 1000000000000000};
    const double most = 0x1p53;
    double scaled, size = fabs(value);

    for (int n = 0; FLT_EVAL_METHOD == 0 && n <= 15; n++) {
        scaled = nearbyint(size * tens[n]);
        if (!(scaled < most))
            break;
        if (scaled / tens[n] != size)
            continue;
        if (signbit(value))
            *out++ = '-';
        out = put_digits(out, (uint64_t)scaled / whole_tens[n], 1);
        *out++ = '.';
        return put_digits(out, (uint64_t)scaled % whole_tens[n], n ? n : 1);
    }
    return NULL;
}

static char *
put_word(char *out, const char *word)
{
    size_t n = strlen(word);

    memcpy(out, word, n);
    return out + n;
}

/* A real number stays one: 55.0. */
static char *
put_double(char *out, double value)
{
    char *end = put_short_double(out, value);
    int n = 0;

    for (int digits = 15; !end && digits <= 17; digits++) {
        n = snprintf(out, JSON_NUMBER_MOST, "%.*g", digits, value);
        if (digits == 17 || strtod(out, NULL) == value)
            end = strpbrk(out, ".e") ? out + n : put_word(out + n, ".0");
    }
    return end;
}

/* ---------------------------------------------------------------- texts --- */

/* What follows the backslash; 0: the byte is written as it is, 'u': its
 * number does. */
static char
escape_of(unsigned char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return (char)byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return byte < 0x20 ? 'u' : 0;
    }
}

static char *
put_text(char *out, const char *bytes, size_t n_bytes)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char byte;
    char escape;

    *out++ = '"';
    for (size_t i = 0; i < n_bytes; i++) {
        byte = (unsigned char)bytes[i];
        escape = escape_of(byte);
        if (!escape) {
            *out++ = bytes[i];
            continue;
        }
        *out++ = '\\';
        *out++ = escape;
        if (escape == 'u') {
            *out++ = '0';
            *out++ = '0';
            *out++ = hex[byte >> 4];
            *out++ = hex[byte & 15];
        }
    }
    *out++ = '"';
    return out;
}

/* -------------------------------------------------------------- objects --- */

/* The value there, as protobuf-c keeps it, of one of the types there are. */
static char *
put_value(char *out, enum scalar_type type, const char *at)
{
    ProtobufCBinaryData bytes;
    uint64_t natural;
    int64_t whole;
    double real;
    int truth;

    switch (type) {
    case SCALAR_INT64:
        memcpy(&whole, at, sizeof(whole));
        return put_int64(out, whole);
    case SCALAR_UINT64:
        memcpy(&natural, at, sizeof(natural));
        return put_digits(out, natural, 1);
    case SCALAR_DOUBLE:
        memcpy(&real, at, sizeof(real));
        return put_double(out, real);
    case SCALAR_BOOL:
        memcpy(&truth, at, sizeof(truth));
        return put_word(out, truth ? "true" : "false");
    case SCALAR_STRING:
        memcpy(&bytes, at, sizeof(bytes));
        return put_text(out, (const char *)bytes.data, bytes.len);
    default:
        die("no JSON is made of a %s", scalar_type_word(type));
    }
}

static char *
put_array(char *out, const struct schema_field *field, const char *filled)
{
    size_t n, each = scalar_bytes(field->type);
    const char *items;

    memcpy(&n, filled + field->quantifier_offset, sizeof(n));
    memcpy(&items, filled + field->offset, sizeof(items));
    *out++ = '[';
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            *out++ = ',';
        out = put_value(out, field->type, items + i * each);
    }
    *out++ = ']';
    return out;
}

static bool
is_there(const struct schema_field *field, const char *filled)
{
    const void *object;
    int has;

    if (field->is_repeated)
        return true;
    if (field->type == SCALAR_MESSAGE) {
        memcpy(&object, filled + field->offset, sizeof(object));
        return object != NULL;
    }
    memcpy(&has, filled + field->quantifier_offset, sizeof(has));
    return has;
}

static char *
put_object(char *out, const struct schema_message *message, const char *filled)
{
    const struct schema_field *field;
    const char *object;
    bool is_first = true;

    *out++ = '{';
    for (size_t i = 0; i < message->n_fields; i++) {
        field = &message->fields[i];
        if (!is_there(field, filled))
            continue;
        if (!is_first)
            *out++ = ',';
        is_first = false;
        out = put_text(out, field->name, strlen(field->name));
        *out++ = ':';
        if (field->is_repeated) {
            out = put_array(out, field, filled);
        } else if (field->type == SCALAR_MESSAGE) {
            memcpy(&object, filled + field->offset, sizeof(object));
            out = put_object(out, field->message, object);
        } else {
            out = put_value(out, field->type, filled + field->offset);
        }
    }
    *out++ = '}';
    return out;
}

size_t
json_value_pack(const struct schema_message *message, const void *filled,
    char *out)
{
    return (size_t)(put_object(out, message, filled) - out);
}

/* ----------------------------------------------------------- for people --- */

/* Numbers of any size are fine: they are shown as they are. */
static bool
is_object(const char *text, size_t n_bytes)
{
    json_t *json = json_loadb(text, n_bytes,
        JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    bool is_good = json_is_object(json);

    json_decref(json);
    return is_good;
}

int
json_value_print(struct text *out, const void *value, size_t n_bytes)
{
    const char *text = value;

    if (!is_object(text, n_bytes))
        return -1;
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned char byte = (unsigned char)text[i];
        unsigned char next = i + 1 < n_bytes ? (unsigned char)text[i + 1] : 0;

        if (byte == 0x7f) {
            text_add(out, "\\u007f", 6);
        } else if (byte == 0xc2 && next < 0xa0) { /* controls of 8 bits */
            text_format(out, "\\u%04x", next);
            i++;
        } else { /* below 0x20 there is only what JSON takes for a blank */
            text_add(out, byte < 0x20 ? " " : &text[i], 1);
        }
    }
    return 0;
}
