/* Numbers: bit for bit what strtod says, for all that is accepted. Random ones
 * are tried in test_number_random.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "value/number.h"

/* -------------------------------------------------------------- helpers --- */

static uint64_t
bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* The contract, in terms of strtod: only these bytes, all of them read, and a
 * finite value. */
static bool
strtod_takes(const char *text, size_t n_bytes, double *out)
{
    char *end;

    if (n_bytes == 0 || strlen(text) != n_bytes ||
        strspn(text, "0123456789.eE+-") != n_bytes)
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

/* Parses an exact copy, so that a sanitizer sees a byte read too many. */
static bool
parse(const char *text, size_t n_bytes, double *out)
{
    char *copy = mem_new(n_bytes);
    bool is_good;

    memcpy(copy, text, n_bytes);
    is_good = number_parse_double(copy, n_bytes, out);
    free(copy);
    return is_good;
}

static void
check(const char *text, size_t n_bytes)
{
    double wanted = 0, got = 0;
    bool is_good = strtod_takes(text, n_bytes, &wanted);

    if (parse(text, n_bytes, &got) != is_good)
        fail_msg("\"%s\" should be %s", text, is_good ? "taken" : "refused");
    if (is_good && bits_of(got) != bits_of(wanted))
        fail_msg("\"%s\": %a, strtod says %a", text, got, wanted);
}

/* --------------------------------------------------------------- tables --- */

static void
test_taken(void **state)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"+0", 0.0},
        {"-0.0e5", -0.0},
        {"1", 1},
        {"+1", 1},
        {"-1", -1},
        {"5.", 5},
        {".5", .5},
        {"-.5", -.5},
        {"+.5e1", 5},
        {"1e3", 1000},
        {"1E3", 1000},
        {"1e+3", 1000},
        {"1e-3", .001},
        {"1.e2", 100},
        {"007", 7},
        {"137.4", 137.4},
        {"55.1", 55.1},
        {"-122.419415512", -122.419415512},
        {"1e22", 1e22},
        {"1e23", 1e23},
        {"1e-22", 1e-22},
        {"1e-23", 1e-23},
        {"9007199254740992", 0x1p53},
        {"9007199254740993", 0x1p53},
        {"9007199254740993.0000000000000000001", 0x1.0000000000001p53},
        {"9007199254740991e22", 9007199254740991e22},
        {"9007199254740992e22", 9007199254740992e22},
        {"18446744073709551615", 0x1p64},
        {"18446744073709551616", 0x1p64},
        {"28446744073709551617", 28446744073709551617.0},
        {"0.1000000000000000055511151231257827", 0.1},
        {"1e308", 1e308},
        {"1.7976931348623157e308", 0x1.fffffffffffffp1023},
        {"1.7976931348623158e308", 0x1.fffffffffffffp1023},
        {"2.2250738585072014e-308", 0x1p-1022},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"5e-324", 0x1p-1074},
        {"2e-324", 0},
        {"3e-324", 0x1p-1074},
        {"1e-400", 0},
        {"-1e-400", -0.0},
        {"1e-99999999999999999999999", 0},
        {"0e99999999999999999999999", 0},
        {"1e000000000000000000000000001", 10},
        {"0000000000000000000000000.25", .25},
        {"100000000000000000000000000000e-29", 1},
    };
    double got;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        got = 4711;
        if (!parse(rows[i].text, strlen(rows[i].text), &got))
            fail_msg("\"%s\" was refused", rows[i].text);
        if (bits_of(got) != bits_of(rows[i].value))
            fail_msg("\"%s\": %a, not %a", rows[i].text, got, rows[i].value);
        check(rows[i].text, strlen(rows[i].text));
    }
}

