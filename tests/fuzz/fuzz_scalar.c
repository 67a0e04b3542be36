/*
 * value/scalar: every text as every type, as strtoll, strtoull and strtod read
 * it or refused by both; hex and base64 back to the text they were read from.
 *
 * No head: the input is the text.
 */
// FUZZ: -max_len=256
#include <errno.h>
#include <math.h>

#include "fuzz/fuzz.h"
#include "value/scalar.h"

static bool
reads_integer(enum scalar_type type, const char *text, size_t n,
    union scalar *out)
{
    bool is_small = scalar_bytes(type) == 4;
    bool is_signed = type != SCALAR_UINT32 && type != SCALAR_UINT64 &&
                     type != SCALAR_FIXED32 && type != SCALAR_FIXED64;
    long long value;
    unsigned long long natural;
    char *end;

    if (n == 0 || strspn(text, "-0123456789") != n ||
        (!is_signed && strchr(text, '-')))
        return false;
    errno = 0;
    if (!is_signed) {
        natural = strtoull(text, &end, 10);
        if (is_small)
            out->u32 = (uint32_t)natural;
        else
            out->u64 = natural;
        return end == text + n && !errno && !(is_small && natural > UINT32_MAX);
    }
    value = strtoll(text, &end, 10);
    if (is_small)
        out->i32 = (int32_t)value;
    else
        out->i64 = value;
    return end == text + n && !errno &&
           !(is_small && (value < INT32_MIN || value > INT32_MAX));
}

static bool
reads_real(enum scalar_type type, const char *text, size_t n, union scalar *out)
{
    char *end;
    double value;

    if (n == 0 || strspn(text, "0123456789.eE+-") != n)
        return false;
    value = strtod(text, &end);
    if (end != text + n || !isfinite(value))
        return false;
    if (type == SCALAR_DOUBLE) {
        out->f64 = value;
        return true;
    }
    if (fabs(value) >= 0x1.ffffffp127)
        return false;
    out->f32 = (float)value;
    return true;
}

static bool
reads_bool(const char *text, size_t n, union scalar *out)
{
    out->boolean = strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
    return strlen(text) == n && (out->boolean || strcmp(text, "0") == 0 ||
                                    strcmp(text, "false") == 0);
}

static void
check_number(enum scalar_type type, const char *text, const char *exact,
    size_t n)
{
    union scalar wanted = {0}, got = {0};
    bool is_good = type == SCALAR_BOOL ? reads_bool(text, n, &wanted)
                   : type == SCALAR_DOUBLE || type == SCALAR_FLOAT
                       ? reads_real(type, text, n, &wanted)
                       : reads_integer(type, text, n, &wanted);

    if (scalar_parse(type, exact, n, &got) != is_good)
        die("\"%s\" as %s should be %s", text, scalar_type_word(type),
            is_good ? "taken" : "refused");
    if (is_good && memcmp(&got, &wanted, scalar_bytes(type)) != 0)
        die("\"%s\" as %s: another value", text, scalar_type_word(type));
    if (is_good && type != SCALAR_BOOL && type != SCALAR_ENUM)
        must(!isnan(scalar_as_double(type, &got)));
}

static void
check_hex(const char *exact, size_t n)
{
    char *out = mem_new(n / 2), digit;
    size_t n_out;

    if (parse_hex(exact, n, out, &n_out)) {
        must(n_out * 2 == n);
        for (size_t i = 0; i < n; i++) {
            digit =
                "0123456789abcdef"[(uint8_t)out[i / 2] >> (i % 2 ? 0 : 4) & 15];
            must(exact[i] == digit || (exact[i] | 0x20) == digit);
        }
    }
    free(out);
}

/* The bits that are read, as digits again, are the text. */
static void
check_base64(const char *exact, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789";
    char *out = mem_new(n / 4 * 3 + 3);
    size_t n_out, n_digits;
    unsigned digit;

    if (!parse_base64(exact, n, out, &n_out)) {
        free(out);
        return;
    }
    n_digits = (n_out * 8 + 5) / 6;
    must(n == n_digits || n == (n_digits + 3) / 4 * 4);
    for (size_t i = 0; i < n; i++) {
        if (i >= n_digits) {
            must(exact[i] == '=');
            continue;
        }
        digit = 0;
        for (size_t bit = i * 6; bit < i * 6 + 6; bit++)
            digit =
                digit * 2 +
                (bit < n_out * 8 ? (uint8_t)out[bit / 8] >> (7 - bit % 8) & 1u
                                 : 0);
        must(digit < 62 ? exact[i] == digits[digit]
                        : exact[i] == "+/"[digit - 62] ||
                              exact[i] == "-_"[digit - 62]);
    }
    free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *exact = exact_copy(data, n), *text = mem_zero(n + 1, 1);
    union scalar got;

    memcpy(text, exact, n);
    for (int type = SCALAR_DOUBLE; type <= SCALAR_ENUM; type++)
        if (type != SCALAR_STRING && type != SCALAR_BYTES)
            check_number((enum scalar_type)type, text, exact, n);
    if (scalar_parse(SCALAR_STRING, exact, n, &got))
        must(got.bytes.at == exact && got.bytes.n_bytes == n);
    must(scalar_parse(SCALAR_BYTES, exact, n, &got));
    check_hex(exact, n);
    check_base64(exact, n);
    free(exact);
    free(text);
    return 0;
}
