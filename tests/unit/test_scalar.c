/*
 * Scalars: each type's limits, what lies beyond them, junk and nothing; random
 * texts as strtoll(3), strtoull(3) and strtod(3) read them, bit for bit; hex
 * and base64 against an encoder and each wrong byte.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "value/scalar.h"

/* -------------------------------------------------------------- helpers --- */

/* Parses an exact copy, so that a sanitizer sees a byte read too many. */
static bool
parse(enum scalar_type type, const char *text, size_t n_bytes,
    union scalar *out)
{
    char *copy = mem_new(n_bytes + 1);
    bool is_good;

    memcpy(copy + 1, text, n_bytes);
    is_good = scalar_parse(type, copy + 1, n_bytes, out);
    free(copy);
    return is_good;
}

static void
assert_refused(enum scalar_type type, const char *text)
{
    union scalar got;

    if (parse(type, text, strlen(text), &got))
        fail_msg("\"%s\" was taken as %s", text, scalar_type_word(type));
}

/* The value's own bytes, the others zero. */
static uint64_t
bits_of(enum scalar_type type, const union scalar *value)
{
    uint64_t bits = 0;

    memcpy(&bits, value, scalar_bytes(type));
    return bits;
}

static void
assert_taken(enum scalar_type type, const char *text, union scalar wanted)
{
    union scalar got;

    memset(&got, 0x55, sizeof(got));
    if (!parse(type, text, strlen(text), &got))
        fail_msg("\"%s\" was refused as %s", text, scalar_type_word(type));
    if (bits_of(type, &got) != bits_of(type, &wanted))
        fail_msg("\"%s\" as %s: %llx, not %llx", text, scalar_type_word(type),
            (unsigned long long)bits_of(type, &got),
            (unsigned long long)bits_of(type, &wanted));
}

/* ------------------------------------------------------------- integers --- */

static const struct {
    enum scalar_type type;
    const char *low, *high, *below, *above;
} integers[] = {
    {SCALAR_INT32, "-2147483648", "2147483647", "-2147483649", "2147483648"},
    {SCALAR_SINT32, "-2147483648", "2147483647", "-2147483649", "2147483648"},
    {SCALAR_SFIXED32, "-2147483648", "2147483647", "-2147483649", "2147483648"},
    {SCALAR_ENUM, "-2147483648", "2147483647", "-2147483649", "2147483648"},
    {SCALAR_INT64, "-9223372036854775808", "9223372036854775807",
        "-9223372036854775809", "9223372036854775808"},
    {SCALAR_SINT64, "-9223372036854775808", "9223372036854775807",
        "-9223372036854775809", "9223372036854775808"},
    {SCALAR_SFIXED64, "-9223372036854775808", "9223372036854775807",
        "-9223372036854775809", "9223372036854775808"},
    {SCALAR_UINT32, "0", "4294967295", "-1", "4294967296"},
    {SCALAR_FIXED32, "0", "4294967295", "-1", "4294967296"},
    {SCALAR_UINT64, "0", "18446744073709551615", "-1", "18446744073709551616"},
    {SCALAR_FIXED64, "0", "18446744073709551615", "-1", "18446744073709551616"},
};

enum { N_INTEGERS = sizeof(integers) / sizeof(integers[0]) };

static bool
is_signed(size_t i)
{
    return *integers[i].low == '-';
}

/* What strtoll and strtoull make of a text of digits and '-' alone. */
static bool
reference(size_t i, const char *text, union scalar *out)
{
    bool is_small = scalar_bytes(integers[i].type) == 4;
    long long value;
    unsigned long long natural;
    char *end;

    memset(out, 0, sizeof(*out));
    errno = 0;
    if (!*text || strspn(text, is_signed(i) ? "-0123456789" : "0123456789") !=
                      strlen(text))
        return false;
    if (!is_signed(i)) {
        natural = strtoull(text, &end, 10);
        if (is_small)
            out->u32 = (uint32_t)natural;
        else
            out->u64 = natural;
        return !*end && !errno && !(is_small && natural > UINT32_MAX);
    }
    value = strtoll(text, &end, 10);
    if (is_small)
        out->i32 = (int32_t)value;
    else
        out->i64 = value;
    return !*end && end != text && !errno &&
           !(is_small && (value < INT32_MIN || value > INT32_MAX));
}

