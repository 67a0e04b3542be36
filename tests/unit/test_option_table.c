/* The option table's own rules, and "did you mean". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "settings/options.h"
#include "base/suggest.h"

static void
test_table(void **state)
{
    (void)state;
    for (const struct option *option = options; option->name; option++) {
        assert_ptr_equal(option_find(option->commands, option->name,
                             strlen(option->name)),
            option);
        if (option->letter)
            assert_ptr_equal(option_find_letter(option->letter), option);
        assert_true((option->set == NULL) == (option->action != ACTION_RUN));
        assert_true(option->set || option->is_cli_only);
        assert_true(option->commands & FOR_ALL);
        assert_non_null(option->help);
        if (option->fallback)
            assert_non_null(option->arg);
        /* rows of a group stand together: a heading is printed once */
        for (const struct option *later = option + 1; later->name; later++) {
            if (later->group == option->group)
                assert_ptr_equal(later[-1].group, option->group);
        }
    }
    assert_null(option_find(FOR_ALL, "thread", 6));
    assert_null(option_find(FOR_ALL, "", 0));
    assert_null(option_find_letter('\0'));
}

static void
test_suggestions(void **state)
{
    static const struct {
        const char *word, *best;
    } rows[] = {
        {"mode", "mode"},
        {"mdoe", "mode"},
        {"mod", "mode"},
        {"moe", "mode"},
        {"no", "noreply"},
        {"n", NULL},
        {"nope", NULL},
        {"more", "mode"},
        {"nreplx", "noreply"},
        {"nrplx", NULL},
        {"norpely", "noreply"},
        {"xyz", NULL},
        {"", NULL},
        {"a-word-that-is-longer-than-all-options-are", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct suggestion near = {
            .word = rows[i].word, .n_bytes = strlen(rows[i].word)};

        suggestion_offer(&near, "noreply");
        suggestion_offer(&near, "mode");
        suggestion_offer(&near, "modes-and-more");
        if (rows[i].best)
            assert_string_equal(near.best, rows[i].best);
        else
            assert_null(near.best);
    }
}

/* One name is the beginning of the other, or stands between its hyphens. */
static void
test_parts(void **state)
{
    static const struct {
        const char *word, *best;
    } rows[] = {
        {"dry-run", "dry"},
        {"dryrun", "dry"},
        {"verify-all", "verify"},
        {"logfile", "log"},
        {"max-retries", "retries"},
        {"retries-max", "retries"},
        {"outage", "max-outage"},
        {"max-outage-seconds", "max-outage"},
        {"verify-max-outage", "max-outage"},
        {"no-dry", NULL},
        {"rename", NULL},
        {"no-rename-files", "no-rename"},
        {"do", NULL},
        {"tries", NULL},
        {"out", NULL},
        {"max-dryness", NULL},
        {"catalog", NULL},
        {"verfy", "verify"},
    };
    static const char *const candidates[] = {
        "dry", "verify", "log", "retries", "max-outage", "no-rename"};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct suggestion near = {
            .word = rows[i].word, .n_bytes = strlen(rows[i].word)};

        for (size_t j = 0; j < sizeof(candidates) / sizeof(*candidates); j++)
            suggestion_offer_part(&near, candidates[j]);
        if (rows[i].best)
            assert_string_equal(near.best, rows[i].best);
        else
            assert_null(near.best);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_suggestions),
        cmocka_unit_test(test_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
