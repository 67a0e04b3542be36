/* What a command line asks for, and what each command takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings/options.h"
#include "unit/read_words.h"

static void
test_actions(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        enum action action;
    } rows[] = {
        {{NULL}, ACTION_RUN},
        {{"--help"}, ACTION_HELP},
        {{"a", "-h"}, ACTION_HELP},
        {{"--version"}, ACTION_VERSION},
        {{"-t"}, ACTION_TEST},
        {{"--test", "--help"}, ACTION_TEST},
        {{"--version", "--bogus"}, ACTION_VERSION},
        {{"--threads", "abc", "--help"}, ACTION_HELP},
        {{"--", "--help"}, ACTION_RUN},
    };
    struct settings settings;
    enum action action;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_options(&settings, FOR_LOAD, rows[i].words,
                             &action, &err),
            0);
        assert_int_equal(action, rows[i].action);
        settings_release(&settings);
    }
}

static void
test_get_takes_its_own(void **state)
{
    static const char *const mode[WORDS_MAX] = {"--mode", "set"};
    static const char *const mod[WORDS_MAX] = {"--mod", "set"};
    static const char *const own[WORDS_MAX] = {
        "--idfa", "h:1", "--timeout=7", "idfa:1"};
    struct settings settings;
    enum action action;
    struct err err;

    (void)state;
    assert_int_equal(read_options(&settings, FOR_GET, mode, &action, &err), -1);
    assert_string_equal(err.text,
        "--mode is not an option of this command; memc_load load and bench "
        "have it");
    settings_release(&settings);
    /* and does not hint at what it would refuse */
    assert_int_equal(read_options(&settings, FOR_GET, mod, &action, &err), -1);
    assert_string_equal(err.text, "unknown option --mod");
    settings_release(&settings);
    assert_int_equal(read_options(&settings, FOR_GET, own, &action, &err), 0);
    assert_int_equal(settings.failure.timeout_ms, 7);
    assert_string_equal(settings.input.files.items[0], "idfa:1");
    settings_release(&settings);
}

static void
test_verify_takes_what_reading_takes(void **state)
{
    static const char *const own[WORDS_MAX] = {
        "--verify", "7", "--strict", "a", "--degraded"};
    static const char *const refused[][WORDS_MAX] = {
        {"--dry"}, {"--mode=set"}, {"--no-rename"}, {"--rejects=d"}};
    struct settings settings;
    enum action action;
    struct err err;

    (void)state;
    assert_int_equal(read_options(&settings, FOR_VERIFY, own, &action, &err),
        0);
    assert_int_equal(settings.purpose, PURPOSE_VERIFY);
    assert_int_equal(settings.verification.n, 7);
    assert_string_equal(settings.input.files.items[0], "a");
    settings_release(&settings);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(read_options(&settings, FOR_VERIFY, refused[i],
                             &action, &err),
            -1);
        settings_release(&settings);
    }
    assert_int_equal(read_options(&settings, FOR_LOAD, own, &action, &err), 0);
    assert_int_equal(settings.purpose, PURPOSE_LOAD);
    settings_release(&settings);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_get_takes_its_own),
        cmocka_unit_test(test_verify_takes_what_reading_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
