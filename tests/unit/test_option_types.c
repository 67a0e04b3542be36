/*
 * A property of every option that a type describes, whichever options there
 * are: values at the ends of its range and within it arrive in its field and
 * nowhere else; those beyond it and junk are refused with the option, the value
 * and the range in the message, and change nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "settings/option_table.h"
#include "settings/option_values.h"

enum { N_RANDOM = 200, VALUE_BYTES = 64, SEED = 20261130 };

static struct rng rng;

/* --- one value of one option ----------------------------------------------*/

static size_t
field_bytes(const struct option *option)
{
    static const size_t sizes[] = {
        [FIELD_BOOL] = sizeof(bool),
        [FIELD_UNSIGNED] = sizeof(unsigned),
        [FIELD_U64] = sizeof(uint64_t),
        [FIELD_I64] = sizeof(int64_t),
        [FIELD_DOUBLE] = sizeof(double),
        [FIELD_TEXT] = sizeof(char *),
        [FIELD_WORD] = sizeof(const char *),
        [FIELD_WORDS] = sizeof(struct words),
    };

    assert_true(option->field != FIELD_NONE);
    return sizes[option->field];
}

static const void *
field_of(const struct option *option, const struct settings *settings)
{
    return (const char *)settings + option->offset;
}

/* Taken, and without side effects but those that `then` has. The caller
 * releases the settings. */
static void
take(struct settings *settings, const struct option *option, char *value)
{
    struct option_value given = {.option = option, .value = value};
    struct settings before, after;
    struct err err = {0};

    settings_defaults(settings);
    memcpy(&before, settings, sizeof(before));
    if (option_value_apply(&given, settings, &err))
        fail_msg("--%s %s: %s", option->name, value, err.text);
    memcpy(&after, settings, sizeof(after));
    if (option->then)
        return;
    memcpy((char *)&before + option->offset, field_of(option, settings),
        field_bytes(option));
    if (memcmp(&before, &after, sizeof(before)) != 0)
        fail_msg("--%s %s changed another field", option->name, value);
}

/* Refused, all of `said` is in the message, and nothing was changed. */
static void
refuse(const struct option *option, const char *value, const char *const *said)
{
    struct option_value given = {.option = option, .value = mem_text(value)};
    struct settings settings, before;
    struct err err = {0};
    char start[VALUE_BYTES];

    settings_defaults(&settings);
    memcpy(&before, &settings, sizeof(before));
    if (!option_value_apply(&given, &settings, &err))
        fail_msg("--%s took \"%s\"", option->name, value);
    assert_int_equal(err.code, ERR_USAGE);
    snprintf(start, sizeof(start), "--%s: ", option->name);
    assert_int_equal(strncmp(err.text, start, strlen(start)), 0);
    if (*value && !strstr(err.text, value))
        fail_msg("no \"%s\" in: %s", value, err.text);
    for (; *said; said++)
        if (!strstr(err.text, *said))
            fail_msg("no \"%s\" in: %s", *said, err.text);
    assert_memory_equal(&settings, &before, sizeof(before));
    settings_release(&settings);
    free(given.value);
}

/* --- numbers --------------------------------------------------------------*/

static void
number_is(const struct option *option, char *value, uint64_t want)
{
    struct settings settings;
    const void *field;
    uint64_t is = 0;

    take(&settings, option, value);
    field = field_of(option, &settings);
    if (option->field == FIELD_UNSIGNED)
        is = *(const unsigned *)field;
    else if (option->field == FIELD_U64)
        is = *(const uint64_t *)field;
    else if (option->field == FIELD_I64)
        is = (uint64_t) * (const int64_t *)field;
    else
        fail_msg("--%s has no number", option->name);
    if (is != want)
        fail_msg("--%s %s became %" PRIu64 ", not %" PRIu64, option->name,
            value, is, want);
    settings_release(&settings);
}

/* A size's ends are written with units: 1KiB. */
static void
end_text(const struct option *option, uint64_t n, char *out)
{
    if (option->type == OPTION_SIZE && n % (1 << 20) == 0)
        snprintf(out, VALUE_BYTES, "%" PRIu64 "MiB", n >> 20);
    else if (option->type == OPTION_SIZE && n % 1024 == 0)
        snprintf(out, VALUE_BYTES, "%" PRIu64 "KiB", n >> 10);
    else
        snprintf(out, VALUE_BYTES, "%" PRIu64, n);
}

