/* What a line means (DESIGN A.1): reasons, warnings, keys, values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "appsinstalled.pb-c.h"
#include "base/mem.h"
#include "base/rng.h"
#include "record/record.h"

/* ---------------------------------------------------------------- helpers ---
 */

/* A line on its way: an exact copy, so that a sanitizer sees overreads. */
struct trip {
    char *line;
    struct columns columns;
    struct app_list apps;
    struct record record;
    enum reason reason;
    const char *detail;
};

static void
travel(struct trip *trip, const char *line, size_t n_bytes, bool strict)
{
    *trip = (struct trip){.line = mem_new(n_bytes)};
    memcpy(trip->line, line, n_bytes);
    trip->reason =
        record_split(trip->line, n_bytes, &trip->columns, &trip->detail);
    if (trip->reason == REASON_NONE)
        trip->reason = record_parse(&trip->columns, strict, &trip->apps,
            &trip->record, &trip->detail);
}

static void
arrive(struct trip *trip)
{
    app_list_release(&trip->apps);
    free(trip->line);
}

/* --------------------------------------------------------------- the table ---
 */

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
        "bad_key", "unknown_type", "bad_number", "bad_app", "too_large"};

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

/* ------------------------------------------------------------------- keys ---
 */

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
        assert_int_equal(record_key(&trip.columns, key), strlen(wanted));
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

/* ---------------------------------------------------------------- warnings ---
 */

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
        if (trip.record.is_out_of_range != rows[i].is_out)
            fail_msg("%s", line);
        arrive(&trip);
    }
}

/* Ids as "1 2 3 ", to compare. */
static char *
list_ids(const struct app_list *apps)
{
    struct text text = {0};

    text_add(&text, "", 0);
    for (size_t i = 0; i < apps->n; i++)
        text_format(&text, "%u ", apps->ids[i]);
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
        ids = list_ids(&trip.apps);
        if (trip.reason != REASON_NONE || strcmp(ids, rows[i].ids) != 0 ||
            trip.record.skipped_apps != rows[i].skipped)
            fail_msg("\"%s\": %s\"%s\", %u skipped", rows[i].apps,
                reason_word(trip.reason), ids, trip.record.skipped_apps);
        free(ids);
        arrive(&trip);
        travel(&trip, line, strlen(line), true);
        assert_int_equal(trip.reason,
            rows[i].skipped ? REASON_BAD_APP : REASON_NONE);
        assert_string_equal(trip.detail, rows[i].skipped ? "apps" : "");
        arrive(&trip);
    }
}

/* A list is reused: nothing of an earlier, longer record stays. */
static void
test_reuse(void **state)
{
    static const char *const lines[] = {
        "t\ti\t137\t2\t1,2,3,x", "t\ti\t1\t2\t", "t\ti\t1\t2\t9"};
    static const size_t n_apps[] = {3, 0, 1};
    struct app_list apps = {0};
    struct columns columns;
    struct record record;
    const char *detail;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        record_split(lines[i], strlen(lines[i]), &columns, &detail);
        assert_int_equal(record_parse(&columns, false, &apps, &record, &detail),
            REASON_NONE);
        assert_int_equal(record.apps->n, n_apps[i]);
        assert_int_equal(record.skipped_apps, i == 0);
        assert_int_equal(record.is_out_of_range, i == 0);
    }
    app_list_release(&apps);
    assert_null(apps.ids);
}

/* ---------------------------------------------------------------- prefixes ---
 */

static void
test_prefixes(void **state)
{
    static const char *const lines[] = {
        "idfa\te7e1a50c0ec2747ca56cd9e1558c0d7c\t67.7835424444"
        "\t-22.8044005471\t7942,8519,4232,3032,42, 7 ,4294967295,x,,1",
        "\xc3\xa9\t\xff\xfe\t-1e-3\t+.5E+1\t,",
    };
    struct trip trip;
    uint8_t *value;
    size_t n_bytes;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        for (size_t n = 0; n <= strlen(lines[i]); n++) {
            travel(&trip, lines[i], n, n % 2);
            assert_in_range(trip.reason, REASON_NONE, REASON_BAD_APP);
            assert_true((trip.reason == REASON_NONE) == (*trip.detail == '\0'));
            if (trip.reason == REASON_NONE) {
                value = mem_new(record_pack_room(&trip.record));
                n_bytes = record_pack(&trip.record, value);
                assert_true(n_bytes <= record_pack_room(&trip.record));
                free(value);
            }
            arrive(&trip);
        }
}

