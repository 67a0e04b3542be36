#include "value/scalar.h"

#include <float.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "value/number.h"

/* How a value is kept in union scalar, and so how it is read. */
enum c_type { F64, F32, I32, I64, U32, U64, BOOLEAN, SPAN, POINTER };

enum {
    VARINT32 = 5,
    VARINT64 = 10, /* an int32 too: one below zero is packed as 64 bits */
};

static const struct {
    const char *word;
    enum c_type c_type;
    size_t most_packed;
} types[] = {
    [SCALAR_DOUBLE] = {"double", F64, 8},
    [SCALAR_FLOAT] = {"float", F32, 4},
    [SCALAR_INT32] = {"int32", I32, VARINT64},
    [SCALAR_INT64] = {"int64", I64, VARINT64},
    [SCALAR_UINT32] = {"uint32", U32, VARINT32},
    [SCALAR_UINT64] = {"uint64", U64, VARINT64},
    [SCALAR_SINT32] = {"sint32", I32, VARINT32},
    [SCALAR_SINT64] = {"sint64", I64, VARINT64},
    [SCALAR_FIXED32] = {"fixed32", U32, 4},
    [SCALAR_FIXED64] = {"fixed64", U64, 8},
    [SCALAR_SFIXED32] = {"sfixed32", I32, 4},
    [SCALAR_SFIXED64] = {"sfixed64", I64, 8},
    [SCALAR_BOOL] = {"bool", BOOLEAN, 1},
    [SCALAR_STRING] = {"string", SPAN, VARINT32},
    [SCALAR_BYTES] = {"bytes", SPAN, VARINT32},
    [SCALAR_ENUM] = {"enum", I32, VARINT64},
    [SCALAR_MESSAGE] = {"message", POINTER, VARINT32},
};

const char *
scalar_type_word(enum scalar_type type)
{
    return types[type].word;
}

bool
scalar_is_number(enum scalar_type type)
{
    return scalar_is_integer(type) || type == SCALAR_DOUBLE ||
           type == SCALAR_FLOAT;
}

bool
scalar_is_integer(enum scalar_type type)
{
    return type >= SCALAR_INT32 && type <= SCALAR_SFIXED64;
}

size_t
scalar_bytes(enum scalar_type type)
{
    switch (types[type].c_type) {
    case F64:
    case I64:
    case U64:
        return 8;
    case F32:
    case I32:
    case U32:
        return 4;
    case BOOLEAN:
        return sizeof(int);
    case SPAN:
        return sizeof(struct span);
    case POINTER:
        break;
    }
    return sizeof(void *);
}

size_t
scalar_most_packed(enum scalar_type type)
{
    return types[type].most_packed;
}

/* -------------------------------------------------------------- numbers --- */

enum { SURE_DIGITS = 19 }; /* fit into 64 bits, whatever they are */

/* Digits alone, of which there may be any number of leading zeros. */
static bool
parse_uint64(const char *at, size_t n_bytes, uint64_t *out)
{
    const char *end = at + n_bytes;
    uint64_t value = 0;
    size_t n;

    if (n_bytes == 0)
        return false;
    while (end - at > SURE_DIGITS && *at == '0')
        at++;
    for (n = 0; at < end && n < SURE_DIGITS; at++, n++) {
        if (number_digit(*at) > 9)
            return false;
        value = value * 10 + number_digit(*at);
    }
    for (; at < end; at++)
        if (number_digit(*at) > 9 ||
            __builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)number_digit(*at), &value))
            return false;
    *out = value;
    return true;
}