static void
check_units(const struct option *option)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {{"K", 1 << 10}, {"k", 1 << 10}, {"KB", 1 << 10},
        {"KiB", 1 << 10}, {"M", 1 << 20}, {"MiB", 1 << 20}, {"B", 1}};
    const char *const none[] = {NULL};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        char value[VALUE_BYTES];
        uint64_t most = option->most / units[i].bytes;

        snprintf(value, sizeof(value), "%" PRIu64 "%s", most, units[i].unit);
        if (option->type != OPTION_SIZE)
            refuse(option, value, none);
        else if (most * units[i].bytes >= option->least)
            number_is(option, value, most * units[i].bytes);
        snprintf(value, sizeof(value), "%" PRIu64 "%s", most + 1,
            units[i].unit);
        refuse(option, value, none);
    }
}

static void
check_number(const struct option *option)
{
    static const char *const junk[] = {"", " ", "x", "-1", "+1", " 1", "1 ",
        "1.5", "1,000", "0x10", "1e3", "all", "-0", "99999999999999999999999",
        "18446744073709551616", "\xc2\xb2"};
    uint64_t unit = option->type == OPTION_DURATION ? option->unit_ms : 1;
    char least[VALUE_BYTES], most[VALUE_BYTES], value[VALUE_BYTES];
    const char *const range[] = {
        option->type == OPTION_SIZE ? "size" : "number", least, most, NULL};

    end_text(option, option->least, least);
    end_text(option, option->most, most);
    number_is(option, least, option->least * unit);
    number_is(option, most, option->most * unit);
    for (size_t i = 0; i < N_RANDOM; i++) {
        uint64_t n =
            option->least + rng_below(&rng, option->most - option->least + 1);

        snprintf(value, sizeof(value), "%" PRIu64, n);
        number_is(option, value, n * unit);
    }
    if (option->least > 0) {
        snprintf(value, sizeof(value), "%" PRIu64, option->least - 1);
        refuse(option, value, range);
    }
    snprintf(value, sizeof(value), "%" PRIu64, option->most + 1);
    refuse(option, value, range);
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
        refuse(option, junk[i], range);
    check_units(option);
}

/* --- decimals -------------------------------------------------------------*/

static void
decimal_is(const struct option *option, double want)
{
    struct settings settings;
    char value[VALUE_BYTES];

    snprintf(value, sizeof(value), "%.17g", want);
    take(&settings, option, value);
    assert_true(*(const double *)field_of(option, &settings) == want);
    settings_release(&settings);
}

static void
check_decimal(const struct option *option)
{
    static const char *const junk[] = {"", "x", "nan", "inf", "-inf", "1e999",
        "0x1p-1", "0,5", " 0.5", "0.5 ", "0.5x", "."};
    char low[VALUE_BYTES], high[VALUE_BYTES], value[VALUE_BYTES];
    const char *const range[] = {low, high, NULL};
    double width = option->high - option->low;

    snprintf(low, sizeof(low), "%g", option->low);
    snprintf(high, sizeof(high), "%g", option->high);
    for (size_t i = 0; i < N_RANDOM; i++)
        decimal_is(option,
            option->low + width * (double)(1 + rng_below(&rng, 999)) / 1000);
    if (option->type == OPTION_RATE) {
        decimal_is(option, option->low);
        decimal_is(option, option->high);
    } else {
        refuse(option, low, range);
        refuse(option, high, range);
    }
    snprintf(value, sizeof(value), "%.17g", option->low - 0.001);
    refuse(option, value, range);
    snprintf(value, sizeof(value), "%.17g", option->high + 0.001);
    refuse(option, value, range);
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
        refuse(option, junk[i], range);
}

/* --- words and texts ------------------------------------------------------*/

static void
check_flag(const struct option *option)
{
    static const char *const junk[] = {
        "", "yes", "TRUE", "True", "1", "0", "true ", "t", "truefalse"};
    static const char *const said[] = {"true", "false", NULL};
    bool is_clear = option->type == OPTION_CLEARS;
    struct settings settings;
    char yes[] = "true", no[] = "false";

    settings_defaults(&settings);
    assert_true(*(const bool *)field_of(option, &settings) == is_clear);
    settings_release(&settings);
    take(&settings, option, yes);
    assert_true(*(const bool *)field_of(option, &settings) == !is_clear);
    settings_release(&settings);
    take(&settings, option, no);
    assert_true(*(const bool *)field_of(option, &settings) == is_clear);
    settings_release(&settings);
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
        refuse(option, junk[i], said);
}

