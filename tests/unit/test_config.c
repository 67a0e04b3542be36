/* The config file: what it may say, and where it says that something is
 * wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "settings/config.h"
#include "settings/option_values.h"
#include "settings/options.h"

enum { WORDS_MAX = 8 };

static char path[4096];

static void
write_config(const char *bytes, size_t n_bytes)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n_bytes, file), n_bytes);
    assert_int_equal(fclose(file), 0);
}

/* "--config PATH" is put in front of, or behind, the words. */
static int
read_options(struct settings *settings, const char *const *words,
    bool config_last, struct err *err)
{
    const char *all[WORDS_MAX + 2];
    size_t n = 0;
    enum action action;

    if (!config_last)
        all[n++] = "--config", all[n++] = path;
    for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
        all[n++] = words[i];
    if (config_last)
        all[n++] = "--config", all[n++] = path;
    settings_defaults(settings);
    *err = (struct err){0};
    return options_read(settings, FOR_LOAD, (char *const *)all, n, &action,
        err);
}

static void
describe(struct text *out, const struct settings *settings)
{
    text_clear(out);
    text_format(out, "threads=%u mode=%s degraded=%d rename=%d log=%s",
        settings->tuning.threads, mode_name(settings->tuning.mode),
        settings->servers.degraded, settings->input.rename,
        settings->output.log_path ? settings->output.log_path : "");
    for (size_t i = 0; i < settings->input.patterns.n; i++)
        text_format(out, " pattern=%s", settings->input.patterns.items[i]);
    for (size_t i = 0; i < settings->input.files.n; i++)
        text_format(out, " file=%s", settings->input.files.items[i]);
    for (size_t i = 0; i < settings->servers.n_shards; i++)
        text_format(out, " %s=%s/%zu", settings->servers.shards[i].name,
            settings->servers.shards[i].addresses[0].text,
            settings->servers.shards[i].n_addresses);
}

#define PLAIN "threads=1 mode=multi degraded=0 rename=1 log="

static const struct {
    const char *yaml;
    const char *words[WORDS_MAX];
    const char *settings;
} good[] = {
    {"", {NULL}, PLAIN},
    {"# nothing\n", {NULL}, PLAIN},
    {"---\n", {NULL}, PLAIN},
    {"{}", {NULL}, PLAIN},
    {"load:\n", {NULL}, PLAIN},
    {"load: {}\n", {NULL}, PLAIN},
    {"load:\n  threads: 3\n  mode: set\n  degraded: true\n  no-rename: true\n",
        {NULL}, "threads=3 mode=set degraded=1 rename=0 log="},
    {"load: {threads: 3, degraded: false, no-rename: false}", {NULL},
        "threads=3 mode=multi degraded=0 rename=1 log="},
    {"\"load\":\n  \"threads\": '3'\n", {NULL},
        "threads=3 mode=multi degraded=0 rename=1 log="},
    {"\xef\xbb\xbfload:\r\n  threads: 3\r\n", {NULL},
        "threads=3 mode=multi degraded=0 rename=1 log="},
    {"load:\n  log: a b: c\n", {NULL},
        NULL}, /* not YAML: "mapping values are not allowed" */
    {"load:\n  log: \"a b: c\"\n", {NULL}, PLAIN "a b: c"},
    /* lists and anchors */
    {"load:\n  pattern: /x\n", {NULL}, PLAIN " pattern=/x"},
    {"load:\n  pattern: [/x, /y]\n", {NULL}, PLAIN " pattern=/x pattern=/y"},
    {"load:\n  pattern: []\n", {NULL}, PLAIN},
    {"load:\n  shard:\n    - a=h:1\n    - b=h:2,h:3\n", {NULL},
        PLAIN " a=h:1/1 b=h:2/2"},
    {"load: {pattern: &p [/x], log: &l f, summary: *l}", {NULL},
        PLAIN "f pattern=/x"},
    {"load: {threads: &n 4, connections: *n}", {NULL},
        "threads=4 mode=multi degraded=0 rename=1 log="},
    /* the command line wins */
    {"load: {threads: 3, mode: set}", {"--threads", "5"},
        "threads=5 mode=set degraded=0 rename=1 log="},
    {"load: {pattern: [/x, /y]}", {"--pattern=/z"}, PLAIN " pattern=/z"},
    {"load: {pattern: /x}", {"f"}, PLAIN " pattern=/x file=f"},
    {"load: {shard: [a=h:1], idfa: h:9}", {"--shard", "b=h:2"},
        PLAIN " idfa=h:9/1 b=h:2/1"},
    {"load: {idfa: h:9}", {"--idfa", "h:8"}, PLAIN " idfa=h:8/1"},
    {"load: {quiet: true}", {"-v"}, PLAIN},
    {"load: {degraded: true, no-rename: true}",
        {"--degraded=false", "--no-rename=false"}, PLAIN},
    {"load: {degraded: false}", {"--degraded=true"},
        "threads=1 mode=multi degraded=1 rename=1 log="},
};

