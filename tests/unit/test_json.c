/* Texts inside JSON, and what is UTF-8. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

/* The literal's bytes: a text that may hold NULs. */
#define BYTES(literal) literal, sizeof(literal) - 1

static void
test_utf8(void **state)
{
    static const struct {
        const char *bytes;
        size_t n_bytes;
        bool is_valid;
    } cases[] = {
        {BYTES(""), true},
        {BYTES("plain \t\x01\x7f"), true},
        {BYTES("a\0b"), true},
        {BYTES("\xc2\x80 \xdf\xbf"), true},
        {BYTES("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"), true},
        {BYTES("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"), true},
        {BYTES("\xef\xbb\xbfidfa"), true},
        {BYTES("eight plain bytes, then \xc3\xa4, then eight plain"), true},
        /* a second half, alone */
        {BYTES("\x80"), false},
        {BYTES("a\xbf"), false},
        /* a first one, alone */
        {BYTES("\xc3"), false},
        {BYTES("\xc3\x28"), false},
        {BYTES("eight plain bytes \xe2\x82"), false},
        {BYTES("\xf0\x9f\x98"), false},
        /* longer than they need be */
        {BYTES("\xc0\x80"), false},
        {BYTES("\xc1\xbf"), false},
        {BYTES("\xe0\x9f\xbf"), false},
        {BYTES("\xf0\x8f\xbf\xbf"), false},
        /* surrogates, and what is too large */
        {BYTES("\xed\xa0\x80"), false},
        {BYTES("\xed\xbf\xbf"), false},
        {BYTES("\xf4\x90\x80\x80"), false},
        {BYTES("\xf5\x80\x80\x80"), false},
        {BYTES("\xfe"), false},
        {BYTES("\xff"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* an exact copy, so that a sanitizer sees overreads */
        char *copy = mem_new(cases[i].n_bytes + 1);

        memcpy(copy + 1, cases[i].bytes, cases[i].n_bytes);
        if (utf8_is_valid(copy + 1, cases[i].n_bytes) != cases[i].is_valid)
            fail_msg("case %zu", i);
        free(copy);
    }
}

static void
test_code_points(void **state)
{
    uint32_t code;

    (void)state;
    assert_int_equal(utf8_decode("\xe2\x82\xac", SIZE_MAX, &code), 3);
    assert_int_equal(code, 0x20ac);
    assert_int_equal(utf8_decode("\xf0\x9f\x98\x80", 4, &code), 4);
    assert_int_equal(code, 0x1f600);
    assert_int_equal(utf8_decode("\xf0\x9f\x98\x80", 3, &code), 0);
    assert_int_equal(code, 0xf0);
    assert_int_equal(utf8_decode("", SIZE_MAX, &code), 1);
    assert_int_equal(code, 0);
}

static void
test_escapes(void **state)
{
    static const struct {
        const char *bytes;
        size_t n_bytes;
        bool is_raw;
        const char *wanted;
    } cases[] = {
        {BYTES(""), false, ""},
        {BYTES("idfa\t1\t55.1"), false, "idfa\\t1\\t55.1"},
        {BYTES("say \"a\\b\"/"), false, "say \\\"a\\\\b\\\"/"},
        {BYTES("\0\x01\b\x1f\x7f"), false,
            "\\u0000\\u0001\\u0008\\u001F\\u007F"},
        {BYTES("\xc3\xa4\t\xe2\x82\xac"), false, "\xc3\xa4\\t\xe2\x82\xac"},
        {BYTES("\xc3\xa4\xff\x80~"), true, "\\u00C3\\u00A4\\u00FF\\u0080~"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text out = {0}, pieces = {0};

        json_add(&out, cases[i].bytes, cases[i].n_bytes, cases[i].is_raw);
        for (size_t at = 0; at < cases[i].n_bytes; at++)
            json_add(&pieces, cases[i].bytes + at, 1, cases[i].is_raw);
        assert_string_equal(out.data ? out.data : "", cases[i].wanted);
        assert_string_equal(pieces.data ? pieces.data : "", cases[i].wanted);
        text_release(&out);
        text_release(&pieces);
    }
}

/* Whatever the bytes, a parser reads them back. */
static void
test_every_byte(void **state)
{
    struct text out = {0};
    char bytes[256];
    json_t *json;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    text_add(&out, "\"", 1);
    json_add(&out, bytes, sizeof(bytes), true);
    text_add(&out, "\"", 1);
    json = json_loadb(out.data, out.n_bytes, JSON_DECODE_ANY | JSON_ALLOW_NUL,
        NULL);
    assert_non_null(json);
    const char *at = json_string_value(json);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        uint32_t code;
        size_t n = utf8_decode(at, SIZE_MAX, &code);

        assert_int_equal(code, i);
        at += n;
    }
    json_decref(json);
    text_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_code_points),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