static void
test_refused(void **state)
{
    static const char *const rows[] = {"", "+", "-", ".", "+.", "-.", "e", "e5",
        ".e5", "+e5", "1e", "1e+", "1e-", "1e5.", "1e5.5", "1e5e5", "..", "1..",
        "1.2.3", "--1", "+-1", "-+1", "++1", " 1", "1 ", "1\t", "\n1", "1\r",
        "1 2", "0x1p3", "0x10", "0X1", "nan", "NaN", "-nan", "nan(1)", "inf",
        "-inf", "+inf", "INF", "infinity", "1,5", "1'000", "1_0", "1d5", "1f",
        "1e309", "-1e309", "1.7976931348623159e308",
        "1e99999999999999999999999", "-1e9999", "\xef\xbc\x91", "\xe2\x88\x92",
        "1\xff", "null", "-", "1-", "1+1", "1e1+1", "1e1-", "e", "E1", "/", ":",
        "1/", "1:"};
    double got;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        got = 4711;
        if (parse(rows[i], strlen(rows[i]), &got))
            fail_msg("\"%s\" was taken as %a", rows[i], got);
        if (got != 4711)
            fail_msg("\"%s\" was refused, but left %a", rows[i], got);
        check(rows[i], strlen(rows[i]));
    }
    assert_false(parse("1\0", 2, &got));
    assert_false(parse("\0", 1, &got));
    assert_false(parse("1\0002", 3, &got));
}

/* Every prefix of a number is judged like any text. */
static void
test_prefixes(void **state)
{
    static const char *const rows[] = {"-123.4567890123456789e-12",
        "+.00012345e+300", "1e-400", "9007199254740993.5", "1.e5"};
    char prefix[64];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t n = 0; n <= strlen(rows[i]); n++) {
            snprintf(prefix, sizeof(prefix), "%.*s", (int)n, rows[i]);
            check(prefix, n);
        }
}

/* --------------------------------------------------------- long numbers --- */

static void
check_long(const char *head, char digit, size_t n, const char *tail,
    double value)
{
    char *zeros = mem_new(n + 1), *text;
    double got = 4711;

    memset(zeros, digit, n);
    zeros[n] = '\0';
    text = mem_format("%s%s%s", head, zeros, tail);
    check(text, strlen(text));
    assert_true(parse(text, strlen(text), &got));
    if (bits_of(got) != bits_of(value))
        fail_msg("%s<%zu times %c>%s: %a, not %a", head, n, digit, tail, got,
            value);
    free(text);
    free(zeros);
}

static void
test_long(void **state)
{
    char power[16];

    (void)state;
    check_long("1", '0', 5000, "e-5000", 1);
    check_long("-0.", '0', 5000, "1e5001", -1);
    check_long("0.", '3', 4000, "", 1.0 / 3);
    check_long("", '0', 100000, "7", 7);
    check_long(".", '0', 100000, "", 0);
    check_long("1.", '0', 100000, "", 1);
    check_long("1", '0', 1000000, "e-1000000", 1);
    /* halfway, and just above it, far behind */
    check_long("9007199254740993.", '0', 3000, "", 0x1p53);
    check_long("9007199254740993.", '0', 3000, "1", 0x1.0000000000001p53);
    /* the lengths around the short buffer */
    for (size_t n = 80; n < 140; n++) {
        snprintf(power, sizeof(power), "1e-%zu", n + 1);
        check_long("0.", '0', n, "1", strtod(power, NULL));
    }
}

/* ------------------------------------------------------------- integers --- */

static void
test_uint32(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        uint32_t value;
    } rows[] = {
        {"0", true, 0},
        {"9", true, 9},
        {"10", true, 10},
        {"0009", true, 9},
        {"9999", true, 9999},
        {"2147483648", true, 2147483648},
        {"4294967295", true, 4294967295},
        {"4294967296", false, 0},
        {"9999999999", false, 0},
        {"18446744073709551616", false, 0},
        {"18446744073709551617", false, 0},
        {"00000000000000000000004294967295", true, 4294967295},
        {"", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"+1", false, 0},
        {"-1", false, 0},
        {"-0", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"0x10", false, 0},
        {"12a", false, 0},
        {"a12", false, 0},
        {"/", false, 0},
        {":", false, 0},
        {"1\xb1", false, 0},
    };
    uint32_t got;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        got = 4711;
        if (number_parse_uint32(rows[i].text, strlen(rows[i].text), &got) !=
            rows[i].is_good)
            fail_msg("\"%s\"", rows[i].text);
        assert_int_equal(got, rows[i].is_good ? rows[i].value : 4711);
    }
    assert_false(number_parse_uint32("1\0", 2, &got));
}

static void
test_digit(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++)
        if (byte >= '0' && byte <= '9')
            assert_int_equal(number_digit((char)byte), byte - '0');
        else
            assert_true(number_digit((char)byte) > 9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_uint32),
        cmocka_unit_test(test_digit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
