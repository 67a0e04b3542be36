/* Mappings on the command line: where the sections of --mapping and --config
 * may stand, and which shards there are by default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"
#include "settings/settings.h"
#include "settings/options.h"
#include "unit/temp_dir.h"

static const char *config_path, *mapping_path;

/* Each file is named when there is a text for it; word: one more, or NULL. */
static int
read_settings(struct settings *settings, const char *config,
    const char *mapping, const char *word, struct err *err)
{
    const char *words[5];
    size_t n = 0;
    enum action action;

    if (config) {
        temp_file("c.yml", config);
        words[n++] = "--config", words[n++] = config_path;
    }
    if (word)
        words[n++] = word;
    if (mapping) {
        temp_file("m.yml", mapping);
        words[n++] = "--mapping", words[n++] = mapping_path;
    }
    settings_defaults(settings);
    *err = (struct err){0};
    if (options_read(settings, FOR_LOAD, (char *const *)words, n, &action, err))
        return -1;
    return settings_finish(settings, err);
}

/* "threads=1 mapping=M idfa=h:1 gaid=h:2,h:3": M and C are the two files. */
static void
describe(struct text *out, const struct settings *settings)
{
    const char *path = settings->input.mapping_path;

    text_clear(out);
    text_format(out, "threads=%u mapping=%s", settings->tuning.threads,
        !path                             ? "built-in"
        : strcmp(path, mapping_path) == 0 ? "M"
        : strcmp(path, config_path) == 0  ? "C"
                                          : path);
    if (path)
        assert_string_equal(yaml_name(settings->input.mapping_file), path);
    else
        assert_null(settings->input.mapping_file);
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        text_format(out, " %s=", settings->servers.shards[i].name);
        for (size_t j = 0; j < settings->servers.shards[i].n_addresses; j++)
            text_format(out, "%s%s", j ? "," : "",
                settings->servers.shards[i].addresses[j].text);
    }
    for (size_t i = 0; i < settings->input.columns.n; i++)
        text_format(out, " %s", settings->input.columns.items[i]);
}

#define DEFAULTS                                 \
    "idfa=127.0.0.1:33013 gaid=127.0.0.1:33014 " \
    "adid=127.0.0.1:33015 dvid=127.0.0.1:33016"

static const struct {
    const char *config, *mapping, *word, *settings;
} good[] = {
    {NULL, NULL, NULL, "threads=1 mapping=built-in " DEFAULTS},
    {"load:\n", NULL, NULL, "threads=1 mapping=built-in " DEFAULTS},
    /* servers of one's own for the default record */
    {"servers: {idfa: 'h:1', gaid: 'h:2'}", NULL, NULL,
        "threads=1 mapping=built-in idfa=h:1 gaid=h:2"},
    {"servers:\n  tv: [h:1, '[::1]:2', 'unix:/a,b']\n  radio: h:3", NULL, NULL,
        "threads=1 mapping=built-in tv=h:1,[::1]:2,unix:/a,b radio=h:3"},
    /* they are defaults: while every shard named is one of them */
    {"servers: {tv: h:1, radio: h:3}", NULL, "--shard=radio=h:4,h:5",
        "threads=1 mapping=built-in tv=h:1 radio=h:4,h:5"},
    {"servers: {tv: h:1, radio: h:3}", NULL, "--shard=web=h:4",
        "threads=1 mapping=built-in web=h:4"},
    {"servers: {tv: h:1, radio: h:3}", NULL, "--idfa=h:4",
        "threads=1 mapping=built-in idfa=h:4"},
    {"servers: {tv: h:1, radio: h:3}\nload: {shard: [radio=h:2]}", NULL, NULL,
        "threads=1 mapping=built-in tv=h:1 radio=h:2"},
    /* a mapping: in a config, in a file of its own, or beside one */
    {"key: x\nservers: {tv: h:1}\nload: {threads: 3}", NULL, NULL,
        "threads=3 mapping=C tv=h:1"},
    {"input: {}\nservers: {tv: h:1}", NULL, NULL, "threads=1 mapping=C tv=h:1"},
    {"record: x\nservers: {tv: h:1}", NULL, NULL, "threads=1 mapping=C tv=h:1"},
    {"route:\nservers: {tv: h:1}", NULL, NULL, "threads=1 mapping=C tv=h:1"},
    {NULL, "key: x\nservers: {tv: h:1}\nload: {threads: 3, columns: 'a,b'}",
        NULL, "threads=3 mapping=M tv=h:1 a b"},
    {"load: {threads: 3}", "key: x\nservers: {tv: h:1}", NULL,
        "threads=3 mapping=M tv=h:1"},
    {"servers: {tv: h:1}", "key: x\nload: {threads: 3}", NULL,
        "threads=3 mapping=M tv=h:1"},
    {"load: {threads: 3}", "key: x\nservers: {tv: h:1}", "--threads=4",
        "threads=4 mapping=M tv=h:1"},
    {NULL, "key: x\nload: {columns: 'a,b', shard: a=h:1}", "--columns=c",
        "threads=1 mapping=M a=h:1 c"},
    /* without servers they are named by options */
    {NULL, "key: x", "--shard=tv=h:1", "threads=1 mapping=M tv=h:1"},
    {NULL, "key: x", "--idfa=h:1", "threads=1 mapping=M idfa=h:1"},
    /* a shard is called as a column says */
    {NULL, "key: x\nservers: {'a:b': h:1}", NULL,
        "threads=1 mapping=M a:b=h:1"},
    {NULL, "key: x", "--shard=a:b=h:1", "threads=1 mapping=M a:b=h:1"},
    {NULL, "key: x\nload: {shard: a:b=h:1}", NULL,
        "threads=1 mapping=M a:b=h:1"},
    {NULL, "key: x\nload: {shard: a:b=h:1}", "--shard=c:d=h:1",
        "threads=1 mapping=M c:d=h:1"},
};

