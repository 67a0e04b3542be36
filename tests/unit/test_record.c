/* What a line means (docs/contract.md 1): reasons, keys, numbers, warnings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "record/record.h"
#include "unit/trip.h"

/* ------------------------------------------------------------ the table --- */

#define LINE(literal) literal, sizeof(literal) - 1
#define GOOD REASON_NONE, ""
#define HEX16 "0123456789abcdef"
#define ID200                                                               \
    HEX16 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16 \
        "01234567"

static void
test_reasons(void **state)
{
    static const struct {
        const char *line;
        size_t n_bytes;
        enum reason reason;
        const char *detail;
    } rows[] = {
        {LINE("idfa\t1\t55.1\t55.1\t1,2,3"), GOOD},
        {LINE("a\tb\t1\t1\t"), GOOD},
        {LINE("nosuch\t1\t1\t1\t1"), GOOD}, /* the caller's to judge */
        /* bad_line comes first, whatever else is wrong */
        {LINE("\0"), REASON_BAD_LINE, "NUL byte"},
        {LINE("idfa\t1\t55.1\t55.1\t1,2\0003"), REASON_BAD_LINE, "NUL byte"},
        {LINE("idfa\t\0\tx"), REASON_BAD_LINE, "NUL byte"},
        {LINE("\0\t\t\t\t\t\t"), REASON_BAD_LINE, "NUL byte"},
        /* columns */
        {LINE(""), REASON_COLUMNS, "1 column, wanted 5"},
        {LINE("idfa"), REASON_COLUMNS, "1 column, wanted 5"},
        {LINE("\t"), REASON_COLUMNS, "2 columns, wanted 5"},
        {LINE("idfa,1,55,55,1"), REASON_COLUMNS, "1 column, wanted 5"},
        {LINE("idfa 1 55 55 1"), REASON_COLUMNS, "1 column, wanted 5"},
        {LINE("idfa\t1\t55"), REASON_COLUMNS, "3 columns, wanted 5"},
        {LINE("idfa\t1\t55\t55"), REASON_COLUMNS, "4 columns, wanted 5"},
        {LINE("\t\t\tx"), REASON_COLUMNS, "4 columns, wanted 5"},
        {LINE("idfa\t1\t5\t5\t1\t"), REASON_COLUMNS, "6 columns, wanted 5"},
        {LINE("idfa\t1\t5\t5\t1\tx"), REASON_COLUMNS, "6 columns, wanted 5"},
        {LINE("1\t2\t3\t4\t5\t6\t7"), REASON_COLUMNS, "7 columns, wanted 5"},
        {LINE("1\t2\t3\t4\t5\t6\t7\t8"), REASON_COLUMNS, "8 columns, wanted 5"},
        {LINE("\t\t\t\t\t\t\t\t"), REASON_COLUMNS, "9 columns, wanted 5"},
        {LINE("\t\t\t\t\t\t\t\t\t"), REASON_COLUMNS,
            "10 or more columns, wanted 5"},
        {LINE("\t\t\t\t\t\t\t\t\t\t\t\t"), REASON_COLUMNS,
            "10 or more columns, wanted 5"},
        /* empty_key */
        {LINE("\t\t\t\t"), REASON_EMPTY_KEY, "dev_type"},
        {LINE("\t1\t1\t1\t1"), REASON_EMPTY_KEY, "dev_type"},
        {LINE("idfa\t\t1\t1\t1"), REASON_EMPTY_KEY, "dev_id"},
        {LINE("a b\t\tx\tx\tx"), REASON_EMPTY_KEY, "dev_id"},
        /* bad_key */
        {LINE(" \t1\t1\t1\t1"), REASON_BAD_KEY, "byte 0x20 in the key"},
        {LINE("idfa\t1 \tx\t1\t1"), REASON_BAD_KEY, "byte 0x20 in the key"},
        {LINE("idfa\tset a 0 0 1\t1\t1\t1"), REASON_BAD_KEY,
            "byte 0x20 in the key"},
        {LINE("idfa\t1\r\t1\t1\t1"), REASON_BAD_KEY, "byte 0x0d in the key"},
        {LINE("idfa\t1\n\t1\t1\t1"), REASON_BAD_KEY, "byte 0x0a in the key"},
        {LINE("\x01\t1\t1\t1\t1"), REASON_BAD_KEY, "byte 0x01 in the key"},
        {LINE("a\x1f\t1\t1\t1\t1"), REASON_BAD_KEY, "byte 0x1f in the key"},
        {LINE("a\t\x7f\t1\t1\t1"), REASON_BAD_KEY, "byte 0x7f in the key"},
        {LINE("\xef\xbb\xbfidfa\t1\t1\t1\t1"), GOOD}, /* just bytes */
        {LINE("a\t!~\x80\xff\t1\t1\t1"), GOOD},
        {LINE("a:b\t:\t1\t1\t1"), GOOD},
        /* bad_number */
        {LINE("a\tb\t\t1\t1"), REASON_BAD_NUMBER, "lat"},
        {LINE("a\tb\t1\t\t1"), REASON_BAD_NUMBER, "lon"},
        {LINE("a\tb\tx\ty\tz"), REASON_BAD_NUMBER, "lat"},
        {LINE("a\tb\t1,5\t1\t1"), REASON_BAD_NUMBER, "lat"},
        {LINE("a\tb\t 1\t1\t1"), REASON_BAD_NUMBER, "lat"},
        {LINE("a\tb\t1\t1 \t1"), REASON_BAD_NUMBER, "lon"},
        {LINE("a\tb\t0x1p3\t1\t1"), REASON_BAD_NUMBER, "lat"},
        {LINE("a\tb\t1\tnan\t1"), REASON_BAD_NUMBER, "lon"},
        {LINE("a\tb\t1\tinf\t1"), REASON_BAD_NUMBER, "lon"},
        {LINE("a\tb\t1e309\t1\t1"), REASON_BAD_NUMBER, "lat"},
        {LINE("a\tb\t1e3\t-.5\t1"), GOOD},
    };
    struct trip trip;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        travel(&trip, rows[i].line, rows[i].n_bytes, false);
        if (trip.reason != rows[i].reason ||
            strcmp(trip.detail, rows[i].detail) != 0)
            fail_msg("row %zu \"%s\": %s \"%s\", not %s \"%s\"", i,
                rows[i].line, reason_word(trip.reason), trip.detail,
                reason_word(rows[i].reason), rows[i].detail);
        arrive(&trip);
    }
}

