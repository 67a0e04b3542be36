/* Values: packed as the contract says, and read back. */
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

#define LINE(literal) literal, sizeof(literal) - 1

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

    (void)state;
    travel(&trip, line, strlen(line), true);
    assert_int_equal(trip.reason, REASON_NONE);
    assert_int_equal(record_pack_room(trip.record), 36);
    assert_int_equal(trip.n_bytes, sizeof(wanted));
    assert_memory_equal(trip.value, wanted, sizeof(wanted));
    assert_int_equal(record_print(default_mapping(), &text, wanted,
                         sizeof(wanted)),
        0);
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
    uint8_t by_hand[MAX_APPS * 6 + 18];
    uint32_t ids[MAX_APPS];
    struct text line = {0};
    struct rng rng;

    (void)state;
    rng_init(&rng, 42);
    for (int i = 0; i < ROUNDS; i++) {
        double lat = (double)(rng_next(&rng) >> 11) * 0x1p-53 * 400 - 200;
        double lon = (double)(rng_next(&rng) >> 11) * 0x1p-53 * 400 - 200;
        size_t n = rng_below(&rng, MAX_APPS + 1);
        struct trip trip;
        const UserApps *back;

        text_clear(&line);
        text_format(&line, "t\t%d\t%.17g\t%.17g\t", i, lat, lon);
        for (size_t j = 0; j < n; j++) {
            ids[j] = (uint32_t)rng_below(&rng, below[rng_below(&rng, 6)]);
            text_format(&line, "%s%u", j ? "," : "", ids[j]);
        }
        travel(&trip, line.data, line.n_bytes, true);
        assert_int_equal(trip.reason, REASON_NONE);
        assert_true(record_pack_room(trip.record) <= sizeof(by_hand));
        assert_int_equal(trip.n_bytes, pack_by_hand(by_hand, ids, n, lat, lon));
        assert_memory_equal(trip.value, by_hand, trip.n_bytes);
        back = trip.message;
        assert_int_equal(back->n_apps, n);
        for (size_t j = 0; j < n; j++)
            assert_int_equal(back->apps[j], ids[j]);
        assert_true(back->has_lat && back->lat == lat);
        assert_true(back->has_lon && back->lon == lon);
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

    (void)state;
    text_format(&line, "t\ti\t1\t2\t");
    for (int i = 0; i < N; i++)
        text_add(&line, i ? ",7" : "7", i ? 2 : 1);
    travel(&trip, line.data, line.n_bytes, true);
    assert_int_equal(trip.reason, REASON_NONE);
    assert_int_equal(trip.message->n_apps, N);
    assert_int_equal(trip.n_bytes, N * 2 + 18);
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
        status = record_print(default_mapping(), &text, rows[i].bytes,
            rows[i].n_bytes);
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
        taken += record_print(default_mapping(), &text, copy, n) == 0;
        free(copy);
    }
    assert_int_equal(taken, 6); /* one before and after each of five fields */
    for (int i = 0; i < 50000; i++) {
        copy = mem_new(N);
        memcpy(copy, value, N);
        for (uint64_t j = 0; j <= rng_below(&rng, 4); j++)
            copy[rng_below(&rng, N)] = (char)rng_next(&rng);
        text_clear(&text);
        taken += record_print(default_mapping(), &text, copy, N) == 0;
        free(copy);
    }
    assert_in_range(taken, 100, 50000);
    text_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_selftest),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_many_apps),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_print_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
