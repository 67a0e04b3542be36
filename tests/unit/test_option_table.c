/* The option table's own rules, and "did you mean". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/suggest.h"
#include "base/text.h"
#include "settings/option_table.h"

/* What holds for every row, whatever its type. */
static void
test_rows(void **state)
{
    (void)state;
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        bool is_flag = option->type == OPTION_FLAG ||
                       option->type == OPTION_CLEARS ||
                       option->type == OPTION_ACTION;

        assert_ptr_equal(option_find(option->commands, option->name,
                             strlen(option->name)),
            option);
        if (option->letter)
            assert_ptr_equal(option_find_letter(option->letter), option);
        assert_true(is_flag == !option->arg);
        assert_true((option->action != ACTION_RUN) ==
                    (option->type == OPTION_ACTION));
        assert_true(option->type != OPTION_ACTION || option->is_cli_only);
        assert_true((option->set != NULL) == (option->type == OPTION_OWN));
        assert_true(option->commands & FOR_ALL);
        assert_non_null(option->help);
        /* a default is either a value or words */
        assert_false(option->preset && option->fallback);
        if (option_default(option))
            assert_non_null(option->arg);
    }
    assert_null(option_find(FOR_ALL, "thread", 6));
    assert_null(option_find(FOR_ALL, "", 0));
    assert_null(option_find_letter('\0'));
}

static bool
holds_number(enum option_field field)
{
    return field == FIELD_UNSIGNED || field == FIELD_U64 || field == FIELD_I64;
}

/* "set|multi|noreply", as the argument's word says it. */
static void
words_are_told(const struct option *option)
{
    struct text joined = {0};

    assert_true(option->field == FIELD_WORD || holds_number(option->field));
    assert_non_null(option->words);
    for (const struct option_word *word = option->words; word->word; word++)
        text_format(&joined, "%s%s", word == option->words ? "" : "|",
            word->word);
    assert_string_equal(joined.data, option->arg);
    text_release(&joined);
}

/* The types: each has the field and the range that it needs. */
static void
test_types(void **state)
{
    (void)state;
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        uint64_t unit = option->type == OPTION_DURATION ? option->unit_ms : 1;

        switch (option->type) {
        case OPTION_ACTION:
        case OPTION_OWN:
            assert_null(option->then);
            break;
        case OPTION_FLAG:
        case OPTION_CLEARS:
            assert_int_equal(option->field, FIELD_BOOL);
            break;
        case OPTION_COUNT:
        case OPTION_SIZE:
        case OPTION_DURATION:
            assert_true(holds_number(option->field));
            assert_true(unit > 0 && option->least < option->most);
            assert_true(option->most <= (option->field == FIELD_UNSIGNED
                                                ? UINT32_MAX
                                                : (uint64_t)INT64_MAX) /
                                            unit);
            break;
        case OPTION_RATE:
        case OPTION_BETWEEN:
            assert_int_equal(option->field, FIELD_DOUBLE);
            assert_true(option->low < option->high);
            break;
        case OPTION_CHOICE:
            words_are_told(option);
            break;
        case OPTION_TEXT:
        case OPTION_PATH:
            assert_int_equal(option->field, FIELD_TEXT);
            assert_non_null(option->noun);
            break;
        case OPTION_LIST:
            assert_int_equal(option->field, FIELD_WORDS);
            assert_non_null(option->noun);
            assert_true(option->repeats);
            break;
        }
    }
}

/* No command has two options that write the same field. */
static void
test_fields(void **state)
{
    (void)state;
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        for (const struct option *other = option_next(option); other;
             other = option_next(other)) {
            if (option->field == FIELD_NONE || other->field == FIELD_NONE ||
                option->offset != other->offset)
                continue;
            if (option->commands & other->commands)
                fail_msg("--%s and --%s have one field", option->name,
                    other->name);
        }
    }
}

/* Groups of one heading stand together: it is printed once. */
static void
test_headings(void **state)
{
    const struct option *next = NULL;

    (void)state;
    for (size_t i = 0; option_groups[i]; i++) {
        assert_non_null(option_groups[i]->rows->name);
        for (size_t j = i + 1; option_groups[j]; j++)
            if (!strcmp(option_groups[i]->heading, option_groups[j]->heading))
                assert_string_equal(option_groups[j - 1]->heading,
                    option_groups[j]->heading);
        for (const struct option *row = option_groups[i]->rows; row->name;
             row++) {
            next = option_next(next);
            assert_ptr_equal(next, row);
        }
    }
    assert_null(option_next(next));
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
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_headings),
        cmocka_unit_test(test_suggestions),
        cmocka_unit_test(test_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