static void
test_where_sections_may_stand(void **state)
{
    struct text text = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct settings settings;
        struct err err;

        if (read_settings(&settings, good[i].config, good[i].mapping,
                good[i].word, &err))
            fail_msg("row %zu: %s", i, err.text);
        describe(&text, &settings);
        assert_string_equal(text.data, good[i].settings);
        settings_release(&settings);
    }
    text_release(&text);
}

#define SHAPE                                                        \
    "servers: holds shards, each as \"NAME: HOST:PORT\" or \"NAME: " \
    "[HOST:PORT, HOST:PORT]\""

/* C and M in an error: the two files. */
static const struct {
    const char *config, *mapping, *word, *error;
} bad[] = {
    {"load: {threads: 3}", "key: x\nload: {ttl: 1}", NULL,
        "C:1:1: \"load\" is in M, too: leave it in one of the two"},
    {"load:\nservers: {a: h:1}", "key: x\nservers: {a: h:1}", NULL,
        "C:2:1: \"servers\" is in M, too: leave it in one of the two"},
    {"key: x", "key: x", NULL,
        "C:1:1: \"key\" is in M, too: leave it in one of the two"},
    {"load:\nroute: x\ninput: x", "servers: {a: h:1}\nkey: x\nrecord: y", NULL,
        "C:3:1: \"input\" belongs beside \"record\", in M: input, record, "
        "key and route must be in one file"},
    {NULL, "key: x", NULL,
        "M names no servers: add a section \"servers: {NAME: HOST:PORT}\" or "
        "give --shard NAME=HOST:PORT"},
    {"key: x", NULL, NULL,
        "C names no servers: add a section \"servers: {NAME: HOST:PORT}\" or "
        "give --shard NAME=HOST:PORT"},
    {NULL, "kye: x", NULL, "M:1:1: unknown key \"kye\"; did you mean \"key\"?"},
    {NULL, "- key", NULL,
        "M:1:1: a mapping file has sections: \"load:\" and the like, with "
        "what is in them indented behind"},
    {NULL, "load: {theads: 3}", NULL,
        "M:1:8: unknown key \"theads\"; did you mean \"threads\"?"},
    {"servers:\n", NULL, NULL, "C:1:9: " SHAPE},
    {"servers: [h:1]", NULL, NULL, "C:1:10: " SHAPE},
    {"servers: {}", NULL, NULL, "C:1:10: " SHAPE},
    {"servers: {a: }", NULL, NULL, "C:1:14: " SHAPE},
    {"servers: {a: []}", NULL, NULL, "C:1:14: " SHAPE},
    {"servers: {a: {b: h:1}}", NULL, NULL, "C:1:14: " SHAPE},
    {"servers: {a: [h:1, [h:2]]}", NULL, NULL, "C:1:20: " SHAPE},
    {"servers: {a: h:1, a: h:2}", NULL, NULL,
        "C:1:19: \"a\" is given twice (first on line 1)"},
    {"servers:\n  tv: cache", NULL, NULL,
        "C:2:7: tv: \"cache\" is not an address: no port (host:port, [v6]:port "
        "or unix:/path)"},
    {"servers:\n  tv: [h:1, h:2, h:1]", NULL, NULL,
        "C:2:18: tv: shard \"tv\" has address h:1 twice"},
    {NULL, "key: x\nservers: {'a b': h:1}", NULL,
        "M:2:11: \"a b\" is not a shard name: byte 0x20 cannot be in one"},
    {NULL, "key: x\nservers: {'': h:1}", NULL,
        "M:2:11: \"\" is not a shard name: it has 0 bytes (1 to 64)"},
    /* of the default record a name stands before the key's colon */
    {"servers: {'a:b': h:1}", NULL, NULL,
        "C:1:11: \"a:b\" is not a shard name: byte 0x3a cannot be in the first "
        "column of a line that is loaded"},
    {"servers: {a: h:1}", NULL, "--shard=a:b=h:1",
        "--shard: \"a:b\" is not a shard name: byte 0x3a cannot be in the "
        "first column of a line that is loaded"},
    {NULL, "key: x", "--shard=a b=h:1",
        "--shard: \"a b\" is not a shard name: byte 0x20 cannot be in one"},
};