static void
test_limits_of_integers_are_taken_and_what_is_beyond_is_not(void **state)
{
    union scalar wanted;
    char *text;

    (void)state;
    for (size_t i = 0; i < N_INTEGERS; i++) {
        assert_true(reference(i, integers[i].low, &wanted));
        assert_taken(integers[i].type, integers[i].low, wanted);
        assert_true(reference(i, integers[i].high, &wanted));
        assert_taken(integers[i].type, integers[i].high, wanted);
        text = mem_format("%0200d%s", 0, integers[i].high);
        assert_taken(integers[i].type, text, wanted);
        free(text);
        assert_refused(integers[i].type, integers[i].below);
        assert_refused(integers[i].type, integers[i].above);
        text = mem_format("%s0", integers[i].high);
        assert_refused(integers[i].type, text);
        free(text);
    }
}

static void
test_junk_is_no_integer(void **state)
{
    static const char *const rows[] = {"", "-", "--1", "+1", " 1", "1 ", "1.0",
        "1.", ".1", "1e3", "0x10", "12a", "a12", "1-", "1-2", "1_000", "1,000",
        "nan", "inf", "true", "NULL", "/", ":", "1\xff", "\xd9\xa1", "\t",
        "1\r", "- 1", "99999999999999999999999999999999999999"};
    union scalar got;

    (void)state;
    for (size_t i = 0; i < N_INTEGERS; i++) {
        for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
            assert_refused(integers[i].type, rows[k]);
        assert_false(parse(integers[i].type, "1\0", 2, &got));
        assert_false(parse(integers[i].type, "\0", 1, &got));
        if (!is_signed(i))
            assert_refused(integers[i].type, "-0");
        else
            assert_taken(integers[i].type, "-0", (union scalar){.u64 = 0});
    }
}

/* Around each power of two and ten, and of every length. */
static size_t
random_integer(struct rng *rng, char *out, size_t room)
{
    uint64_t value = rng_next(rng) >> rng_below(rng, 64);
    const char *sign = rng_below(rng, 2) ? "-" : "";
    size_t n;

    if (rng_below(rng, 4) == 0)
        value = (UINT64_C(1) << rng_below(rng, 64)) + rng_below(rng, 3) - 1;
    n = (size_t)snprintf(out, room, "%s%0*llu", sign, (int)rng_below(rng, 24),
        (unsigned long long)value);
    if (rng_below(rng, 4) == 0)
        n += (size_t)snprintf(out + n, room - n, "%u",
            (unsigned)rng_below(rng, 10));
    if (rng_below(rng, 16) == 0)
        out[rng_below(rng, n)] = (char)('*' + rng_below(rng, 20));
    return n;
}

static void
test_random_integers_are_as_strtoll_reads_them(void **state)
{
    struct rng rng;
    uint64_t seed = clock_ns();
    union scalar wanted, got;
    char text[64];
    size_t n, n_good = 0;
    bool is_good;

    (void)state;
    print_message("SEED=%llu\n", (unsigned long long)seed);
    rng_init(&rng, seed);
    for (int round = 0; round < 100000; round++) {
        n = random_integer(&rng, text, sizeof(text));
        for (size_t i = 0; i < N_INTEGERS; i++) {
            is_good = reference(i, text, &wanted);
            n_good += is_good;
            memset(&got, 0, sizeof(got));
            if (scalar_parse(integers[i].type, text, n, &got) != is_good)
                fail_msg("\"%s\" should be %s as %s", text,
                    is_good ? "taken" : "refused",
                    scalar_type_word(integers[i].type));
            if (is_good && memcmp(&got, &wanted, sizeof(got)) != 0)
                fail_msg("\"%s\" as %s", text,
                    scalar_type_word(integers[i].type));
        }
    }
    assert_true(n_good > 100000);
}