static void
test_reason_words(void **state)
{
    static const char *const words[] = {"", "bad_line", "columns", "empty_key",
        "bad_key", "unknown_type", "bad_number", "bad_value", "bad_app",
        "too_large"};

    (void)state;
    assert_int_equal(N_REASONS, sizeof(words) / sizeof(words[0]));
    for (size_t i = 0; i < N_REASONS; i++)
        assert_string_equal(reason_word((enum reason)i), words[i]);
}

static void
test_blank(void **state)
{
    static const struct {
        const char *line;
        size_t n_bytes;
        bool is_blank;
    } rows[] = {
        {LINE(""), true},
        {LINE(" "), true},
        {LINE("\t"), true},
        {LINE(" \t \t\t\t\t "), true},
        {LINE("\0"), false},
        {LINE("  \0"), false},
        {LINE("x"), false},
        {LINE("\t\t\t\tx"), false},
        {LINE("\r"), false},
        {LINE("\v"), false},
        {LINE("\xa0"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (record_is_blank(rows[i].line, rows[i].n_bytes) != rows[i].is_blank)
            fail_msg("row %zu", i);
}

/* ----------------------------------------------------------------- keys --- */

/* Every byte in every place of a key of every length near a word's. */
static void
test_key_bytes(void **state)
{
    char line[64];
    struct trip trip;
    bool is_bad;

    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        if (byte == '\t')
            continue;
        is_bad = byte <= 0x20 || byte == 0x7f;
        for (int length = 1; length <= 20; length++)
            for (int at = 0; at < length; at++) {
                snprintf(line, sizeof(line), "t\t%.*s\t1\t2\t3", length,
                    "\x80\xff~!aZ09:;,.\xc3\xa9\x81\xfe{}@_");
                line[2 + at] = (char)byte;
                travel(&trip, line, strlen(line), false);
                if ((trip.reason == REASON_BAD_KEY) != is_bad)
                    fail_msg("byte 0x%02x at %d of %d: %s", byte, at, length,
                        reason_word(trip.reason));
                arrive(&trip);
                /* the same as a dev_type */
                snprintf(line, sizeof(line), "%.*s\tid\t1\t2\t3", length,
                    "\x80\xff~!aZ09:;,.\xc3\xa9\x81\xfe{}@_");
                line[at] = (char)byte;
                travel(&trip, line, strlen(line), false);
                if ((trip.reason == REASON_BAD_KEY) != is_bad)
                    fail_msg("byte 0x%02x at %d of %d in the type", byte, at,
                        length);
                arrive(&trip);
            }
    }
}

static void
check_key_length(const char *type, const char *id, bool is_good)
{
    char *line = mem_format("%s\t%s\t1\t2\t3", type, id);
    char *wanted = mem_format("%s:%s", type, id), key[KEY_MAX_BYTES];
    struct trip trip;

    travel(&trip, line, strlen(line), false);
    if (is_good) {
        assert_int_equal(trip.reason, REASON_NONE);
        assert_int_equal(record_key(trip.record, key), strlen(wanted));
        assert_memory_equal(key, wanted, strlen(wanted));
    } else {
        assert_int_equal(trip.reason, REASON_BAD_KEY);
        assert_string_equal(trip.detail, "key over 250 bytes");
    }
    arrive(&trip);
    free(wanted);
    free(line);
}

static void
test_key_length(void **state)
{
    char *huge = mem_new(70001);

    (void)state;
    memset(huge, 'x', 70000);
    huge[70000] = '\0';
    check_key_length("a", "b", true);
    check_key_length("idfa", "e7e1a50c0ec2747ca56cd9e1558c0d7c", true);
    check_key_length(ID200, HEX16 HEX16 HEX16 "0", true);   /* 200 + 1 + 49 */
    check_key_length(ID200, HEX16 HEX16 HEX16 "01", false); /* 251 */
    check_key_length("a", ID200 HEX16 HEX16 HEX16, true);   /* 1 + 1 + 248 */
    check_key_length("a", ID200 HEX16 HEX16 HEX16 "0", false);
    check_key_length("a", huge, false);
    check_key_length(huge, "a", false);
    free(huge);
}

/* ------------------------------------------------------------- warnings --- */

static void
test_out_of_range(void **state)
{
    static const struct {
        const char *lat, *lon;
        bool is_out;
    } rows[] = {
        {"0", "0", false},
        {"90", "180", false},
        {"-90", "-180", false},
        {"90.0000000001", "0", true},
        {"-90.0000000001", "0", true},
        {"0", "180.0000000001", true},
        {"0", "-180.0000000001", true},
        {"137.4", "55.1", true},
        {"137.4", "999", true},
        {"1e308", "-1e308", true},
    };
    struct trip trip;
    char line[64];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(line, sizeof(line), "t\ti\t%s\t%s\t1", rows[i].lat,
            rows[i].lon);
        travel(&trip, line, strlen(line), true);
        assert_int_equal(trip.reason, REASON_NONE);
        if (trip.warnings.is_out_of_range != rows[i].is_out)
            fail_msg("%s", line);
        arrive(&trip);
    }
}

/* Ids as "1 2 3 ", to compare. */
static char *
list_ids(const UserApps *message)
{
    struct text text = {0};

    text_add(&text, "", 0);
    for (size_t i = 0; message && i < message->n_apps; i++)
        text_format(&text, "%u ", message->apps[i]);
    return text.data;
}

static void
test_apps(void **state)
{
    static const struct {
        const char *apps, *ids;
        uint32_t skipped;
    } rows[] = {
        {"", "", 0},
        {"0", "0 ", 0},
        {"7", "7 ", 0},
        {"1,2,3", "1 2 3 ", 0},
        {"1234", "1234 ", 0},
        {"1234,5678,9012", "1234 5678 9012 ", 0},
        {"1234,567,89,0,12345,1234", "1234 567 89 0 12345 1234 ", 0},
        {"0000,0001,00010", "0 1 10 ", 0},
        {"5,5,5", "5 5 5 ", 0},
        {"4294967295", "4294967295 ", 0},
        {"4294967296", "", 1},
        {"9999999999", "", 1},
        {"18446744073709551617", "", 1},
        {"18446744073709551616123", "", 1},
        {"00000000000000000007", "7 ", 0},
        {"000000000004294967295,1", "4294967295 1 ", 0},
        {"1,x,2", "1 2 ", 1},
        {"x", "", 1},
        {"x,y,z", "", 3},
        {"-1,+1,1", "1 ", 2},
        {"1.0,1e3,0x1,1", "1 ", 3},
        {"12a4,123a,a234,1a34,1234", "1234 ", 4},
        {"123/,123:,1234", "1234 ", 2},
        {"\xb1\xb2\xb3\xb4,1234", "1234 ", 1},
        {"123\xb4,1234", "1234 ", 1},
        {" 1 , 2,3 ,  4  ", "1 2 3 4 ", 0},
        {" 1234, 1234 ,1234 ", "1234 1234 1234 ", 0},
        {"1 2,3", "3 ", 1},
        {"1 234,3", "3 ", 1},
        {" ", "", 1},
        {"   ", "", 1},
        {",", "", 2},
        {",,,", "", 4},
        {"1,", "1 ", 1},
        {"1234,", "1234 ", 1},
        {",1", "1 ", 1},
        {"1,,2", "1 2 ", 1},
        {"1, ,2", "1 2 ", 1},
        {"1;2", "", 1},
        {"1\v,2", "2 ", 1},
        {"\xd9\xa1,2", "2 ", 1},
    };
    struct trip trip;
    char line[64], *ids;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(line, sizeof(line), "t\ti\t1\t2\t%s", rows[i].apps);
        travel(&trip, line, strlen(line), false);
        ids = list_ids(trip.message);
        if (trip.reason != REASON_NONE || strcmp(ids, rows[i].ids) != 0 ||
            trip.warnings.skipped_items != rows[i].skipped)
            fail_msg("\"%s\": %s\"%s\", %u skipped", rows[i].apps,
                reason_word(trip.reason), ids, trip.warnings.skipped_items);
        free(ids);
        arrive(&trip);
        travel(&trip, line, strlen(line), true);
        assert_int_equal(trip.reason,
            rows[i].skipped ? REASON_BAD_ITEM : REASON_NONE);
        assert_string_equal(trip.detail, rows[i].skipped ? "apps" : "");
        arrive(&trip);
    }
}

