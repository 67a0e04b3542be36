/*
 * Records as JSON: the exact text, read back by jansson; numbers of any size
 * as the same, in the fewest decimals; the limits that room is made for; what
 * is shown of a stored value, whoever wrote it.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "record/json_value.h"

/* -------------------------------------------------------------- a record ---
 */

struct place {
    ProtobufCMessage base;
    double lat;
    size_t has_lat;
};

struct row {
    ProtobufCMessage base;
    ProtobufCBinaryData name;
    size_t has_name;
    int64_t whole;
    size_t has_whole;
    uint64_t natural;
    size_t has_natural;
    double real;
    size_t has_real;
    size_t truth; /* an int, at its front */
    size_t has_truth;
    struct place *place;
    size_t no_has;
    void *list;
    size_t n_list;
};

#define FIELD(field, kind, of, member, has)            \
    {                                                  \
        .name = (field), .type = (kind),               \
        .offset = offsetof(struct of, member),         \
        .quantifier_offset = offsetof(struct of, has), \
    }

static const struct schema_field place_fields[] = {
    FIELD("lat", SCALAR_DOUBLE, place, lat, has_lat),
};

static const struct schema_message place_message = {
    .fields = place_fields,
    .n_fields = 1,
};

static struct schema_field row_fields[] = {
    FIELD("name", SCALAR_STRING, row, name, has_name),
    FIELD("whole", SCALAR_INT64, row, whole, has_whole),
    FIELD("natural", SCALAR_UINT64, row, natural, has_natural),
    FIELD("real", SCALAR_DOUBLE, row, real, has_real),
    FIELD("truth", SCALAR_BOOL, row, truth, has_truth),
    FIELD("place", SCALAR_MESSAGE, row, place, no_has),
    FIELD("list", SCALAR_INT64, row, list, n_list),
};

static const struct schema_message row_message = {
    .fields = row_fields,
    .n_fields = sizeof(row_fields) / sizeof(row_fields[0]),
};

static int
set_up(void **state)
{
    (void)state;
    row_fields[5].message = &place_message;
    row_fields[6].is_repeated = true;
    row_fields[6].type = SCALAR_INT64;
    row_fields[0].name = "name";
    return 0;
}

static ProtobufCBinaryData
text(const char *bytes, size_t n_bytes)
{
    return (ProtobufCBinaryData){n_bytes, (uint8_t *)(uintptr_t)bytes};
}

/* Packed into exactly that room: a sanitizer sees a byte too many. */
static char *
pack(const struct row *row, size_t room)
{
    char *out = mem_new(room), *text;
    size_t n = json_value_pack(&row_message, row, out);

    assert_true(n <= room);
    text = mem_zero(n + 1, 1);
    memcpy(text, out, n);
    free(out);
    return text;
}

static void
assert_packs(const struct row *row, const char *wanted)
{
    char *got = pack(row, strlen(wanted));

    assert_string_equal(got, wanted);
    free(got);
}

/* ---------------------------------------------------------------- tests --- */

static void
test_all_types_stand_in_order(void **state)
{
    int64_t list[] = {0, -7, INT64_MIN};
    struct place place = {.lat = 55.1, .has_lat = 1};
    struct row row = {
        .name = text("Ann \"A\"", 7),
        .has_name = 1,
        .whole = INT64_MAX,
        .has_whole = 1,
        .natural = UINT64_MAX,
        .has_natural = 1,
        .real = -0.0,
        .has_real = 1,
        .has_truth = 1,
        .place = &place,
        .list = list,
        .n_list = 3,
    };

    (void)state;
    assert_packs(&row,
        "{\"name\":\"Ann \\\"A\\\"\",\"whole\":9223372036854775807,"
        "\"natural\":18446744073709551615,\"real\":-0.0,\"truth\":false,"
        "\"place\":{\"lat\":55.1},\"list\":[0,-7,-9223372036854775808]}");
}