static void
test_integers_from_64_bits_are_those_the_type_holds(void **state)
{
    static const int64_t rows[] = {INT64_MIN, (int64_t)INT32_MIN - 1, INT32_MIN,
        -1, 0, 1, INT32_MAX, (int64_t)INT32_MAX + 1, UINT32_MAX,
        (int64_t)UINT32_MAX + 1, INT64_MAX};
    union scalar wanted, got;
    char text[32];
    bool is_good;

    (void)state;
    for (size_t i = 0; i < N_INTEGERS; i++)
        for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
            snprintf(text, sizeof(text), "%lld", (long long)rows[k]);
            is_good = reference(i, text, &wanted);
            memset(&got, 0, sizeof(got));
            assert_int_equal(scalar_from_int64(integers[i].type, rows[k], &got),
                is_good);
            if (is_good) {
                assert_memory_equal(&got, &wanted, sizeof(got));
                if (integers[i].type != SCALAR_ENUM)
                    assert_true(scalar_as_double(integers[i].type, &got) ==
                                (double)rows[k]);
            }
        }
    assert_false(scalar_from_int64(SCALAR_DOUBLE, 1, &got));
    assert_false(scalar_from_int64(SCALAR_FLOAT, 1, &got));
    assert_false(scalar_from_int64(SCALAR_BOOL, 1, &got));
    assert_false(scalar_from_int64(SCALAR_STRING, 1, &got));
    assert_false(scalar_from_int64(SCALAR_BYTES, 1, &got));
    assert_false(scalar_from_int64(SCALAR_MESSAGE, 1, &got));
}

/* ------------------------------------------------- float, double, bool --- */

static void
test_floats_are_rounded_from_their_double(void **state)
{
    static const char *const taken[] = {"0", "-0", "1", "0.1", "16777217",
        "3.4028234663852886e38", "-3.4028234663852886e38",
        "3.40282356779733642e38", "1.1754943508222875e-38", "1.4e-45", "7e-46",
        "8e-46", "1e-400", "-1e-400", ".5", "5.", "+1e5",
        /* between two floats by their decimal, halfway by its double */
        "1.00000005960464477539062501"};
    static const char *const refused[] = {"", "-", ".", "nan", "inf",
        "-infinity", "1e39", "-1e39", "3.4028235677973367e38", "1e400", "0x1p3",
        "1,5", " 1", "1 ", "1f"};
    union scalar wanted = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        wanted.f32 = (float)strtod(taken[i], NULL);
        assert_taken(SCALAR_FLOAT, taken[i], wanted);
        wanted.f64 = strtod(taken[i], NULL);
        assert_taken(SCALAR_DOUBLE, taken[i], wanted);
        wanted.u64 = 0;
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_refused(SCALAR_FLOAT, refused[i]);
    assert_refused(SCALAR_DOUBLE, "1e309");
    assert_refused(SCALAR_DOUBLE, "");
    assert_refused(SCALAR_DOUBLE, "nan");
    wanted.f64 = 1e39;
    assert_taken(SCALAR_DOUBLE, "1e39", wanted);
}

static void
test_random_floats_are_as_strtod_reads_them(void **state)
{
    struct rng rng;
    uint64_t seed = clock_ns();
    union scalar got;
    double value;
    char text[64];
    uint32_t bits;
    float wanted;
    bool is_good;

    (void)state;
    print_message("SEED=%llu\n", (unsigned long long)seed);
    rng_init(&rng, seed);
    for (int round = 0; round < 200000; round++) {
        bits = (uint32_t)rng_next(&rng);
        memcpy(&wanted, &bits, sizeof(wanted));
        snprintf(text, sizeof(text), "%.*g", (int)rng_below(&rng, 18) + 1,
            (double)wanted);
        value = strtod(text, NULL);
        is_good = isfinite(value) && isfinite((float)value);
        wanted = (float)value;
        if (scalar_parse(SCALAR_FLOAT, text, strlen(text), &got) != is_good)
            fail_msg("\"%s\" should be %s", text,
                is_good ? "taken" : "refused");
        if (is_good && memcmp(&got.f32, &wanted, sizeof(wanted)) != 0)
            fail_msg("\"%s\": %a, not %a", text, (double)got.f32,
                (double)wanted);
    }
}