static void
test_good(void **state)
{
    struct text text = {0};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(good) / sizeof(good[0]); i++) {
        size_t row = i / 2;
        struct settings settings;
        struct err err;
        int status;

        write_config(good[row].yaml, strlen(good[row].yaml));
        status = read_options(&settings, good[row].words, i % 2 != 0, &err);
        if (good[row].settings) {
            if (status)
                fail_msg("row %zu: %s", row, err.text);
            describe(&text, &settings);
            assert_string_equal(text.data, good[row].settings);
        } else {
            assert_int_equal(status, -1);
        }
        settings_release(&settings);
    }
    text_release(&text);
}

#define NO_MAP                                                            \
    "1:1: a config file has sections: \"load:\" and the like, with what " \
    "is in them indented behind"

static const struct {
    const char *yaml;
    const char *error; /* behind "PATH:" */
} bad[] = {
    {"load:\n  threads: abc\n",
        "2:12: threads: \"abc\" is not a number from 0 to 64"},
    {"load:\n  theads: 3\n",
        "2:3: unknown key \"theads\"; did you mean \"threads\"?"},
    {"load:\n  max_line: 1K\n",
        "2:3: unknown key \"max_line\"; did you mean \"max-line\"?"},
    {"load:\n  frobnicate: 3\n", "2:3: unknown key \"frobnicate\""},
    {"load:\n  threads: [3]\n",
        "2:12: threads takes one value, not a list or a map"},
    {"load:\n  threads: {a: 3}\n",
        "2:12: threads takes one value, not a list or a map"},
    {"load:\n  degraded: [true]\n",
        "2:13: degraded takes one value, not a list or a map"},
    {"load:\n  degraded: yes\n",
        "2:13: degraded: \"yes\" is neither true nor false"},
    {"load:\n  degraded:\n", "2:12: degraded needs a value: true or false"},
    {"load:\n  threads: ~\n", "2:12: threads needs a value: N"},
    {"load:\n  threads: null\n", "2:12: threads needs a value: N"},
    {"load:\n  threads: \"\"\n",
        "2:12: threads: \"\" is not a number from 0 to 64"},
    {"load:\n  shard: {a: 'h:1'}\n",
        "2:10: shard takes a value or a list of them, not a map"},
    {"load:\n  pattern: [a, [b]]\n",
        "2:16: pattern: the list holds texts only"},
    {"load:\n  pattern: [a, ~]\n", "2:16: pattern needs a value: GLOB"},
    {"load:\n  shard: [a=h:1, b]\n",
        "2:18: shard: \"b\" is not a shard: NAME=ADDR[,ADDR]..."},
    {"load:\n  log: \"a\\0b\"\n", "2:8: a NUL byte in the value"},
    {"load:\n  threads: 3\n  mode: set\n  threads: 4\n",
        "4:3: \"threads\" is given twice (first on line 2)"},
    {"load: {}\nload: {}\n", "2:1: \"load\" is given twice (first on line 1)"},
    {"load:\n  ? [a]\n  : b\n", "2:5: a key must be a word"},
    {"load:\n  \"thr\\0eads\": 3\n", "2:3: a key must be a word"},
    {"load: {<<: {threads: 4}}\n", "1:8: unknown key \"<<\""},
    {"load: &a\n  threads: *a\n",
        "2:12: *a is inside the value that it stands for"},
    {"load:\n  help: true\n",
        "2:3: \"help\" makes sense on the command line only"},
    {"load:\n  version: true\n",
        "2:3: \"version\" makes sense on the command line only"},
    {"load:\n  test: true\n",
        "2:3: \"test\" makes sense on the command line only"},
    {"load:\n  config: f\n",
        "2:3: \"config\" makes sense on the command line only"},
    {"load:\n  mapping: f\n",
        "2:3: \"mapping\" makes sense on the command line only"},
    {"load:\n  columns: [a, b]\n",
        "2:12: columns takes one value, not a list or a map"},
    {"load:\n  columns: a,a\n",
        "2:12: columns: \"a\" is column 1 and column 2"},
    {"load: 3\n", "1:7: load: holds options, each as \"name: value\""},
    {"- load\n", NO_MAP},
    {"3\n", NO_MAP},
    {"threads: 3\n",
        "1:1: unknown key \"threads\"; options stand under \"load:\""},
    {"lod:\n", "1:1: unknown key \"lod\"; did you mean \"load\"?"},
    {"xyz:\n",
        "1:1: unknown key \"xyz\"; a file has the sections input, record, "
        "key, route, servers and load"},
    {"servrs: {a: 'h:1'}\n",
        "1:1: unknown key \"servrs\"; did you mean \"servers\"?"},
    {"load:\n  threads: 3\n---\nload:\n",
        "3:1: a second document begins here; a file has one"},
    {"load:\n  threads: 3\n...\nload:\n",
        "4:1: did not find expected <document start>"},
    {"load: {threads: 3\n",
        "2:1: did not find expected ',' or '}' while parsing a flow mapping"},
    {"load: *x\n", "1:7: *x: no &x before it"},
    {"load:\n  log: a\xff\n", "2:9: invalid leading UTF-8 octet"},
    {"load:\n  log: a\x01\n", "2:9: control characters are not allowed"},
};

