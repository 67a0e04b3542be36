/* The command line: every option with values that are right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "settings/options.h"
#include "unit/describe_settings.h"
#include "unit/read_words.h"

/* `is` must stand in the description, and not in that of the defaults. */
static const struct {
    const char *option; /* which row of the table this is about, or NULL */
    const char *words[WORDS_MAX];
    const char *is;
} good[] = {
    {"pattern", {"--pattern", "/a/*.gz"}, " pattern=/a/*.gz;"},
    {"pattern", {"--pattern=a", "--pattern=b"}, " pattern=a; pattern=b;"},
    {"mapping", {"--mapping", "/dev/null"}, " mapping=/dev/null;"},
    {"columns", {"--columns", "a"}, " column=a;"},
    {"columns", {"--columns=a b,_,c,_"},
        " column=a b; column=_; column=c; column=_;"},
    {"columns", {"--columns=a,b", "--columns=c"}, " skip_header=0; column=c;"},
    {"skip-header", {"--skip-header"}, " skip_header=1;"},
    {"strict", {"--strict"}, " strict=1;"},
    {"max-line", {"--max-line", "64"}, " max_line=64;"},
    {"max-line", {"--max-line=512MiB"}, " max_line=536870912;"},
    {"max-error-rate", {"--max-error-rate", "0"}, " max_error_rate=0;"},
    {"max-error-rate", {"--max-error-rate=1"}, " max_error_rate=1;"},
    {"max-error-rate", {"--max-error-rate=2e-1"}, " max_error_rate=0.2;"},
    {"no-rename", {"--no-rename"}, " rename=0;"},
    {"settle", {"--settle", "1"}, " settle=1000;"},
    {"settle", {"--settle=86400"}, " settle=86400000;"},
#ifdef HAVE_ISAL
    {"inflate", {"--inflate", "zlib"}, " inflate=zlib;"},
#else
    /* the only one: seen by something beside it */
    {"inflate", {"--dry", "--inflate=zlib"}, " dry=1;"},
#endif
    {"idfa", {"--idfa", "h:1"}, " idfa=h:1;"},
    {"gaid", {"--gaid=[::1]:2"}, " gaid=[::1]:2;"},
    {"adid", {"--adid", "unix:/tmp/s"}, " adid=unix:/tmp/s;"},
    {"dvid", {"--dvid", "h:65535"}, " dvid=h:65535;"},
    {"shard", {"--shard", "x=h:1,h:2", "--shard=y=h:3"}, " x=h:1,h:2; y=h:3;"},
    {"shard", {"--shard", "x=h:1", "--shard", "x=h:2"}, " x=h:2;"},
    {"shard", {"--shard", "idfa=h:1", "--idfa", "h:2"}, " idfa=h:2;"},
    {"mode", {"--mode", "set"}, " mode=set;"},
    {"mode", {"--mode=noreply"}, " mode=noreply;"},
    {"ttl", {"--ttl", "2147483647"}, " ttl=2147483647;"},
    {"dry", {"--dry"}, " dry=1;"},
    {"processes", {"--processes", "1024"}, " processes=1024;"},
    {"threads", {"--threads", "64"}, " threads=64;"},
    {"connections", {"--connections", "64"}, " connections=64;"},
    {"batch", {"--batch", "1000000"}, " batch=1000000;"},
    {"batch", {"--batch=1"}, " batch=1;"},
    {"window", {"--window", "1K"}, " window=1024;"},
    {"window", {"--window", "64MiB"}, " window=67108864;"},
    {"retries", {"--retries", "0"}, " retries=0;"},
    {"retry-delay", {"--retry-delay", "0"}, " retry_delay=0;"},
    {"timeout", {"--timeout", "1"}, " timeout=1;"},
    {"timeout", {"--timeout", "3600000"}, " timeout=3600000;"},
    {"max-outage", {"--max-outage", "0"}, " max_outage=0;"},
    {"max-outage", {"--max-outage", "61"}, " max_outage=61000;"},
    {"degraded", {"--degraded"}, " degraded=1;"},
    {"on-restart", {"--on-restart", "fail"}, " on_restart=1;"},
    {"no-canary", {"--no-canary"}, " canary=0;"},
    {"max-evictions", {"--max-evictions", "0"}, " max_evictions=0;"},
    {"require-capacity", {"--require-capacity"}, " require-capacity=1;"},
    {"rejects", {"--rejects", "d"}, " rejects=1 in d;"},
    {"rejects", {"--no-rejects", "--rejects=d"}, " rejects=1 in d;"},
    {"no-rejects", {"--no-rejects"}, " rejects=0 in (none);"},
    {"no-rejects", {"--rejects=d", "--no-rejects"}, " rejects=0 in d;"},
    {"verify", {"--verify", "all"}, " verify=0 all=1 margin=0;"},
    {"verify", {"--verify=10000000"}, " verify=10000000 all=0 margin=0;"},
    {"verify", {"--verify=all", "--verify=1"}, " verify=1 all=0 margin=0;"},
    {"verify", {"--margin=0.1", "--verify=1"}, " verify=1 all=0 margin=0;"},
    {"margin", {"--verify=1", "--margin=0.1"}, " verify=0 all=0 margin=0.1;"},
    {"margin", {"--verify=all", "--margin=1e-3"},
        " verify=0 all=0 margin=0.001;"},
    {"confidence", {"--confidence", "0.999"}, " confidence=0.999;"},
    {"min-success", {"--min-success", "1"}, " min_success=1;"},
    {"min-success", {"--min-success=0"}, " min_success=0;"},
    {"seed", {"--seed", "0"}, " seed=0 1;"},
    {"seed", {"--seed=9223372036854775807"}, " seed=9223372036854775807 1;"},
    {"log", {"--log", "a"}, " log=a;"},
    {"log", {"-l", "a"}, " log=a;"},
    {"log", {"-la"}, " log=a;"},
    {"log", {"-vla"}, " verbose=1; quiet=0; progress=0; log=a;"},
    {"verbose", {"--verbose"}, " verbose=1;"},
    {"verbose", {"-q", "-v"}, " verbose=1; quiet=0;"},
    {"quiet", {"--quiet"}, " quiet=1;"},
    {"quiet", {"-vq"}, " verbose=0; quiet=1;"},
    {"progress", {"--progress", "always"}, " progress=1;"},
    {"progress", {"--progress=never"}, " progress=2;"},
    {"summary", {"--summary", "-"}, " summary=-;"},
    {"config", {"--config", "/dev/null"}, " config=/dev/null;"},

    /* the last one holds */
    {NULL, {"--threads=1", "--threads=2"}, " threads=2;"},
    /* files among options, and what only looks like one */
    {NULL, {"a", "--dry", "b", "-", "--", "--dry", "-v", "--"},
        " file=a; file=b; file=-; file=--dry; file=-v; file=--;"},
    /* a value may begin with one dash, or with two behind "=" */
    {NULL, {"--log", "-x"}, " log=-x;"},
    {NULL, {"--log=--dry"}, " log=--dry;"},
    {NULL, {"--log=a=b"}, " log=a=b;"},
};