static void
word_is(const struct option *option, const struct option_word *word)
{
    struct settings settings;
    char value[VALUE_BYTES];

    snprintf(value, sizeof(value), "%s", word->word);
    if (option->field != FIELD_WORD) {
        number_is(option, value, (uint64_t)(word - option->words));
        return;
    }
    take(&settings, option, value);
    assert_string_equal(*(const char *const *)field_of(option, &settings),
        word->word);
    settings_release(&settings);
}

static void
check_choice(const struct option *option)
{
    static const char *const junk[] = {"", "x", "0", "1", " ", "|"};
    const char *words[16] = {NULL};
    size_t n = 0;
    char value[VALUE_BYTES];

    for (; option->words[n].word; n++) {
        assert_true(n + 1 < sizeof(words) / sizeof(words[0]));
        words[n] = option->words[n].word;
    }
    for (size_t i = 0; i < n; i++) {
        const char *const refusal[] = {option->words[i].refusal, NULL};

        snprintf(value, sizeof(value), "%s", words[i]);
        if (!refusal[0])
            word_is(option, &option->words[i]);
        snprintf(value, sizeof(value), "%sx", words[i]);
        refuse(option, value, words);
        snprintf(value, sizeof(value), "%.*s", (int)strlen(words[i]) - 1,
            words[i]);
        refuse(option, value, words);
        snprintf(value, sizeof(value), "%c%s", words[i][0] - 'a' + 'A',
            words[i] + 1);
        refuse(option, value, words);
    }
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
        refuse(option, junk[i], words);
}

static void
check_text(const struct option *option)
{
    const char *const said[] = {option->noun, "empty", NULL};
    char texts[][VALUE_BYTES] = {"a", "-", " ", "a b,c=d", "\xff\x01"};
    struct settings settings;
    struct err err;

    refuse(option, "", said);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        take(&settings, option, texts[i]);
        /* given again: in place of the first */
        assert_int_equal(option_set(option, &settings, texts[i], &err), 0);
        assert_string_equal(*(char *const *)field_of(option, &settings),
            texts[i]);
        settings_release(&settings);
    }
}

static void
check_list(const struct option *option)
{
    const char *const said[] = {option->noun, "empty", NULL};
    const struct words *words;
    struct settings settings;
    char first[] = "a";
    struct err err;

    refuse(option, "", said);
    take(&settings, option, first);
    assert_int_equal(option_set(option, &settings, "b", &err), 0);
    words = field_of(option, &settings);
    assert_int_equal(words->n, 2);
    assert_string_equal(words->items[0], "a");
    assert_string_equal(words->items[1], "b");
    settings_release(&settings);
}

/* --- all of them ----------------------------------------------------------*/

static void
test_every_row(void **state)
{
    (void)state;
    rng_init(&rng, SEED);
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        switch (option->type) {
        case OPTION_FLAG:
        case OPTION_CLEARS:
            check_flag(option);
            break;
        case OPTION_COUNT:
        case OPTION_SIZE:
        case OPTION_DURATION:
            check_number(option);
            break;
        case OPTION_RATE:
        case OPTION_BETWEEN:
            check_decimal(option);
            break;
        case OPTION_CHOICE:
            check_choice(option);
            break;
        case OPTION_TEXT:
        case OPTION_PATH:
            check_text(option);
            break;
        case OPTION_LIST:
            check_list(option);
            break;
        case OPTION_ACTION:
        case OPTION_OWN:
            break; /* test_options.c and test_bench_options.c */
        }
    }
}

/* What is shown as the default is the default: setting it changes nothing. */
static void
test_presets(void **state)
{
    (void)state;
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        struct settings settings, before;
        struct err err;

        if (!option->preset)
            continue;
        settings_defaults(&settings);
        memcpy(&before, &settings, sizeof(before));
        assert_int_equal(option_set(option, &settings, option->preset, &err),
            0);
        assert_memory_equal(&settings, &before, sizeof(before));
        settings_release(&settings);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_presets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
