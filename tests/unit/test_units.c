/* Numbers as people write and read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/units.h"

enum { UNTOUCHED = 4711 };

static void
test_count(void **state)
{
    static const struct {
        const char *text;
        int status;
        uint64_t n;
    } rows[] = {
        {"0", 0, 0},
        {"7", 0, 7},
        {"007", 0, 7},
        {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709551616", -1, UNTOUCHED},
        {"99999999999999999999999", -1, UNTOUCHED},
        {"", -1, UNTOUCHED},
        {"-1", -1, UNTOUCHED},
        {"+1", -1, UNTOUCHED},
        {" 1", -1, UNTOUCHED},
        {"1 ", -1, UNTOUCHED},
        {"1.0", -1, UNTOUCHED},
        {"0x10", -1, UNTOUCHED},
        {"1K", -1, UNTOUCHED},
        {"1e3", -1, UNTOUCHED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t n = UNTOUCHED;

        if (units_parse_count(rows[i].text, &n) != rows[i].status)
            fail_msg("\"%s\"", rows[i].text);
        assert_true(n == rows[i].n);
    }
}

static void
test_size(void **state)
{
    static const struct {
        const char *text;
        int status;
        uint64_t n_bytes;
    } rows[] = {
        {"0", 0, 0},
        {"100", 0, 100},
        {"100B", 0, 100},
        {"64K", 0, 65536},
        {"64k", 0, 65536},
        {"64KB", 0, 65536},
        {"64KiB", 0, 65536},
        {"1M", 0, 1 << 20},
        {"3g", 0, 3ull << 30},
        {"17179869183G", 0, 17179869183ull << 30},
        {"17179869184G", -1, UNTOUCHED},
        {"", -1, UNTOUCHED},
        {"K", -1, UNTOUCHED},
        {"1T", -1, UNTOUCHED},
        {"1Ki", -1, UNTOUCHED},
        {"1iB", -1, UNTOUCHED},
        {"1KK", -1, UNTOUCHED},
        {"1KBx", -1, UNTOUCHED},
        {"1 K", -1, UNTOUCHED},
        {"1.5M", -1, UNTOUCHED},
        {"-1K", -1, UNTOUCHED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t n = UNTOUCHED;

        if (units_parse_size(rows[i].text, &n) != rows[i].status)
            fail_msg("\"%s\"", rows[i].text);
        assert_true(n == rows[i].n_bytes);
    }
}

static void
test_decimal(void **state)
{
    static const struct {
        const char *text;
        int status;
        double value;
    } rows[] = {
        {"0", 0, 0},
        {"0.01", 0, 0.01},
        {".5", 0, 0.5},
        {"-2", 0, -2},
        {"1e-2", 0, 0.01},
        {"", -1, UNTOUCHED},
        {" 1", -1, UNTOUCHED},
        {"1 ", -1, UNTOUCHED},
        {"1,5", -1, UNTOUCHED},
        {"nan", -1, UNTOUCHED},
        {"inf", -1, UNTOUCHED},
        {"0x1p3", -1, UNTOUCHED},
        {"1e999", -1, UNTOUCHED},
        {"1e", -1, UNTOUCHED},
        {"-", -1, UNTOUCHED},
        {"1.2.3", -1, UNTOUCHED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double value = UNTOUCHED;

        if (units_parse_decimal(rows[i].text, &value) != rows[i].status)
            fail_msg("\"%s\"", rows[i].text);
        assert_true(value == rows[i].value);
    }
}

static void
test_print_count(void **state)
{
    static const struct {
        uint64_t n;
        const char *text;
    } rows[] = {
        {0, "0"},
        {999, "999"},
        {1000, "1,000"},
        {1234567, "1,234,567"},
        {100000, "100,000"},
        {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    char out[UNITS_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(units_count(rows[i].n, out), rows[i].text);
        assert_ptr_equal(units_count(rows[i].n, out), out);
    }
}

static void
test_print_things(void **state)
{
    static const struct {
        uint64_t n;
        const char *noun, *text;
    } rows[] = {
        {0, "line", "0 lines"},
        {1, "line", "1 line"},
        {2, "line", "2 lines"},
        {1234, "process", "1,234 processes"},
        {1, "process", "1 process"},
        {3, "batch", "3 batches"},
        {UINT64_MAX, "connection", "18,446,744,073,709,551,615 connections"},
    };
    char out[UNITS_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(units_of(rows[i].n, rows[i].noun, out),
            rows[i].text);
}

static void
test_print_size(void **state)
{
    static const struct {
        uint64_t n_bytes;
        const char *text;
    } rows[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {(1 << 20) - 1, "1.0 MiB"}, /* never "1024.0 KiB" */
        {1 << 20, "1.0 MiB"},
        {49597645, "47.3 MiB"},
        {5ull << 30, "5.0 GiB"},
        {3ull << 40, "3.0 TiB"},
        {UINT64_MAX, "16777216.0 TiB"},
    };
    char out[UNITS_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(units_size(rows[i].n_bytes, out), rows[i].text);
}

static void
test_print_span(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } rows[] = {
        {0, "0.00 s"},
        {-1, "0.00 s"},
        {0.42, "0.42 s"},
        {9.99, "9.99 s"},
        {9.996, "10.0 s"},
        {12.34, "12.3 s"},
        {99.94, "99.9 s"},
        {187, "3:07"},
        {3599.9, "59:59"},
        {3600, "1:00:00"},
        {3723, "1:02:03"},
        {360000, "100:00:00"},
    };
    char out[UNITS_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(units_span(rows[i].seconds, out), rows[i].text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_decimal),
        cmocka_unit_test(test_print_count),
        cmocka_unit_test(test_print_things),
        cmocka_unit_test(test_print_size),
        cmocka_unit_test(test_print_span),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