/* ------------------------------------------------------------------ values ---
 */

/* The same bytes by another hand: fields 1, 2, 3 in order, not packed. */
static size_t
pack_by_hand(uint8_t *out, const uint32_t *ids, size_t n, double lat,
    double lon)
{
    uint8_t *to = out;

    for (size_t i = 0; i < n; i++) {
        uint32_t id = ids[i];

        *to++ = 0x08;
        for (; id >= 0x80; id >>= 7)
            *to++ = (uint8_t)(id | 0x80);
        *to++ = (uint8_t)id;
    }
    *to++ = 0x11;
    memcpy(to, &lat, 8);
    *(to += 8) = 0x19;
    memcpy(to + 1, &lon, 8);
    return (size_t)(to + 9 - out);
}

static void
test_vector(void **state)
{
    static const uint8_t wanted[24] = {0x08, 0x01, 0x08, 0x02, 0x08, 0x03, 0x11,
        0xcd, 0xcc, 0xcc, 0xcc, 0xcc, 0x8c, 0x4b, 0x40, 0x19, 0xcd, 0xcc, 0xcc,
        0xcc, 0xcc, 0x8c, 0x4b, 0x40};
    static const char line[] = "idfa\t1\t55.1\t55.1\t1,2,3";
    struct text text = {0};
    struct trip trip;
    uint8_t value[36];

    (void)state;
    travel(&trip, line, strlen(line), true);
    assert_int_equal(trip.reason, REASON_NONE);
    assert_int_equal(record_pack_room(&trip.record), 36);
    assert_int_equal(record_pack(&trip.record, value), sizeof(wanted));
    assert_memory_equal(value, wanted, sizeof(wanted));
    assert_int_equal(record_print(&text, value, sizeof(wanted)), 0);
    assert_string_equal(text.data,
        "apps: 1 apps: 2 apps: 3 lat: 55.1 lon: 55.1");
    text_release(&text);
    arrive(&trip);
}

static void
test_selftest(void **state)
{
    const char *what = "nothing";

    (void)state;
    assert_int_equal(record_selftest(&what), 0);
    assert_string_equal(what, "nothing");
}

/* Random records there and back, against protobuf-c and the other hand. */
static void
test_round_trips(void **state)
{
    enum { ROUNDS = 20000, MAX_APPS = 120 };
    static const uint32_t below[] = {10, 128, 129, 10000, 16385, UINT32_MAX};
    uint8_t value[MAX_APPS * 6 + 18], by_hand[sizeof(value)];
    uint32_t ids[MAX_APPS];
    struct text line = {0};
    struct rng rng;

    (void)state;
    rng_init(&rng, 42);
    for (int i = 0; i < ROUNDS; i++) {
        double lat = (double)(rng_next(&rng) >> 11) * 0x1p-53 * 400 - 200;
        double lon = (double)(rng_next(&rng) >> 11) * 0x1p-53 * 400 - 200;
        size_t n = rng_below(&rng, MAX_APPS + 1), n_bytes;
        struct trip trip;
        UserApps *back;

        text_clear(&line);
        text_format(&line, "t\t%d\t%.17g\t%.17g\t", i, lat, lon);
        for (size_t j = 0; j < n; j++) {
            ids[j] = (uint32_t)rng_below(&rng, below[rng_below(&rng, 6)]);
            text_format(&line, "%s%u", j ? "," : "", ids[j]);
        }
        travel(&trip, line.data, line.n_bytes, true);
        assert_int_equal(trip.reason, REASON_NONE);
        assert_true(record_pack_room(&trip.record) <= sizeof(value));
        n_bytes = record_pack(&trip.record, value);
        assert_int_equal(n_bytes, pack_by_hand(by_hand, ids, n, lat, lon));
        assert_memory_equal(value, by_hand, n_bytes);
        back = user_apps__unpack(NULL, n_bytes, value);
        assert_non_null(back);
        assert_int_equal(back->n_apps, n);
        for (size_t j = 0; j < n; j++)
            assert_int_equal(back->apps[j], ids[j]);
        assert_true(back->has_lat && back->lat == lat);
        assert_true(back->has_lon && back->lon == lon);
        user_apps__free_unpacked(back, NULL);
        arrive(&trip);
    }
    text_release(&line);
}

