/* Why items are missing, different or unreadable: from facts to words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "verify/causes.h"

struct told {
    size_t n;
    struct text text;
};

static void
tell(void *ctx, const char *what, const char *why)
{
    struct told *told = ctx;

    told->n++;
    text_format(&told->text, "%s: %.*s\n", what, (int)strcspn(why, ",:;("),
        why);
}

static void
test_likely_causes(void **state)
{
    static const struct {
        struct cause_facts facts;
        struct cause_counts counts;
        const char *told; /* up to the first comma or colon */
    } cases[] = {
        {{.evictions = 9, .has_restarted = true}, {0}, ""},
        {{0}, {.missing = 3}, "3 missing: never arrived\n"},
        {{.is_watched = true, .evictions = 9}, {.missing = 3},
            "3 missing: evicted\n"},
        {{.evictions = 9}, {.missing = 3}, "3 missing: evicted\n"},
        {{.is_watched = true, .has_restarted = true}, {.missing = 3},
            "3 missing: restarted since the load began\n"},
        {{.has_restarted = true}, {.missing = 3}, "3 missing: restarted\n"},
        {{.has_flushed = true}, {.missing = 3},
            "3 missing: flushed since it started \n"},
        {{.has_flushed = true, .is_watched = true}, {.missing = 3},
            "3 missing: flushed since the load began \n"},
        {{.ttl_s = 60, .age_s = 59}, {.missing = 3},
            "3 missing: never arrived\n"},
        {{.ttl_s = 60, .age_s = 60}, {.missing = 3}, "3 missing: expired\n"},
        {{.has_restarted = true, .evictions = 1, .ttl_s = 1, .age_s = 2},
            {.missing = 1234},
            "1,234 missing: restarted\n"
            "1,234 missing: expired\n"
            "1,234 missing: evicted\n"},
        {{.is_away = true}, {.unreadable = 5},
            "5 unreadable: the server does not answer\n"},
        {{0}, {.unreadable = 5}, "5 unreadable: the server answered\n"},
        {{0}, {.different = 2}, "2 different: overwritten since\n"},
        /* a server that is away explains nothing that is missing */
        {{.is_away = true}, {.missing = 1, .different = 2, .unreadable = 3},
            "3 unreadable: the server does not answer\n"
            "1 missing: never arrived\n"
            "2 different: overwritten since\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct told told = {0};
        size_t n = causes_list(&cases[i].facts, &cases[i].counts, tell, &told);

        assert_int_equal(n, told.n);
        assert_string_equal(told.text.data ? told.text.data : "",
            cases[i].told);
        text_release(&told.text);
    }
}

static void
test_facts_of_a_pool_add_up(void **state)
{
    struct cause_facts facts = {
        .is_watched = true, .evictions = 3, .ttl_s = 60, .age_s = 10};

    (void)state;
    cause_facts_merge(&facts, &(struct cause_facts){.is_watched = true,
                                  .has_restarted = true,
                                  .evictions = 4,
                                  .ttl_s = 60,
                                  .age_s = 12});
    assert_true(facts.is_watched && facts.has_restarted);
    assert_false(facts.is_away || facts.has_flushed);
    assert_int_equal(facts.evictions, 7);
    assert_int_equal(facts.ttl_s, 60);
    assert_int_equal(facts.age_s, 12);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_likely_causes),
        cmocka_unit_test(test_facts_of_a_pool_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