static void
test_bools_are_four_words(void **state)
{
    static const char *const refused[] = {"", "t", "f", "True", "TRUE", "False",
        "yes", "no", "2", "-1", "01", "10", " 1", "1 ", "true ", "tru", "truee",
        "on", "null"};

    (void)state;
    assert_taken(SCALAR_BOOL, "1", (union scalar){.boolean = 1});
    assert_taken(SCALAR_BOOL, "true", (union scalar){.boolean = 1});
    assert_taken(SCALAR_BOOL, "0", (union scalar){.boolean = 0});
    assert_taken(SCALAR_BOOL, "false", (union scalar){.boolean = 0});
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_refused(SCALAR_BOOL, refused[i]);
}

/* --------------------------------------------------------- text, traits --- */

static void
test_strings_are_utf8_and_bytes_anything(void **state)
{
    static const char *const good[] = {"", "abc", "0123456789abcdef",
        "\xd0\xb6\xd0\xb8\xd0\xb2", "\xf0\x9f\x90\xbf", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\xff", "abcdefgh\x80", "\xc0\xaf",
        "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xd0", "01234567\xe2\x82"};
    union scalar got;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(scalar_parse(SCALAR_STRING, good[i], strlen(good[i]),
            &got));
        assert_ptr_equal(got.bytes.at, good[i]);
        assert_int_equal(got.bytes.n_bytes, strlen(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(SCALAR_STRING, bad[i]);
        assert_true(scalar_parse(SCALAR_BYTES, bad[i], strlen(bad[i]), &got));
        assert_ptr_equal(got.bytes.at, bad[i]);
        assert_int_equal(got.bytes.n_bytes, strlen(bad[i]));
    }
    assert_true(scalar_parse(SCALAR_STRING, "a\0b", 3, &got));
    assert_int_equal(got.bytes.n_bytes, 3);
    assert_false(scalar_parse(SCALAR_MESSAGE, "", 0, &got));
}

static void
test_zero_is_all_bits_zero(void **state)
{
    static const char *const zeros[] = {"0", "0.0", "1e-400"};
    static const char *const others[] = {"-0.0", "1", "1.4e-45"};
    union scalar value;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        memset(&value, 0xff, sizeof(value));
        assert_true(parse(SCALAR_FLOAT, zeros[i], strlen(zeros[i]), &value));
        assert_true(scalar_is_zero(SCALAR_FLOAT, &value));
        assert_true(parse(SCALAR_DOUBLE, zeros[i], strlen(zeros[i]), &value));
        assert_true(scalar_is_zero(SCALAR_DOUBLE, &value));
        memset(&value, 0, sizeof(value));
        assert_true(parse(SCALAR_FLOAT, others[i], strlen(others[i]), &value));
        assert_false(scalar_is_zero(SCALAR_FLOAT, &value));
        assert_true(parse(SCALAR_DOUBLE, others[i], strlen(others[i]), &value));
        assert_false(scalar_is_zero(SCALAR_DOUBLE, &value));
    }
    for (size_t i = 0; i < N_INTEGERS; i++) {
        memset(&value, 0xff, sizeof(value));
        assert_true(parse(integers[i].type, "0", 1, &value));
        assert_true(scalar_is_zero(integers[i].type, &value));
        assert_true(parse(integers[i].type, "256", 3, &value));
        assert_false(scalar_is_zero(integers[i].type, &value));
    }
    value.boolean = 0;
    assert_true(scalar_is_zero(SCALAR_BOOL, &value));
    value.boolean = 1;
    assert_false(scalar_is_zero(SCALAR_BOOL, &value));
    value.bytes = (struct span){"x", 0};
    assert_true(scalar_is_zero(SCALAR_STRING, &value));
    value.bytes.n_bytes = 1;
    assert_false(scalar_is_zero(SCALAR_BYTES, &value));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_limits_of_integers_are_taken_and_what_is_beyond_is_not),
        cmocka_unit_test(test_junk_is_no_integer),
        cmocka_unit_test(test_random_integers_are_as_strtoll_reads_them),
        cmocka_unit_test(test_integers_from_64_bits_are_those_the_type_holds),
        cmocka_unit_test(test_floats_are_rounded_from_their_double),
        cmocka_unit_test(test_random_floats_are_as_strtod_reads_them),
        cmocka_unit_test(test_bools_are_four_words),
        cmocka_unit_test(test_strings_are_utf8_and_bytes_anything),
        cmocka_unit_test(test_zero_is_all_bits_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