/* "C:1:1: …" as it is with the file's name. */
static void
with_paths(struct text *out, const char *error)
{
    text_clear(out);
    text_add(out, "", 0);
    for (const char *at = error; *at; at++) {
        bool is_file = (*at == 'C' || *at == 'M') &&
                       (at == error || at[-1] == ' ') && strchr(":, ", at[1]);

        if (is_file)
            text_format(out, "%s", *at == 'C' ? config_path : mapping_path);
        else
            text_add(out, at, 1);
    }
}

static void
test_what_is_wrong_names_file_and_place(void **state)
{
    struct text want = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct settings settings;
        struct err err;

        if (!read_settings(&settings, bad[i].config, bad[i].mapping,
                bad[i].word, &err))
            fail_msg("row %zu was taken: %s", i, bad[i].error);
        with_paths(&want, bad[i].error);
        assert_string_equal(err.text, want.data);
        assert_int_equal(err.code, ERR_USAGE);
        settings_release(&settings);
    }
    text_release(&want);
}

static void
test_the_last_of_several_mappings_holds(void **state)
{
    char *first = mem_format("--mapping=%s", config_path);
    const char *words[] = {first, "--mapping", mapping_path};
    enum action action;
    struct settings settings;
    struct err err;

    (void)state;
    temp_file("c.yml", "servers: {a: h:1}");
    temp_file("m.yml", "servers: {b: h:1}");
    settings_defaults(&settings);
    assert_int_equal(options_read(&settings, FOR_LOAD, (char *const *)words, 3,
                         &action, &err),
        0);
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_string_equal(settings.input.mapping_path, mapping_path);
    assert_string_equal(yaml_name(settings.input.mapping_file), mapping_path);
    assert_string_equal(settings.servers.shards[0].name, "b");
    settings_release(&settings);
    free(first);
}

static void
test_routing_by_hash_wants_one_shard(void **state)
{
    struct settings settings;
    struct err err;

    (void)state;
    assert_int_equal(read_settings(&settings, NULL,
                         "key: x\nservers: {a: [h:1, h:2]}", NULL, &err),
        0);
    assert_int_equal(settings_check_one_shard(&settings, &err), 0);
    settings_release(&settings);
    assert_int_equal(read_settings(&settings, NULL,
                         "key: x\nservers: {a: h:1, b: h:2}", NULL, &err),
        0);
    assert_int_equal(settings_check_one_shard(&settings, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.text,
        "route: {hash: key} spreads keys over the addresses of one shard, but "
        "there are 2: a, b; put all addresses into one: \"servers: {NAME: "
        "[HOST:PORT, HOST:PORT]}\" or --shard NAME=HOST:PORT,HOST:PORT");
    settings_release(&settings);
}

static int
make_paths(void **state)
{
    static char config[512], mapping[512];

    if (temp_dir_make(state))
        return -1;
    snprintf(config, sizeof(config), "%s/c.yml", temp_dir);
    snprintf(mapping, sizeof(mapping), "%s/m.yml", temp_dir);
    config_path = config;
    mapping_path = mapping;
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_sections_may_stand),
        cmocka_unit_test(test_what_is_wrong_names_file_and_place),
        cmocka_unit_test(test_the_last_of_several_mappings_holds),
        cmocka_unit_test(test_routing_by_hash_wants_one_shard),
    };

    return cmocka_run_group_tests(tests, make_paths, temp_dir_remove);
}