/* A record is reused: nothing of an earlier, longer record stays. */
static void
test_reuse(void **state)
{
    static const char *const lines[] = {
        "t\ti\t137\t2\t1,2,3,x", "t\ti\t1\t2\t", "t\ti\t1\t2\t9"};
    static const size_t n_apps[] = {3, 0, 1};
    struct record *record = record_new(default_mapping(), default_columns());
    struct record_warnings warnings;
    const char *detail;
    uint8_t value[64];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        record_split(record, lines[i], strlen(lines[i]), &detail);
        assert_int_equal(record_parse(record, false, &warnings, &detail),
            REASON_NONE);
        assert_int_equal(record_pack(record, value), 18 + 2 * n_apps[i]);
        assert_int_equal(warnings.skipped_items, i == 0);
        assert_int_equal(warnings.is_out_of_range, i == 0);
    }
    record_free(record);
}

/* ------------------------------------------------------------- prefixes --- */

static void
test_prefixes(void **state)
{
    static const char *const lines[] = {
        "idfa\te7e1a50c0ec2747ca56cd9e1558c0d7c\t67.7835424444"
        "\t-22.8044005471\t7942,8519,4232,3032,42, 7 ,4294967295,x,,1",
        "\xc3\xa9\t\xff\xfe\t-1e-3\t+.5E+1\t,",
    };
    struct trip trip;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        for (size_t n = 0; n <= strlen(lines[i]); n++) {
            travel(&trip, lines[i], n, n % 2);
            assert_in_range(trip.reason, REASON_NONE, REASON_BAD_ITEM);
            assert_true((trip.reason == REASON_NONE) == (*trip.detail == '\0'));
            arrive(&trip);
        }
}

