/* What a verification proves, and how it is told. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/verify_json.h"
#include "verify/interval.h"
#include "verify/verify_result.h"

enum { ROOM = 80 };

/* One shard's counts. */
struct counts_of {
    uint64_t matched, missing, different, unreadable;
};

static void
make(struct verify_result *result, uint64_t population,
    const struct counts_of *shards, size_t n)
{
    static const char *const names[] = {"idfa", "gaid", "adid", "dvid"};

    verify_result_init(result, n);
    result->population = population;
    for (size_t i = 0; i < n; i++) {
        struct verify_counts *counts = &result->shard[i].counts;

        result->shard[i].name = names[i];
        verify_count(counts, VERIFY_MATCHED, shards[i].matched);
        verify_count(counts, VERIFY_MISSING, shards[i].missing);
        verify_count(counts, VERIFY_DIFFERENT, shards[i].different);
        verify_count(counts, VERIFY_UNREADABLE, shards[i].unreadable);
    }
}

static void
check_text(struct text *text, const char *wanted)
{
    assert_string_equal(text->data ? text->data : "", wanted);
    text_clear(text);
}

static void
test_sentences(void **state)
{
    static const struct {
        uint64_t population;
        struct counts_of counts;
        bool is_of_all, is_about;
        double confidence;
        const char *sentence;
        uint64_t rejected;
    } cases[] = {
        {3000000, {17659, 0, 0, 0}, false, false, 0.99,
            "99 % sure that at most 0.03 % of 3,000,000 items are missing or "
            "different: all 17,659 sampled match.\n",
            0},
        {3000000, {17000, 0, 0, 0}, false, true, 0.999,
            "99.9 % sure that at most 0.045 % of about 3,000,000 items are "
            "missing or different: all 17,000 sampled match.\n",
            0},
        {3000000, {17655, 4, 0, 0}, false, false, 0.99,
            "99 % sure that 0.0038 % to 0.072 % of 3,000,000 items are "
            "missing: of 17,659 sampled 4 missing.\n",
            0},
        {3000000, {17654, 0, 5, 0}, false, false, 0.99,
            "99 % sure that 0.0061 % to 0.081 % of 3,000,000 items are "
            "different: of 17,659 sampled 5 different.\n",
            0},
        {5000, {990, 6, 3, 1}, false, false, 0.95,
            "95 % sure that 0.48 % to 1.9 % of 5,000 items are missing, "
            "different or unreadable: of 1,000 sampled 6 missing, 3 "
            "different, 1 unreadable.\n",
            0},
        {5000, {0, 1000, 0, 0}, false, false, 0.99,
            "99 % sure that at least 99.47 % of 5,000 items are missing: of "
            "1,000 sampled 1,000 missing.\n",
            0},
        {5000, {0, 0, 0, 1000}, false, false, 0.99,
            "Nothing is known of 5,000 items: none of the 1,000 sampled could "
            "be read.\n",
            0},
        {0, {0, 0, 0, 0}, false, false, 0.99,
            "Nothing was verified: there is no item to look for.\n", 0},
        {0, {0, 0, 0, 0}, true, false, 0.99,
            "Nothing was verified: there is no item to look for.\n", 0},
        /* all that there is was sampled */
        {1000, {1000, 0, 0, 0}, false, false, 0.99,
            "All 1,000 items were looked for, and match.\n", 0},
        {3000000, {3000000, 0, 0, 0}, true, false, 0.99,
            "All 3,000,000 items were looked for, and match.\n", 0},
        {3000000, {2999988, 12, 0, 0}, true, false, 0.99,
            "12 of 3,000,000 items (0.0004 %) are missing.\n", 0},
        {3000000, {2999999, 0, 1, 0}, true, false, 0.99,
            "1 of 3,000,000 items (0.000033 %) is different.\n", 0},
        {100, {40, 57, 3, 0}, true, false, 0.99,
            "60 of 100 items (60 %) are missing or different: 57 missing, 3 "
            "different.\n",
            0},
        {100, {0, 100, 0, 0}, true, false, 0.99,
            "100 of 100 items (100 %) are missing.\n", 0},
        {100, {0, 0, 0, 100}, true, false, 0.99,
            "Nothing is known of 100 items: none of the 100 looked for could "
            "be read.\n",
            0},
        {0, {0, 0, 0, 0}, true, false, 0.99,
            "Nothing was verified: no line made an item (2,000 lines "
            "rejected).\n",
            2000},
        {1000, {1000, 0, 0, 0}, true, false, 0.99,
            "All 1,000 items were looked for, and match.\n", 2000},
        {1, {1, 0, 0, 0}, true, false, 0.99,
            "The only item was looked for, and matches.\n", 0},
    };
    struct text text = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct verify_result result;

        make(&result, cases[i].population, &cases[i].counts, 1);
        result.is_of_all = cases[i].is_of_all;
        result.is_about = cases[i].is_about;
        result.confidence = cases[i].confidence;
        result.rejected = cases[i].rejected;
        verify_result_finish(&result);
        verify_add_sentence(&text, &result);
        check_text(&text, cases[i].sentence);
        verify_result_release(&result);
    }
    text_release(&text);
}