static void
test_bad(void **state)
{
    static const char *const none[WORDS_MAX] = {NULL};
    /* a list that is replaced must be right all the same */
    static const char *const lists[WORDS_MAX] = {
        "--shard=z=h:1", "--pattern=/z"};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(bad) / sizeof(bad[0]); i++) {
        size_t row = i / 2;
        struct settings settings;
        struct err err;
        size_t n = strlen(path);

        write_config(bad[row].yaml, strlen(bad[row].yaml));
        if (!read_options(&settings, i % 2 ? lists : none, false, &err))
            fail_msg("row %zu was taken: %s", row, bad[row].yaml);
        assert_int_equal(err.code, ERR_USAGE);
        assert_int_equal(strncmp(err.text, path, n), 0);
        assert_int_equal(err.text[n], ':');
        assert_string_equal(err.text + n + 1, bad[row].error);
        settings_release(&settings);
    }
}

/* Each option that a file may hold is known there under its long name. */
static void
test_every_option(void **state)
{
    static const struct {
        const char *name, *value;
    } values[] = {
        {"idfa", "h:1"},
        {"gaid", "h:1"},
        {"adid", "h:1"},
        {"dvid", "h:1"},
        {"shard", "x=h:1"},
        {"mode", "set"},
        {"inflate", "zlib"},
        {"progress", "never"},
        {"on-restart", "fail"},
        {"margin", "0.1"},
        {"confidence", "0.9"},
        {"max-line", "1K"},
        {"window", "1K"},
    };
    struct text yaml = {0};
    struct option_values given = {0};
    struct config config;
    struct err err;
    size_t n = 0;

    (void)state;
    text_format(&yaml, "load:\n");
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        const char *value = option->arg ? "1" : "true";

        if (option->is_cli_only)
            continue;
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            if (strcmp(values[i].name, option->name) == 0)
                value = values[i].value;
        }
        text_format(&yaml, "  %s: %s\n", option->name, value);
        n++;
    }
    write_config(yaml.data, yaml.n_bytes);
    assert_int_equal(config_read(&config, path, "config", &err), 0);
    assert_int_equal(config_values(&config, &given, &err), 0);
    config_release(&config);
    assert_int_equal(given.n, n);
    for (size_t i = 0; i < n; i++) {
        struct text where = {0};
        struct settings settings;

        settings_defaults(&settings);
        assert_int_equal(option_value_apply(&given.items[i], &settings, &err),
            0);
        settings_release(&settings);
        text_format(&where, "%s:%zu:%zu", path, i + 2,
            strlen(given.items[i].option->name) + 5);
        assert_string_equal(given.items[i].where, where.data);
        text_release(&where);
    }
    option_values_release(&given);
    text_release(&yaml);
}

static int
make_path(void **state)
{
    const char *tmp = getenv("TMPDIR");
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/config.XXXXXX", tmp ? tmp : "/tmp");
    fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int
remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_every_option),
    };

    return cmocka_run_group_tests(tests, make_path, remove_path);
}