/* Damaged lines: taken or refused, nothing worse. */
static void
test_damaged(void **state)
{
    static const char line[] = "idfa\te7e1a50c0ec2\t67.78\t-22.8044005471"
                               "\t7942,8519, 42 ,4294967295,1";
    static const char bytes[] = "\t\t\t\0, ,0123456789.eE+-\xff\x7f";
    char copy[sizeof(line) - 1];
    size_t counts[N_REASONS] = {0};
    struct trip trip;
    struct rng rng;

    (void)state;
    rng_init(&rng, 11);
    for (int i = 0; i < 50000; i++) {
        memcpy(copy, line, sizeof(copy));
        for (uint64_t j = 0; j <= rng_below(&rng, 3); j++)
            copy[rng_below(&rng, sizeof(copy))] =
                bytes[rng_below(&rng, sizeof(bytes) - 1)];
        travel(&trip, copy, sizeof(copy), true);
        assert_in_range(trip.reason, REASON_NONE, REASON_BAD_ITEM);
        counts[trip.reason]++;
        arrive(&trip);
    }
    /* so that each way out was taken */
    for (size_t i = 0; i < N_REASONS; i++)
        if (i != REASON_UNKNOWN_TYPE && i != REASON_BAD_VALUE &&
            i != REASON_TOO_LARGE && counts[i] == 0)
            fail_msg("no line was %s", reason_word((enum reason)i));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_reason_words),
        cmocka_unit_test(test_blank),
        cmocka_unit_test(test_key_bytes),
        cmocka_unit_test(test_key_length),
        cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_apps),
        cmocka_unit_test(test_reuse),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
