/* A mapping in a benchmark: written as YAML again, and on servers of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "bench/advice.h"
#include "bench/mapping_yaml.h"
#include "bench/bench_setup.h"
#include "bench/target.h"
#include "settings/options.h"
#include "unit/bench_cases.h"
#include "unit/temp_dir.h"

static char directory[PATH_MAX]; /* temp_dir, without links in it */

/* As `memc_load bench WORDS` would have it. */
static void
read_settings(struct settings *settings, const char *const *words, size_t n)
{
    enum action action;
    struct err err = {0};

    settings_defaults(settings);
    if (options_read(settings, FOR_BENCH, (char *const *)words, n, &action,
            &err) ||
        settings_finish(settings, &err))
        fail_msg("%s", err.text);
}

static void
read_mapping(struct settings *settings, const char *path)
{
    const char *words[] = {"--mapping", path};

    read_settings(settings, words, 2);
}

/* D: the directory that the mapping is in. */
static const struct {
    const char *mapping, *written;
} rows[] = {
    {"key: a\nservers: {s: h:1}", "key: a\n"},
    {"# all of it\n"
     "route: {column: kind}\n"
     "key: \"{kind}:{id}\"\n"
     "input: {format: csv, delimiter: \"\\t\", columns: [kind, id, _, n]}\n"
     "record:\n"
     "  proto: a/b.proto   # beside it\n"
     "  imports: [., ../x, /usr/include]\n"
     "  message: p.M\n"
     "  fields:\n"
     "    n: {column: n, range: [-90, 90.5], outside: warn}\n"
     "    geo.lat: lat\n"
     "    t: {column: t, time: \"%Y-%m-%d %H:%M\", trim: true}\n"
     "servers: {s: h:1}\n"
     "load: {threads: 3}\n",
        "input:\n"
        "  format: csv\n"
        "  delimiter: \"\\u0009\"\n"
        "  columns: [kind, id, _, n]\n"
        "record:\n"
        "  proto: D/a/b.proto\n"
        "  imports: [D/., D/../x, /usr/include]\n"
        "  message: p.M\n"
        "  fields:\n"
        "    n: {column: n, range: [-90, 90.5], outside: warn}\n"
        "    geo.lat: lat\n"
        "    t: {column: t, time: \"%Y-%m-%d %H:%M\", trim: true}\n"
        "key: \"{kind}:{id}\"\n"
        "route:\n"
        "  column: kind\n"},
    {"record: {descriptor: /a/b.pb, fields: {proto: descriptor}}\n"
     "servers: {s: h:1}",
        "record:\n"
        "  descriptor: /a/b.pb\n"
        "  fields:\n"
        "    proto: descriptor\n"},
    /* what is wrong stays wrong, for whoever reads it next */
    {"record: {proto: [a, [b]], fields: [], imports: {a: b}, x: ~, y: '~'}\n"
     "input:\nkey: [a, {b: c}]\nroute: {}\nservers: {s: h:1}",
        "input: ~\n"
        "record:\n"
        "  proto: [D/a, ]\n"
        "  fields: []\n"
        "  imports:\n"
        "    a: b\n"
        "  x: ~\n"
        "  y: \"~\"\n"
        "key: [a, {b: c}]\n"
        "route: {}\n"},
    /* aliases are written out */
    {"input: {columns: &c [a, b]}\nkey: *c\nservers: {s: h:1}",
        "input:\n  columns: [a, b]\nkey: [a, b]\n"},
};

/* `written` with the directory in place of D/. */
static char *
expand(const char *written)
{
    struct text text = {0};

    text_add(&text, "", 0);
    for (; *written; written++) {
        if (strncmp(written, "D/", 2) == 0)
            text_format(&text, "%s", directory);
        else
            text_add(&text, written, 1);
    }
    return text.data;
}