static void
test_what_is_not_there_is_left_out(void **state)
{
    struct place place = {.lat = 1};
    struct row row = {.truth = 1, .has_truth = 1};

    (void)state;
    assert_packs(&row, "{\"truth\":true,\"list\":[]}");
    row.has_truth = 0;
    assert_packs(&row, "{\"list\":[]}");
    row.place = &place;
    assert_packs(&row, "{\"place\":{},\"list\":[]}");
    row.has_whole = 1;
    assert_packs(&row, "{\"whole\":0,\"place\":{},\"list\":[]}");
}

static void
test_lists_of_each_type(void **state)
{
    ProtobufCBinaryData texts[] = {text("", 0), text("a,b", 3), text("]", 1)};
    double reals[] = {1, .5, 1e300};
    int truths[] = {1, 0, 1};
    uint64_t naturals[] = {0, 1, UINT64_MAX};
    struct row row = {.n_list = 3};

    (void)state;
    row_fields[6].type = SCALAR_STRING;
    row.list = texts;
    assert_packs(&row, "{\"list\":[\"\",\"a,b\",\"]\"]}");
    row_fields[6].type = SCALAR_DOUBLE;
    row.list = reals;
    assert_packs(&row, "{\"list\":[1.0,0.5,1e+300]}");
    row_fields[6].type = SCALAR_BOOL;
    row.list = truths;
    assert_packs(&row, "{\"list\":[true,false,true]}");
    row_fields[6].type = SCALAR_UINT64;
    row.list = naturals;
    assert_packs(&row, "{\"list\":[0,1,18446744073709551615]}");
}

/* Every byte below 0x80, and characters of two to four bytes, in a value and
 * in a name: jansson reads what was given, within the limit. */
static void
test_any_text_comes_back(void **state)
{
    static const char letters[] = "\xd0\xb6\xe2\x82\xac\xf0\x9f\x90\xbf";
    char bytes[128 + sizeof(letters)], *packed;
    struct row row = {.has_name = 1};
    json_t *json, *value;
    json_error_t error;
    size_t n = 0;

    (void)state;
    for (int byte = 1; byte < 128; byte++)
        bytes[n++] = (char)byte;
    memcpy(bytes + n, letters, sizeof(letters));
    n += sizeof(letters) - 1;
    row_fields[0].name = bytes;
    row.name = text(bytes, n);
    packed = pack(&row, 2 * JSON_BYTE_MOST * n + 2 * JSON_QUOTES_MOST + 32);
    json = json_loads(packed, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        fail_msg("%s: %s", error.text, packed);
    value = json_object_get(json, bytes);
    assert_non_null(value);
    assert_int_equal(json_string_length(value), n);
    assert_memory_equal(json_string_value(value), bytes, n);
    for (const char *at = packed; *at; at++)
        assert_true((unsigned char)*at >= 0x20);
    json_decref(json);
    free(packed);
}

static void
test_the_longest_texts_and_numbers_keep_to_the_limits(void **state)
{
    char bytes[100] = {0};
    double reals[] = {-DBL_MAX, -DBL_MIN, -5e-324, -1.2345678901234567e-300};
    struct row row = {.has_name = 1, .name = text(bytes, 100), .n_list = 4};
    char *packed;

    (void)state;
    row_fields[6].type = SCALAR_DOUBLE;
    row.list = reals;
    packed = pack(&row, 2 + 7 + 7 + 2 + JSON_QUOTES_MOST +
                            100 * JSON_BYTE_MOST + 4 * JSON_NUMBER_MOST);
    assert_non_null(strstr(packed, "\"\\u0000\\u0000"));
    assert_non_null(strstr(packed, "[-1.7976931348623157e+308,"
                                   "-2.2250738585072014e-308,"));
    free(packed);
}

static uint64_t
bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* The number's text, in `out`, which jansson reads as the same real. */
static void
number_text(double value, char out[64])
{
    struct row row = {.real = value, .has_real = 1};
    char *packed = pack(&row, JSON_NUMBER_MOST + 32);
    json_t *json = json_loads(packed, 0, NULL);
    size_t n = strcspn(packed + 8, ",");

    assert_non_null(json);
    assert_true(json_is_real(json_object_get(json, "real")));
    if (bits_of(json_real_value(json_object_get(json, "real"))) !=
        bits_of(value))
        fail_msg("%a became %s", value, packed);
    assert_true(n < JSON_NUMBER_MOST);
    memcpy(out, packed + 8, n);
    out[n] = '\0';
    json_decref(json);
    free(packed);
}

static void
test_doubles_come_back_in_the_fewest_decimals(void **state)
{
    static const char *const rows[] = {"0.0", "-0.0", "1.0", "-1.0", "0.1",
        "55.1", "-122.419415512", "0.3", "100000.0", "9007199254740991.0",
        "0.000000000000001", "123456789.123456", "1e+300", "1e-16",
        "9007199254740994.0", "12345678901234568.0", "1.7976931348623157e+308"};
    struct rng rng;
    uint64_t seed = (uint64_t)clock_ns(), bits;
    char got[64], wanted[64];
    double value;
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        number_text(strtod(rows[i], NULL), got);
        assert_string_equal(got, rows[i]);
    }
    print_message("SEED=%" PRIu64 "\n", seed);
    rng_init(&rng, seed);
    for (int round = 0; round < 50000; round++) {
        bits = rng_next(&rng);
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value))
            number_text(value, got);
        /* as a column has it: what was read is written */
        n = (size_t)snprintf(wanted, sizeof(wanted), "%s%" PRIu64 ".%0*" PRIu64,
            rng_below(&rng, 2) ? "-" : "", rng_below(&rng, 1000000), 9,
            rng_below(&rng, 1000000000));
        while (wanted[n - 1] == '0' && wanted[n - 2] != '.')
            wanted[--n] = '\0';
        number_text(strtod(wanted, NULL), got);
        assert_string_equal(got, wanted);
    }
}