static void
test_rows_and_total_have_their_intervals(void **state)
{
    static const struct counts_of shards[] = {
        {100, 0, 0, 0}, {90, 7, 2, 1}, {0, 0, 0, 0}};
    struct verify_result result;
    struct interval interval;

    (void)state;
    make(&result, 100000, shards, 3);
    verify_result_finish(&result);
    assert_int_equal(result.total.counts.sampled, 200);
    assert_int_equal(result.total.counts.matched, 190);
    assert_int_equal(result.total.counts.missing, 7);
    assert_int_equal(result.total.counts.different, 2);
    assert_int_equal(result.total.counts.unreadable, 1);
    interval = interval_of(190, 200, 0.99);
    assert_true(result.total.estimate == 0.95);
    assert_true(result.total.low == interval.low);
    assert_true(result.total.high == interval.high);
    interval = interval_of(90, 100, 0.99);
    assert_true(result.shard[1].estimate == 0.9);
    assert_true(result.shard[1].low == interval.low);
    assert_true(result.shard[1].high == interval.high);
    /* nothing sampled: nothing known */
    assert_true(result.shard[2].estimate == 1);
    assert_true(result.shard[2].low == 0 && result.shard[2].high == 1);

    result.is_of_all = true;
    verify_result_finish(&result);
    assert_int_equal(result.total.counts.sampled, 200);
    assert_true(result.total.low == 0.95 && result.total.high == 0.95);
    assert_true(result.shard[1].low == 0.9 && result.shard[1].high == 0.9);
    verify_result_release(&result);
}