static void
test_sections_are_written_with_absolute_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *path = temp_file("m.yml", rows[i].mapping);
        char *want = expand(rows[i].written);
        struct text text = {0};
        struct settings settings;
        struct err err = {0};

        read_mapping(&settings, path);
        assert_int_equal(mapping_yaml_add(&text, &settings, &err), 0);
        assert_string_equal(text.data, want);
        text_release(&text);
        settings_release(&settings);
        free(want);
    }
}

static void
test_a_path_relative_to_where_we_are(void **state)
{
    struct text text = {0};
    struct settings settings;
    struct err err = {0};
    char *want = mem_format("record:\n  proto: %s/a.proto\n", directory);
    char *here = realpath(".", NULL);

    (void)state;
    temp_file("m.yml", "record: {proto: a.proto}\nservers: {s: h:1}");
    assert_int_equal(chdir(directory), 0);
    read_mapping(&settings, "m.yml");
    assert_int_equal(mapping_yaml_add(&text, &settings, &err), 0);
    assert_int_equal(chdir(here), 0);
    assert_string_equal(text.data, want);
    text_release(&text);
    settings_release(&settings);
    free(want);
    free(here);
}

static void
test_aliases_without_end_are_refused(void **state)
{
    struct text text = {0}, mapping = {0};
    struct settings settings;
    struct err err = {0};
    char *path, *want;

    (void)state;
    text_format(&mapping, "servers: {s: h:1}\nkey: [&a [x, x]");
    for (int i = 0; i < 30; i++)
        text_format(&mapping, ", &%c [*%c, *%c]", i % 2 ? 'a' : 'b',
            i % 2 ? 'b' : 'a', i % 2 ? 'b' : 'a');
    text_format(&mapping, "]\n");
    path = temp_file("m.yml", mapping.data);
    want = mem_format("the mapping %s has more than 100000 nodes when its "
                      "aliases are written out: use fewer aliases",
        path);
    read_mapping(&settings, path);
    assert_int_equal(mapping_yaml_add(&text, &settings, &err), -1);
    assert_string_equal(err.text, want);
    text_release(&text);
    text_release(&mapping);
    settings_release(&settings);
    free(want);
}

/* What --write-config writes is the same mapping, servers and options. */
static void
test_a_config_with_its_mapping_is_read_back(void **state)
{
    char *path = temp_file("m.yml",
        "key: \"{a}\"\nrecord: {format: raw, column: b}\n"
        "servers: {tv: [h:1, 'unix:/a,b'], 'x:y': h:2}\n"
        "load: {threads: 2, columns: \"a,b\", pattern: /elsewhere}\n");
    char *best = temp_path("best.yml");
    const char *words[] = {
        "--mapping", path, "--skip-header", "--sweep", "threads=0,4"};
    const char *again[] = {"--config", best};
    struct bench_results results = {0};
    struct advice advice;
    struct text text = {0};
    struct settings settings;
    struct err err = {0};

    (void)state;
    read_settings(&settings, words, 5);
    bench_setup(&results, &settings);
    assert_int_equal(bench_setup_files(&results, &settings, &err), 0);
    settings_release(&settings);
    case_load(&results, 1, 1000, 1);
    advice_make(&advice, &results);
    advice_command(&text, &results, 1);
    assert_non_null(strstr(text.data, "memc_load --mapping "));
    text_clear(&text);
    assert_int_equal(advice_config(&text, &results, &advice, &err), 0);
    temp_file("best.yml", text.data);
    read_settings(&settings, again, 2);
    assert_string_equal(settings.input.mapping_path, best);
    assert_string_equal(yaml_find(yaml_root(settings.input.mapping_file), "key")
                            ->text,
        "{a}");
    assert_int_equal(settings.servers.n_shards, 2);
    assert_string_equal(settings.servers.shards[0].name, "tv");
    assert_string_equal(settings.servers.shards[0].addresses[1].text,
        "unix:/a,b");
    assert_string_equal(settings.servers.shards[1].name, "x:y");
    assert_int_equal(settings.tuning.threads, 4);
    assert_int_equal(settings.input.columns.n, 2);
    assert_true(settings.input.skip_header);
    settings_release(&settings);
    text_release(&text);
    advice_release(&advice);
    bench_results_release(&results);
}