static void
test_stored_values_are_shown_as_they_are(void **state)
{
    static const struct {
        const char *value, *wanted; /* NULL: it is no object */
    } rows[] = {
        {"{}", "{}"},
        {"{\"a\":18446744073709551615,\"b\":1.10}",
            "{\"a\":18446744073709551615,\"b\":1.10}"},
        {"{\n\t\"a\":\r[1, null]\n}", "{  \"a\": [1, null] }"},
        {"{\"a\":\"\\u0000\\u001b\x7f\xc2\x9b\xc2\xa0\xd0\xb6\"}",
            "{\"a\":\"\\u0000\\u001b\\u007f\\u009b\xc2\xa0\xd0\xb6\"}"},
        {"", NULL},
        {"{", NULL},
        {"{}x", NULL},
        {"[1]", NULL},
        {"1", NULL},
        {"{\"a\":\"\x1b\"}", NULL},
        {"{\"a\":\"\xff\"}", NULL},
        {"{\"a\":01}", NULL},
        {"\x08\x01", NULL},
    };
    struct text out = {0};
    char *deep = mem_zero(100001, 1);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text_clear(&out);
        text_add(&out, "<", 1);
        assert_int_equal(json_value_print(&out, rows[i].value,
                             strlen(rows[i].value)),
            rows[i].wanted ? 0 : -1);
        assert_string_equal(out.data + 1, rows[i].wanted ? rows[i].wanted : "");
    }
    memset(deep, '[', 100000);
    assert_int_equal(json_value_print(&out, deep, 100000), -1);
    assert_int_equal(json_value_print(&out, "{}\0", 3), -1);
    free(deep);
    text_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_types_stand_in_order, set_up),
        cmocka_unit_test_setup(test_what_is_not_there_is_left_out, set_up),
        cmocka_unit_test_setup(test_lists_of_each_type, set_up),
        cmocka_unit_test_setup(test_any_text_comes_back, set_up),
        cmocka_unit_test_setup(
            test_the_longest_texts_and_numbers_keep_to_the_limits, set_up),
        cmocka_unit_test_setup(test_doubles_come_back_in_the_fewest_decimals,
            set_up),
        cmocka_unit_test(test_stored_values_are_shown_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