static void
test_success(void **state)
{
    static const struct {
        struct counts_of counts;
        double min_success;
        bool is_of_all, is_success;
    } cases[] = {
        {{1000, 0, 0, 0}, -1, false, true},
        {{999, 1, 0, 0}, -1, false, false},
        {{999, 0, 1, 0}, -1, false, false},
        {{999, 0, 0, 1}, -1, false, false},
        {{0, 0, 0, 0}, -1, false, true},
        {{999, 1, 0, 0}, -1, true, false},
        /* low of 1,000 of 1,000 is 0.99472 */
        {{1000, 0, 0, 0}, 0.9947, false, true},
        {{1000, 0, 0, 0}, 0.9948, false, false},
        {{999, 1, 0, 0}, 0.99, false, true},
        {{0, 0, 0, 0}, 0.5, false, false},
        {{0, 0, 0, 0}, 0, false, true},
        {{999, 1, 0, 0}, 0.999, true, true},
        {{999, 1, 0, 0}, 0.9991, true, false},
        {{1000, 0, 0, 0}, 1, true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct verify_result result;

        make(&result, 100000, &cases[i].counts, 1);
        result.is_of_all = cases[i].is_of_all;
        result.min_success = cases[i].min_success;
        verify_result_finish(&result);
        assert_int_equal(verify_is_success(&result), cases[i].is_success);
        assert_false(verify_is_blind(&result));
        verify_result_release(&result);
    }
}

static void
test_judgements_say_what_helps(void **state)
{
    static const struct {
        uint64_t population;
        struct counts_of counts;
        double min_success, margin;
        bool is_of_all;
        const char *text;
    } cases[] = {
        {100000, {1000, 0, 0, 0}, -1, 0, false, ""},
        {100000, {1000, 0, 0, 0}, 0.99, 0, false, ""},
        {100000, {1000, 0, 0, 0}, 0.999, 0, false,
            "Not shown to be at least --min-success 0.999: low is 99.47 %; "
            "sample more: --verify 5296.\n"},
        {100000, {1000, 0, 0, 0}, 1, 0, false,
            "Not shown to be at least --min-success 1: low is 99.47 %; sample "
            "more: --verify all.\n"},
        {4000, {1000, 0, 0, 0}, 0.999, 0, false,
            "Not shown to be at least --min-success 0.999: low is 99.47 %; "
            "sample more: --verify all.\n"},
        {100000, {990, 10, 0, 0}, 0.985, 0, false,
            "Not shown to be at least --min-success 0.985: low is 97.8 %; "
            "sample more: --verify 3800.\n"},
        {100000, {900, 100, 0, 0}, 0.99, 0, false,
            "Not shown to be at least --min-success 0.99: low is 87.3 %; load "
            "again what is missing or different.\n"},
        {1000, {999, 1, 0, 0}, 1, 0, true,
            "Not shown to be at least --min-success 1: low is 99.9 %; load "
            "again what is missing or different.\n"},
        {0, {0, 0, 0, 0}, 0.5, 0, false,
            "Not shown to be at least --min-success 0.5: low is 0 %.\n"},
        {100000, {999, 1, 0, 0}, -1, 0, false,
            "Verification failed: not all items that were looked for match; "
            "--min-success R would accept some.\n"},
        {100000, {5296, 0, 0, 0}, -1, 0.001, false, ""},
        {10000000, {5291, 5, 0, 0}, 0.9, 0.001, false,
            "The interval is wider than --margin 0.001, since not all match; "
            "to know the rate as well as that: --verify 12000.\n"},
    };
    struct text text = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct verify_result result;

        make(&result, cases[i].population, &cases[i].counts, 1);
        result.is_of_all = cases[i].is_of_all;
        result.min_success = cases[i].min_success;
        result.margin = cases[i].margin;
        verify_result_finish(&result);
        verify_add_judgement(&text, &result);
        check_text(&text, cases[i].text);
        verify_result_release(&result);
    }
    text_release(&text);
}

/* A number that is proposed is enough, if the rate stays. */
static void
test_proposed_samples_would_do(void **state)
{
    struct interval interval;

    (void)state;
    assert_true(interval_of(3762, 3800, 0.99).low >= 0.985);
    interval = interval_of(11989, 12000, 0.99);
    assert_true(interval.high - 11989. / 12000 <= 0.001);
    assert_true(11989. / 12000 - interval.low <= 0.001);
}

static void
test_report(void **state)
{
    static const struct counts_of shards[] = {
        {4500, 0, 0, 0}, {4390, 12, 3, 0}, {4400, 0, 0, 0}, {4354, 0, 0, 0}};
    struct verify_result result;
    struct text text = {0};

    (void)state;
    make(&result, 3000000, shards, 4);
    result.shard[1].facts =
        (struct cause_facts){.is_watched = true, .evictions = 2345};
    verify_result_finish(&result);
    verify_add_report(&text, &result, ROOM);
    check_text(&text,
        "\n"
        "verified  sampled  matched  missing  different  estimate      low     "
        " high\n"
        "idfa        4,500    4,500        0          0     100 %  99.88 %     "
        "100 %\n"
        "gaid        4,405    4,390       12          3   99.66 %  99.36 %   "
        "99.85 %\n"
        "adid        4,400    4,400        0          0     100 %  99.87 %     "
        "100 %\n"
        "dvid        4,354    4,354        0          0     100 %  99.87 %     "
        "100 %\n"
        "total      17,659   17,644       12          3  99.915 %  99.84 %  "
        "99.961 %\n"
        "\n"
        "shard        items  likely cause\n"
        "gaid    12 missing  evicted: evictions rose by 2,345; give it more "
        "memory (-m) and load again\n"
        "       3 different  overwritten since, by another load or another "
        "client; or the file was changed; or it was loaded with another "
        "mapping\n"
        "\n"
        "99 % sure that 0.039 % to 0.16 % of 3,000,000 items are missing or "
        "different: of 17,659 sampled 12 missing, 3 different.\n"
        "Verification failed: not all items that were looked for match; "
        "--min-success R would accept some.\n");
    verify_result_release(&result);
    text_release(&text);
}