static void
test_without_a_mapping_nothing_is_written(void **state)
{
    struct bench_results results = {0};
    struct settings settings;
    struct err err = {0};
    char *path;
    const char *words[] = {"--config", NULL};

    (void)state;
    read_settings(&settings, NULL, 0);
    assert_int_equal(bench_setup_files(&results, &settings, &err), 0);
    assert_int_equal(results.mapping.n_bytes, 0);
    assert_int_equal(results.servers.n_bytes, 0);
    assert_int_equal(results.file_words.n_bytes, 0);
    settings_release(&settings);
    bench_results_release(&results);
    /* servers alone, for the default record */
    path = temp_file("c d.yml", "servers: {idfa: h:1}");
    words[1] = path;
    read_settings(&settings, words, 2);
    assert_int_equal(bench_setup_files(&results, &settings, &err), 0);
    assert_int_equal(results.mapping.n_bytes, 0);
    assert_string_equal(results.servers.data, "servers:\n  idfa: \"h:1\"\n");
    assert_non_null(strstr(results.file_words.data, " --config '/"));
    settings_release(&settings);
    bench_results_release(&results);
}

static void
test_own_servers_stand_in_for_the_shards(void **state)
{
    static const struct {
        const char *servers, *own; /* ports 1, 2, 3, 4 */
        size_t n;
    } cases[] = {
        {"{a: h:1}", "a=1", 1},
        {"{a: h:1, b: h:2, c: h:3, d: h:4}", "a=1 b=2 c=3 d=4", 4},
        {"{a: [h:1, h:2], b: h:3}", "a=1,2 b=3", 3},
        {"{a: [h:1, h:2, h:3], b: [h:3, h:4]}", "a=1,2,3 b=4,1", 4},
        {"{a: [h:1, h:2, h:3, h:4, h:5, h:6]}", "a=1,2,3,4", 4},
        {"{a: h:1, b: h:2, c: h:3, d: h:4, e: h:5}", "a=1 b=2 c=3 d=4 e=1", 4},
    };
    static const struct own_servers own = {.ports = {1, 2, 3, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *yaml = mem_format("key: x\nservers: %s\n", cases[i].servers);
        char *path = temp_file("m.yml", yaml);
        struct text text = {0};
        struct target target;
        struct settings settings;

        read_mapping(&settings, path);
        target_own(&target, &settings, &own);
        for (size_t j = 0; j < target.shards.n; j++) {
            const struct shard *shard = &target.shards.shard[j];

            text_format(&text, "%s%s=", j ? " " : "", shard->name);
            for (size_t k = 0; k < shard->n_servers; k++)
                text_format(&text, "%s%u", k ? "," : "",
                    target.shards.server[shard->first_server + k]
                        .address->port);
        }
        assert_string_equal(text.data, cases[i].own);
        assert_int_equal(target_own_servers(&settings), cases[i].n);
        target_release(&target);
        text_release(&text);
        settings_release(&settings);
        free(yaml);
    }
}

static int
make_directory(void **state)
{
    return temp_dir_make(state) || !realpath(temp_dir, directory) ? -1 : 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_are_written_with_absolute_paths),
        cmocka_unit_test(test_a_path_relative_to_where_we_are),
        cmocka_unit_test(test_aliases_without_end_are_refused),
        cmocka_unit_test(test_a_config_with_its_mapping_is_read_back),
        cmocka_unit_test(test_without_a_mapping_nothing_is_written),
        cmocka_unit_test(test_own_servers_stand_in_for_the_shards),
    };

    return cmocka_run_group_tests(tests, make_directory, temp_dir_remove);
}