static void
test_good(void **state)
{
    struct text defaults = {0}, text = {0};
    struct settings settings;
    enum action action;
    struct err err;

    (void)state;
    settings_defaults(&settings);
    describe_settings(&defaults, &settings);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (read_options(&settings, FOR_LOAD, good[i].words, &action, &err))
            fail_msg("row %zu: %s", i, err.text);
        assert_int_equal(action, ACTION_RUN);
        text_clear(&text);
        describe_settings(&text, &settings);
        if (!strstr(text.data, good[i].is) || strstr(defaults.data, good[i].is))
            fail_msg("row %zu: no \"%s\" in%s", i, good[i].is, text.data);
        settings_release(&settings);
    }
    text_release(&text);
    text_release(&defaults);
}

/* What these commands alone have. */
static void
test_explain_and_init(void **state)
{
    static const char *const lines[] = {"--lines=3", NULL};
    static const char *const many[] = {"--lines=1000001", NULL};
    static const char *const output[] = {"--output=a/b", NULL};
    static const char *const none[] = {"--output=", NULL};
    struct settings settings;
    enum action action;
    struct err err;

    (void)state;
    assert_int_equal(read_options(&settings, FOR_EXPLAIN, lines, &action, &err),
        0);
    assert_int_equal(settings.explain.lines, 3);
    settings_release(&settings);
    assert_int_equal(read_options(&settings, FOR_INIT, output, &action, &err),
        0);
    assert_string_equal(settings.init.output_name, "a/b");
    assert_int_equal(settings.explain.lines, 10);
    settings_release(&settings);
    assert_int_equal(read_options(&settings, FOR_INIT, lines, &action, &err),
        -1);
    settings_release(&settings);
    assert_int_equal(read_options(&settings, FOR_INIT, none, &action, &err),
        -1);
    settings_release(&settings);
    assert_int_equal(read_options(&settings, FOR_EXPLAIN, many, &action, &err),
        -1);
    assert_string_equal(err.text,
        "--lines: \"1000001\" is not a number from 1 to 1000000");
    settings_release(&settings);
}

/* The table misses no option; bench's own are test_bench_options.c's. */
static void
test_all_are_tested(void **state)
{
    (void)state;
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        size_t n = option->type == OPTION_ACTION;

        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
            n += good[i].option && !strcmp(good[i].option, option->name);
        if (n == 0 && (option->commands & FOR_LOAD))
            fail_msg("--%s: no good row", option->name);
    }
}

/* A default that is shown is the default that holds. */
static void
test_fallbacks(void **state)
{
    struct text before = {0}, after = {0};
    struct err err;

    (void)state;
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        struct settings settings, same;
        /* these are words for what no value stands for */
        bool is_told =
            !strcmp(option->name, "processes") ||
            !strcmp(option->name, "rejects") || !strcmp(option->name, "seed") ||
            !strcmp(option->name, "mapping") ||
            !strcmp(option->name, "columns") || !(option->commands & FOR_LOAD);

        if (!option_default(option) || is_told)
            continue;
        settings_defaults(&settings);
        settings_defaults(&same);
        assert_int_equal(option_set(option, &settings, option_default(option),
                             &err),
            0);
        assert_int_equal(settings_finish(&settings, &err), 0);
        assert_int_equal(settings_finish(&same, &err), 0);
        text_clear(&before);
        text_clear(&after);
        describe_settings(&before, &same);
        describe_settings(&after, &settings);
        assert_string_equal(after.data, before.data);
        settings_release(&settings);
        settings_release(&same);
    }
    text_release(&before);
    text_release(&after);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_explain_and_init),
        cmocka_unit_test(test_all_are_tested),
        cmocka_unit_test(test_fallbacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
