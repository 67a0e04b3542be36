/* Names of files, messages and fields, and which columns make the key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "infer/emit.h"
#include "infer/identifier.h"
#include "infer_cases.h"

static void
test_fields(void **state)
{
    static const char *const cases[][2] = {{"id", "id"},
        {"Trip Distance (mi)", "trip_distance_mi"}, {"VendorID", "vendor_id"},
        {"PULocationID", "pu_location_id"}, {"tripDistance", "trip_distance"},
        {"  a--b  ", "a_b"}, {"_x_", "x"}, {"2nd", "column_2nd"}, {"%", ""},
        {"", ""}, {"\xc3\x84rger", "rger"},
        {"HTTPServer2Name", "http_server2_name"}, {"a.b", "a_b"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *found = identifier_field(cases[i][0], 7);

        assert_string_equal(found, *cases[i][1] ? cases[i][1] : "column7");
        free(found);
    }
    assert_true(identifier_same("a_1", "a1"));
    assert_true(identifier_same("ab_c", "a_b_c"));
    assert_false(identifier_same("a_1", "a_12"));
}

static void
test_messages_and_stems(void **state)
{
    static const char *const messages[][2] = {{"trips", "Trips"},
        {"yellow_trips-2024.x", "YellowTrips2024X"}, {"2017_a", "A"},
        {"20170929000000", "Record"}, {"userApps", "UserApps"}};
    static const char *const stems[][2] = {{"a/b/trips.csv.gz", "trips"},
        {".done.tsv.gz", "done"}, {"x.TSV", "x"}, {"a b.zst", "a_b"},
        {"noending", "noending"}, {".csv", "csv"}, {"v1.2.csv", "v1.2"},
        {"a/", "table"}};
    char *found;

    (void)state;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        found = identifier_message(messages[i][0]);
        assert_string_equal(found, messages[i][1]);
        free(found);
    }
    for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
        found = identifier_stem(stems[i][0]);
        assert_string_equal(found, stems[i][1]);
        free(found);
    }
}

static void
check_key(const char *text, const char *wanted, size_t n_different)
{
    struct guess guess = guess_of(text);
    struct text key = {0};

    emit_key(&key, &guess);
    assert_string_equal(key.data, wanted);
    assert_int_equal(guess.key.n_different, n_different);
    text_release(&key);
    guess_release(&guess);
}

static void
test_keys(void **state)
{
    (void)state;
    /* the only one that differs; the first; the one called so */
    check_key("n,x\n1,1\n1,2\n1,3\n", "{x}", 3);
    check_key("a,b\n1,1\n2,2\n3,3\n", "{a}", 3);
    check_key("a,user_id\n1,1\n2,2\n3,3\n", "{user_id}", 3);
    check_key("a_id,id\n1,1\n2,2\n3,3\n", "{id}", 3);
    /* no measure, if it can be helped */
    check_key("x,y\n1.5,7\n2.5,8\n3.5,9\n", "{y}", 3);
    check_key("x,y\n1.5,1\n2.5,1\n3.5,1\n", "{x}", 3);
    /* two together; the first two */
    check_key("a,b\n1,1\n1,2\n2,1\n2,2\n", "{a}:{b}", 4);
    check_key("a,b,c\n1,1,9\n1,2,9\n2,1,8\n2,2,7\n", "{a}:{b}", 4);
    /* a value that cannot stand in a key rules a column out */
    check_key("id,n\na b,1\nc,2\nd,3\n", "{n}", 3);
    check_key("id,n\n,1\nc,2\nd,3\n", "{n}", 3);
    /* all lines alike */
    check_key("a,b\n1,2\n1,2\n1,2\n", "{a}", 1);
}

static void
check_header(const char *text, enum header header, bool is_sure)
{
    struct guess guess = guess_of(text);

    if (guess.header != header || guess.header_is_sure != is_sure)
        fail_msg("%s: %d, %s", text, guess.header, guess.header_why);
    guess_release(&guess);
}

static void
test_headers(void **state)
{
    (void)state;
    check_header("id,n\n1,2\n3,4\n", HEADER_NAMES, true);
    check_header("1,2\n3,4\n", HEADER_NONE, true);
    check_header("2023,2024\n3,4\n", HEADER_NONE, true);
    check_header("when,who\n2024-01-01,x\n", HEADER_NAMES, true);
    check_header("a1,b1\na2,b2\na3,b3\n", HEADER_NONE, false);
    check_header("code,word\na1,b1\na2,b2\na3,b3\n", HEADER_NAMES, true);
    check_header("country,who\nru,x\nen,y\n", HEADER_NAMES, false);
    check_header("ru,x\nen,y\n", HEADER_NONE, false);
    check_header("n,n\n1,2\n3,4\n", HEADER_SKIPPED, true);
    check_header(",n\n1,2\n3,4\n", HEADER_SKIPPED, true);
    check_header("a{b},n\n1,2\n3,4\n", HEADER_SKIPPED, true);
    check_header("title\n1,2\n3,4\n5,6\n7,8\n1,2\n3,4\n5,6\n7,8\n9,9\n8,8\n",
        HEADER_SKIPPED, false);
    /* a file's very first line, or none */
    check_header("\nid,n\n1,2\n3,4\n", HEADER_NONE, true);
}

static void
test_refused(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {" \n", "it has no lines"},
        {"a b\tc d\ne f\tg h\n", "no column can be a key"},
        {"a,b\nc;d\ne|f|g\nh\ti\tj\n,,,\n;;\n", "this is not a table"},
    };
    struct guess guess;
    struct head head;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        head = head_of(cases[i].text);
        assert_int_equal(guess_make(&guess, &head, 10000, 1 << 20, &err), -1);
        assert_int_equal(err.code, ERR_DATA);
        assert_non_null(strstr(err.text, cases[i].said));
        guess_release(&guess);
    }
}

/* No more than half of what fails a load may be rejected for guesses. */
static void
test_misfits_of_many_columns(void **state)
{
    static char text[1 << 20];
    size_t at = 0, n_typed = 0;
    struct guess guess;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%d", i);
        for (int k = 0; k < 20; k++)
            at += (size_t)snprintf(text + at, sizeof(text) - at, ",%s",
                i == 100 + k ? "x" : "5");
        text[at++] = '\n';
    }
    text[at] = '\0';
    guess = guess_of(text);
    for (size_t i = 1; i < guess.n_columns; i++)
        n_typed += guess.columns[i].kind.of == KIND_INTEGER;
    assert_int_equal(n_typed, 5);
    guess_release(&guess);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_messages_and_stems),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_misfits_of_many_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