/* The largest line there can be still has room enough. */
static void
test_many_apps(void **state)
{
    enum { N = 400000 };
    struct text line = {0};
    struct trip trip;
    uint8_t *value;

    (void)state;
    text_format(&line, "t\ti\t1\t2\t");
    for (int i = 0; i < N; i++)
        text_add(&line, i ? ",7" : "7", i ? 2 : 1);
    travel(&trip, line.data, line.n_bytes, true);
    assert_int_equal(trip.reason, REASON_NONE);
    assert_int_equal(trip.apps.n, N);
    value = mem_new(record_pack_room(&trip.record));
    assert_int_equal(record_pack(&trip.record, value), N * 2 + 18);
    free(value);
    arrive(&trip);
    text_release(&line);
}

static void
test_print(void **state)
{
    static const struct {
        const char *bytes;
        size_t n_bytes;
        const char *text; /* NULL: not a value of ours */
    } rows[] = {
        {LINE(""), ""},
        {LINE("\x08\x01"), "apps: 1"},
        {LINE("\x11\xcd\xcc\xcc\xcc\xcc\x8c\x4b\x40"), "lat: 55.1"},
        {LINE("\x19\xcd\xcc\xcc\xcc\xcc\x8c\x4b\x40"), "lon: 55.1"},
        {LINE("\x19\x9a\x99\x99\x99\x99\x99\xb9\x3f\x08\x05"),
            "apps: 5 lon: 0.1"},
        /* 0.1 + 0.2 and 1/3 need all their digits, 2/3 one less */
        {LINE("\x11\x34\x33\x33\x33\x33\x33\xd3\x3f"),
            "lat: 0.30000000000000004"},
        {LINE("\x11\x55\x55\x55\x55\x55\x55\xd5\x3f"),
            "lat: 0.3333333333333333"},
        /* packed, as other writers may have it; a field we do not know */
        {LINE("\x0a\x03\x01\xac\x02"), "apps: 1 apps: 300"},
        {LINE("\x08\x01\x22\x02hi\x08\x02"), "apps: 1 apps: 2"},
        {LINE("\x08"), NULL},
        {LINE("\x08\xff"), NULL},
        {LINE("\x11\x00\x00"), NULL},
        {LINE("\x0a\x05\x01"), NULL},
        {LINE("hello, world"), NULL},
        {LINE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), NULL},
        {LINE("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), NULL},
    };
    struct text text = {0};
    int status;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text_clear(&text);
        text_add(&text, "> ", 2);
        status = record_print(&text, rows[i].bytes, rows[i].n_bytes);
        if (status != (rows[i].text ? 0 : -1) ||
            strcmp(text.data + 2, rows[i].text ? rows[i].text : "") != 0)
            fail_msg("row %zu: %d \"%s\"", i, status, text.data);
    }
    text_release(&text);
}

/* Damaged values: printed or refused, nothing worse. */
static void
test_print_damaged(void **state)
{
    static const char value[] = "\x08\x01\x08\xac\x02\x08\xff\xff\xff\xff\x0f"
                                "\x11\xcd\xcc\xcc\xcc\xcc\x8c\x4b\x40"
                                "\x19\xcd\xcc\xcc\xcc\xcc\x8c\x4b\x40";
    enum { N = sizeof(value) - 1 };
    struct text text = {0};
    struct rng rng;
    size_t taken = 0;
    char *copy;

    (void)state;
    rng_init(&rng, 7);
    for (size_t n = 0; n <= N; n++) {
        copy = mem_new(n);
        memcpy(copy, value, n);
        text_clear(&text);
        taken += record_print(&text, copy, n) == 0;
        free(copy);
    }
    assert_int_equal(taken, 6); /* one before and after each of five fields */
    for (int i = 0; i < 50000; i++) {
        copy = mem_new(N);
        memcpy(copy, value, N);
        for (uint64_t j = 0; j <= rng_below(&rng, 4); j++)
            copy[rng_below(&rng, N)] = (char)rng_next(&rng);
        text_clear(&text);
        taken += record_print(&text, copy, N) == 0;
        free(copy);
    }
    assert_in_range(taken, 100, 50000);
    text_release(&text);
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
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_selftest),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_many_apps),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_print_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