static void
test_report_where_all_match_is_short(void **state)
{
    static const struct counts_of shards[] = {{1000, 0, 0, 0}, {500, 0, 0, 0}};
    struct verify_result result;
    struct text text = {0};

    (void)state;
    make(&result, 1500, shards, 2);
    result.is_of_all = true;
    verify_result_finish(&result);
    verify_add_report(&text, &result, ROOM);
    check_text(&text, "\n"
                      "verified  items  matched  missing  estimate\n"
                      "idfa      1,000    1,000        0     100 %\n"
                      "gaid        500      500        0     100 %\n"
                      "total     1,500    1,500        0     100 %\n"
                      "\n"
                      "All 1,500 items were looked for, and match.\n");
    verify_result_release(&result);
    text_release(&text);
}

/* What is shown may never say more than what is proven. */
static void
test_percents_are_rounded_away(void **state)
{
    static const uint64_t sizes[] = {1, 2, 9, 10, 99, 1000, 4321, 1000000};

    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
        for (uint64_t bad = 1; bad < sizes[s] && bad < 40; bad++) {
            struct counts_of counts = {sizes[s] - bad, bad, 0, 0};
            struct verify_result result;
            struct text text = {0};
            double least, most;

            make(&result, UINT64_C(1) << 40, &counts, 1);
            verify_result_finish(&result);
            verify_add_sentence(&text, &result);
            assert_int_equal(sscanf(text.data,
                                 "99 %% sure that %lf %% to %lf %% of", &least,
                                 &most),
                2);
            assert_true(least / 100 <= 1 - result.total.high + 1e-9);
            assert_true(most / 100 >= 1 - result.total.low - 1e-9);
            assert_true(least / 100 >= (1 - result.total.high) * 0.9 - 1e-9);
            assert_true(most / 100 <= (1 - result.total.low) * 1.1 + 1e-9);
            text_release(&text);
            verify_result_release(&result);
        }
}

static void
test_summary(void **state)
{
    static const struct counts_of shards[] = {{1000, 0, 0, 0}, {990, 7, 2, 1}};
    struct verify_result result;
    json_t *json, *row;

    (void)state;
    make(&result, 100000, shards, 2);
    result.seed = 42;
    result.min_success = 0.9;
    verify_result_finish(&result);
    json = verify_json(&result);
#define NUMBER(object, key) json_number_value(json_object_get(object, key))
    assert_true(NUMBER(json, "sampled") == 2000);
    assert_true(NUMBER(json, "matched") == 1990);
    assert_true(NUMBER(json, "missing") == 7);
    assert_true(NUMBER(json, "different") == 2);
    assert_true(NUMBER(json, "unreadable") == 1);
    assert_true(NUMBER(json, "estimate") == 0.995);
    assert_true(NUMBER(json, "confidence") == 0.99);
    assert_true(fabs(NUMBER(json, "low") - result.total.low) < 1e-11);
    assert_true(fabs(NUMBER(json, "high") - result.total.high) < 1e-11);
    assert_true(NUMBER(json, "population") == 100000);
    assert_true(json_is_true(json_object_get(json, "population_exact")));
    assert_true(json_is_true(json_object_get(json, "success")));
    assert_true(NUMBER(json, "seed") == 42);
    assert_int_equal(json_array_size(json_object_get(json, "shards")), 2);
    row = json_array_get(json_object_get(json, "shards"), 1);
    assert_string_equal(json_string_value(json_object_get(row, "name")),
        "gaid");
    assert_true(NUMBER(row, "sampled") == 1000);
    assert_true(NUMBER(row, "estimate") == 0.99);
    assert_int_equal(json_array_size(json_object_get(row, "likely_causes")), 3);
    json_decref(json);
    verify_result_release(&result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_rows_and_total_have_their_intervals),
        cmocka_unit_test(test_success),
        cmocka_unit_test(test_judgements_say_what_helps),
        cmocka_unit_test(test_proposed_samples_would_do),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_report_where_all_match_is_short),
        cmocka_unit_test(test_percents_are_rounded_away),
        cmocka_unit_test(test_summary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
