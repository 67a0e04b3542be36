/* What rooms above the settings add to them before they are frozen: the
 * compiled mapping, the size of the sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/cmd.h"
#include "record/mapping.h"
#include "unit/read_words.h"
#include "unit/temp_dir.h"

/* As main() does it; the caller releases both. */
static int
complete(struct settings *settings, struct mapping **mapping,
    const char *const *words, struct err *err)
{
    enum action action;

    *mapping = NULL;
    if (read_options(settings, FOR_LOAD, words, &action, err) ||
        settings_finish(settings, err))
        fail_msg("%s", err->text);
    return complete_settings(settings, mapping, err);
}

static void
test_mapping_and_flags(void **state)
{
    const char *words[WORDS_MAX] = {"--mapping",
        temp_file("m.yml",
            "input: {columns: [a, b]}\n"
            "record: {format: json, fields: {b: {column: b}}, flags: 7}\n"
            "key: \"{a}\"\nroute: {hash: key}\nservers: {tv: h:1}\n")};
    const char *none[WORDS_MAX] = {NULL};
    struct settings settings;
    struct mapping *mapping;
    struct err err;

    (void)state;
    if (complete(&settings, &mapping, words, &err))
        fail_msg("%s", err.text);
    assert_non_null(mapping);
    assert_ptr_equal(settings.input.mapping, mapping);
    assert_int_equal(settings.input.flags, 7);
    settings_release(&settings);
    release_mapping(mapping);

    assert_int_equal(complete(&settings, &mapping, none, &err), 0);
    assert_ptr_equal(settings.input.mapping, mapping);
    assert_int_equal(settings.input.flags, 0);
    settings_release(&settings);
    release_mapping(mapping);
}

static void
test_errors_name_the_place(void **state)
{
    char *path = temp_file("m.yml",
        "input: {columns: [a, b]}\n"
        "record: {format: json, fields: {b: {column: b}}}\n"
        "key: \"{a}\"\nroute: {hash: key}\nservers: {tv: h:1, web: h:2}\n");
    const char *words[WORDS_MAX] = {"--mapping", path};
    struct settings settings;
    struct mapping *mapping;
    struct err err;

    (void)state;
    assert_int_equal(complete(&settings, &mapping, words, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
    assert_non_null(strstr(err.text, ":4:8: route: {hash: key} spreads keys"));
    assert_null(settings.input.mapping);
    settings_release(&settings);
    release_mapping(mapping);

    temp_file("m.yml", "key: \"{nowhere}\"\nservers: {tv: h:1}\n");
    assert_int_equal(complete(&settings, &mapping, words, &err), -1);
    assert_null(mapping);
    settings_release(&settings);
}

/* Fixed before any command looks at it, so that none has to change it. */
static void
test_margin_is_a_sample(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        uint64_t n;
    } rows[] = {
        {{NULL}, 0},
        {{"--verify=7"}, 7},
        {{"--margin=0.001"}, 5296},
        {{"--verify=7", "--margin=0.001"}, 5296},
        {{"--margin=0.001", "--verify=7"}, 7},
        {{"--margin=0.001", "--verify=all"}, 0},
    };
    struct settings settings;
    struct mapping *mapping;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(complete(&settings, &mapping, rows[i].words, &err), 0);
        assert_int_equal(settings.verification.n, rows[i].n);
        settings_release(&settings);
        release_mapping(mapping);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapping_and_flags),
        cmocka_unit_test(test_errors_name_the_place),
        cmocka_unit_test(test_margin_is_a_sample),
    };

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}