static bool
parse_int64(const char *at, size_t n_bytes, int64_t *out)
{
    bool is_negative = n_bytes > 0 && *at == '-';
    uint64_t value;

    if (!parse_uint64(at + is_negative, n_bytes - is_negative, &value) ||
        value > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = (int64_t)(is_negative ? 0 - value : value);
    return true;
}

/* By way of the double, as protoc and its libraries read a float. */
static bool
parse_float(const char *at, size_t n_bytes, float *out)
{
    /* halfway from the last float to the next power of two: to even, up */
    static const double too_far = 0x1.ffffffp127;
    double value;

    if (!number_parse_double(at, n_bytes, &value) || value >= too_far ||
        value <= -too_far)
        return false;
    *out = (float)value;
    return true;
}

static bool
is_word(const char *at, size_t n_bytes, const char *word)
{
    return n_bytes == strlen(word) && memcmp(at, word, n_bytes) == 0;
}

static bool
parse_bool(const char *at, size_t n_bytes, int *out)
{
    if (is_word(at, n_bytes, "1") || is_word(at, n_bytes, "true"))
        *out = 1;
    else if (is_word(at, n_bytes, "0") || is_word(at, n_bytes, "false"))
        *out = 0;
    else
        return false;
    return true;
}

bool
scalar_parse(enum scalar_type type, const char *at, size_t n_bytes,
    union scalar *out)
{
    uint64_t value;
    int64_t number;

    switch (types[type].c_type) {
    case F64:
        return number_parse_double(at, n_bytes, &out->f64);
    case F32:
        return parse_float(at, n_bytes, &out->f32);
    case I32:
    case I64:
        return parse_int64(at, n_bytes, &number) &&
               scalar_from_int64(type, number, out);
    case U32:
        return number_parse_uint32(at, n_bytes, &out->u32);
    case U64:
        if (!parse_uint64(at, n_bytes, &value))
            return false;
        out->u64 = value;
        return true;
    case BOOLEAN:
        return parse_bool(at, n_bytes, &out->boolean);
    case SPAN:
        if (type == SCALAR_STRING && !utf8_is_valid(at, n_bytes))
            return false;
        out->bytes = (struct span){at, n_bytes};
        return true;
    case POINTER:
        break;
    }
    return false;
}

bool
scalar_from_int64(enum scalar_type type, int64_t value, union scalar *out)
{
    switch (types[type].c_type) {
    case I32:
        if (value < INT32_MIN || value > INT32_MAX)
            return false;
        out->i32 = (int32_t)value;
        return true;
    case I64:
        out->i64 = value;
        return true;
    case U32:
        if (value < 0 || value > UINT32_MAX)
            return false;
        out->u32 = (uint32_t)value;
        return true;
    case U64:
        if (value < 0)
            return false;
        out->u64 = (uint64_t)value;
        return true;
    case F64:
    case F32:
    case BOOLEAN:
    case SPAN:
    case POINTER:
        break;
    }
    return false;
}

double
scalar_as_double(enum scalar_type type, const union scalar *value)
{
    switch (types[type].c_type) {
    case F64:
        return value->f64;
    case F32:
        return (double)value->f32;
    case I32:
        return value->i32;
    case I64:
        return (double)value->i64;
    case U32:
        return value->u32;
    case U64:
        return (double)value->u64;
    case BOOLEAN:
    case SPAN:
    case POINTER:
        break;
    }
    die("scalar_as_double: a %s is no number", scalar_type_word(type));
}

bool
scalar_is_zero(enum scalar_type type, const union scalar *value)
{
    switch (types[type].c_type) {
    case F64: /* -0.0 has a bit that is not */
    case I64:
    case U64:
        return value->u64 == 0;
    case F32:
    case I32:
    case U32:
        return value->u32 == 0;
    case BOOLEAN:
        return !value->boolean;
    case SPAN:
        return value->bytes.n_bytes == 0;
    case POINTER:
        break;
    }
    die("scalar_is_zero: no scalar");
}

/* ---------------------------------------------------------------- bytes --- */

/* The value of a digit of base 16; above 15 for any other byte. */
static unsigned
hex_digit(char byte)
{
    unsigned letter;

    if (number_digit(byte) <= 9)
        return number_digit(byte);
    letter = ((unsigned)(unsigned char)byte | 0x20) - 'a';
    return letter < 6 ? letter + 10 : 16;
}

bool
parse_hex(const char *at, size_t n_bytes, char *out, size_t *out_bytes)
{
    unsigned high, low, wrong = 0;

    if (n_bytes % 2 != 0)
        return false;
    for (size_t i = 0; i < n_bytes; i += 2) {
        high = hex_digit(at[i]);
        low = hex_digit(at[i + 1]);
        wrong |= high | low;
        out[i / 2] = (char)(high << 4 | (low & 15));
    }
    *out_bytes = n_bytes / 2;
    return wrong < 16;
}

/* Bits beside the six of a base64 digit. */
enum { ONLY_STANDARD = 64, ONLY_URL = 128, NO_DIGIT = 256 };

static unsigned
base64_digit(char byte)
{
    unsigned lower = (unsigned)(unsigned char)byte - 'a';
    unsigned upper = (unsigned)(unsigned char)byte - 'A';

    if (upper < 26)
        return upper;
    if (lower < 26)
        return lower + 26;
    if (number_digit(byte) <= 9)
        return number_digit(byte) + 52;
    switch (byte) {
    case '+':
        return 62 | ONLY_STANDARD;
    case '/':
        return 63 | ONLY_STANDARD;
    case '-':
        return 62 | ONLY_URL;
    case '_':
        return 63 | ONLY_URL;
    default:
        return NO_DIGIT;
    }
}

bool
parse_base64(const char *at, size_t n_bytes, char *out, size_t *out_bytes)
{
    unsigned digit, seen = 0;
    uint32_t bits = 0;
    size_t n = 0;

    /* the padding is whole, or not there */
    if (n_bytes % 4 == 0 && n_bytes > 0 && at[n_bytes - 1] == '=')
        n_bytes -= at[n_bytes - 2] == '=' ? 2 : 1;
    if (n_bytes % 4 == 1)
        return false;
    for (size_t i = 0; i < n_bytes; i++) {
        digit = base64_digit(at[i]);
        seen |= digit;
        bits = bits << 6 | (digit & 63);
        if (i % 4 != 0)
            out[n++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    *out_bytes = n;
    if (seen >= NO_DIGIT ||
        (seen & (ONLY_STANDARD | ONLY_URL)) == (ONLY_STANDARD | ONLY_URL))
        return false;
    /* bits after the last byte would be lost */
    return n_bytes % 4 == 0 || (bits & (n_bytes % 4 == 2 ? 15 : 3)) == 0;
}
