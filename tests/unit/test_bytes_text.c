/* Bytes written as hex or base64: back to what an encoder was given, and every
 * text refused that no encoder writes. */
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

/* Into exactly the room that the header promises, off an exact copy. */
static bool
parse(bool (*parser)(const char *, size_t, char *, size_t *), size_t room,
    const char *text, size_t n, char *out, size_t *n_out)
{
    char *copy = mem_new(n + 1), *exact = mem_new(room);
    bool is_good;

    memcpy(copy + 1, text, n);
    is_good = parser(copy + 1, n, exact, n_out);
    if (is_good)
        memcpy(out, exact, *n_out);
    free(copy);
    free(exact);
    return is_good;
}

static bool
hex(const char *text, size_t n, char *out, size_t *n_out)
{
    return parse(parse_hex, n / 2, text, n, out, n_out);
}

static bool
base64(const char *text, size_t n, char *out, size_t *n_out)
{
    return parse(parse_base64, n / 4 * 3 + 3, text, n, out, n_out);
}

/* RFC 4648, section 4 and 5, bit by bit. */
static size_t
encode_base64(const uint8_t *bytes, size_t n, bool is_url, bool has_padding,
    char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t n_out = 0, n_bits = n * 8;
    unsigned digit;

    for (size_t bit = 0; bit < n_bits; bit += 6) {
        digit = 0;
        for (size_t i = bit; i < bit + 6; i++)
            digit =
                digit * 2 + (i < n_bits ? bytes[i / 8] >> (7 - i % 8) & 1u : 0);
        out[n_out++] =
            digit < 62 ? digits[digit] : (is_url ? "-_" : "+/")[digit - 62];
    }
    while (has_padding && n_out % 4 != 0)
        out[n_out++] = '=';
    return n_out;
}

static void
test_what_was_encoded_comes_back(void **state)
{
    struct rng rng;
    uint64_t seed = clock_ns();
    uint8_t bytes[64];
    char text[160], out[160];
    size_t n, n_text, n_out;

    (void)state;
    print_message("SEED=%llu\n", (unsigned long long)seed);
    rng_init(&rng, seed);
    for (int round = 0; round < 50000; round++) {
        n = rng_below(&rng, sizeof(bytes) + 1);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)rng_next(&rng);
        n_text = encode_base64(bytes, n, rng_below(&rng, 2) == 0,
            rng_below(&rng, 2) == 0, text);
        assert_true(base64(text, n_text, out, &n_out));
        assert_int_equal(n_out, n);
        assert_memory_equal(out, bytes, n);
        for (size_t i = 0; i < n; i++)
            snprintf(text + 2 * i, 3, rng_below(&rng, 2) ? "%02x" : "%02X",
                bytes[i]);
        assert_true(hex(text, 2 * n, out, &n_out));
        assert_int_equal(n_out, n);
        assert_memory_equal(out, bytes, n);
    }
}

static void
test_the_rfc_s_own_examples(void **state)
{
    static const char *const rows[] = {
        "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    char out[16];
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(base64(rows[i], strlen(rows[i]), out, &n));
        assert_int_equal(n, i);
        assert_memory_equal(out, "foobar", n);
    }
}

static void
test_each_byte_is_judged(void **state)
{
    static const char *const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijk"
                                        "lmnopqrstuvwxyz0123456789+/-_";
    char text[4], out[8];
    size_t n;

    (void)state;
    for (int at = 0; at < 4; at++)
        for (int byte = 1; byte < 256; byte++) {
            memcpy(text, "AAAA", 4);
            text[at] = (char)byte;
            if (byte == '=' && at == 3)
                assert_true(base64(text, 4, out, &n));
            else
                assert_int_equal(base64(text, 4, out, &n),
                    strchr(alphabet, byte) != NULL);
            memcpy(text, "00", 2);
            text[at % 2] = (char)byte;
            assert_int_equal(hex(text, 2, out, &n),
                strchr("0123456789abcdefABCDEF", byte) != NULL);
        }
    assert_false(base64("AAA\0", 4, out, &n));
    assert_false(hex("0\0", 2, out, &n));
}

static void
test_texts_that_no_encoder_writes_are_refused(void **state)
{
    static const char *const not_base64[] = {"A", "A=", "A==", "A===", "=",
        "==", "====", "AA=", "AAA==", "AAAA=", "AAAA==", "AAAA====", "AA==AAAA",
        "AA=A", "Zm9v Zm9v", "Zm9v\n", " Zm9v",
        /* bits that are lost */
        "Zh==", "Zh", "Zm9=", "Zm9", "//==", "__",
        /* both alphabets */
        "+_AA", "-/AA", "++--"};
    static const char *const not_hex[] = {"0", "000", "0x00", "0g", "g0",
        "00 00", " 00", "00\n", "-1", "+1", "/0", ":0", "@0", "`0", "G0"};
    char out[16];
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(not_base64) / sizeof(not_base64[0]); i++)
        if (base64(not_base64[i], strlen(not_base64[i]), out, &n))
            fail_msg("\"%s\" was taken as base64", not_base64[i]);
    for (size_t i = 0; i < sizeof(not_hex) / sizeof(not_hex[0]); i++)
        if (hex(not_hex[i], strlen(not_hex[i]), out, &n))
            fail_msg("\"%s\" was taken as hex", not_hex[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_encoded_comes_back),
        cmocka_unit_test(test_the_rfc_s_own_examples),
        cmocka_unit_test(test_each_byte_is_judged),
        cmocka_unit_test(test_texts_that_no_encoder_writes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
