/* The command line: every option, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "settings/options.h"
#include "unit/read_words.h"

/* Every field of a job, each as " name=value;". */
static void
describe(struct text *out, const struct settings *settings)
{
    for (size_t i = 0; i < settings->input.patterns.n; i++)
        text_format(out, " pattern=%s;", settings->input.patterns.items[i]);
    for (size_t i = 0; i < settings->input.files.n; i++)
        text_format(out, " file=%s;", settings->input.files.items[i]);
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        text_format(out, " %s=", settings->servers.shards[i].name);
        for (size_t j = 0; j < settings->servers.shards[i].n_addresses; j++)
            text_format(out, "%s%s", j ? "," : "",
                settings->servers.shards[i].addresses[j].text);
        text_format(out, ";");
    }
    text_format(out, " rename=%d; strict=%d; max_line=%zu; max_error_rate=%g;",
        settings->input.rename, settings->input.strict,
        settings->input.max_line_bytes, settings->failure.max_error_rate);
    text_format(out, " inflate=%s; mode=%s; window=%zu; ttl=%" PRIu64 ";",
        settings->input.inflate, mode_name(settings->tuning.mode),
        settings->tuning.window_bytes, settings->servers.ttl_s);
    text_format(out, " dry=%d; processes=%u; threads=%u; connections=%u;",
        settings->purpose == PURPOSE_DRY, settings->tuning.processes,
        settings->tuning.threads, settings->tuning.connections);
    text_format(out, " batch=%zu; retries=%u; retry_delay=%" PRId64 ";",
        settings->tuning.batch_lines, settings->failure.retries,
        settings->failure.retry_delay_ms);
    text_format(out, " timeout=%" PRId64 "; max_outage=%" PRId64 ";",
        settings->failure.timeout_ms, settings->failure.max_outage_ms);
    text_format(out, " on_restart=%d; max_evictions=%" PRIu64 ";",
        (int)settings->failure.on_restart, settings->failure.max_evictions);
    text_format(out, " rejects=%d in %s;", settings->input.rejects,
        settings->input.rejects_dir ? settings->input.rejects_dir : "(none)");
    text_format(out, " degraded=%d; verbose=%d; quiet=%d; progress=%d;",
        settings->servers.degraded, settings->output.verbose,
        settings->output.quiet, (int)settings->output.progress);
    text_format(out, " log=%s; summary=%s; config=%s;",
        settings->output.log_path ? settings->output.log_path : "(none)",
        settings->output.summary_path ? settings->output.summary_path
                                      : "(none)",
        settings->output.config_path ? settings->output.config_path : "(none)");
    text_format(out, " mapping=%s; skip_header=%d;",
        settings->input.mapping_path ? settings->input.mapping_path : "(none)",
        settings->input.skip_header);
    for (size_t i = 0; i < settings->input.columns.n; i++)
        text_format(out, " column=%s;", settings->input.columns.items[i]);
    text_format(out, " require-capacity=%d;",
        settings->servers.require_capacity);
    text_format(out, " verify=%" PRIu64 " all=%d margin=%g;",
        settings->verification.n, settings->verification.all,
        settings->verification.margin);
    text_format(out, " confidence=%g; min_success=%g;",
        settings->verification.confidence, settings->verification.min_success);
    text_format(out, " seed=%" PRIu64 " %d;", settings->verification.seed,
        settings->verification.has_seed);
}

/* --- good -----------------------------------------------------------------*/

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
    describe(&defaults, &settings);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (read_options(&settings, FOR_LOAD, good[i].words, &action, &err))
            fail_msg("row %zu: %s", i, err.text);
        assert_int_equal(action, ACTION_RUN);
        text_clear(&text);
        describe(&text, &settings);
        if (!strstr(text.data, good[i].is) || strstr(defaults.data, good[i].is))
            fail_msg("row %zu: no \"%s\" in%s", i, good[i].is, text.data);
        settings_release(&settings);
    }
    text_release(&text);
    text_release(&defaults);
}

/* --- bad ------------------------------------------------------------------*/

static const struct {
    const char *option;
    const char *words[WORDS_MAX];
    const char *error; /* the whole of it */
} bad[] = {
    {"pattern", {"--pattern="}, "--pattern: an empty text is no pattern"},
    {"max-line", {"--max-line", "63"},
        "--max-line: \"63\" is not a size from 64 to 512MiB"},
    {"max-line", {"--max-line", "513M"},
        "--max-line: \"513M\" is not a size from 64 to 512MiB"},
    {"max-error-rate", {"--max-error-rate", "1.01"},
        "--max-error-rate: \"1.01\" is not a rate from 0 to 1"},
    {"max-error-rate", {"--max-error-rate", "-0.1"},
        "--max-error-rate: \"-0.1\" is not a rate from 0 to 1"},
    {"max-error-rate", {"--max-error-rate", "nan"},
        "--max-error-rate: \"nan\" is not a rate from 0 to 1"},
#ifndef HAVE_ISAL
    {"inflate", {"--inflate", "isal"},
        "--inflate: this program was built without ISA-L; use zlib, or "
        "install libisal-dev and build it again"},
#endif
    {"inflate", {"--inflate", "lzma"},
        "--inflate: \"lzma\" is none of: isal, zlib"},
    {"idfa", {"--idfa", "h"},
        "--idfa: \"h\" is no address: no port (host:port, [v6]:port or "
        "unix:/path)"},
    {"gaid", {"--gaid", "h:0"},
        "--gaid: \"h:0\" is no address: a port is a number from 1 to 65535 "
        "(host:port, [v6]:port or unix:/path)"},
    {"adid", {"--adid", "h:1,h:1"},
        "--adid: address h:1 stands twice in shard \"adid\""},
    {"dvid", {"--dvid="},
        "--dvid: \"\" is no address: no port (host:port, [v6]:port or "
        "unix:/path)"},
    {"shard", {"--shard", "x"},
        "--shard: \"x\" is no shard: NAME=ADDR[,ADDR]..."},
    {"shard", {"--shard", "=h:1"},
        "--shard: \"\" is no shard name: it has 0 bytes (1 to 64)"},
    {"shard", {"--shard", "a b=h:1"},
        "--shard: \"a b\" is no shard name: byte 0x20 cannot stand in the "
        "first column of a line that is loaded"},
    {"shard", {"--shard", "x=h:1,h:2,h:1"},
        "--shard: address h:1 stands twice in shard \"x\""},
    {"mode", {"--mode", "fast"},
        "--mode: \"fast\" is none of: set, multi, noreply"},
    {"ttl", {"--ttl", "2147483648"},
        "--ttl: \"2147483648\" is not a number from 0 to 2147483647"},
    {"processes", {"--processes", "0"},
        "--processes: \"0\" is not a number from 1 to 1024"},
    {"processes", {"--processes", "1025"},
        "--processes: \"1025\" is not a number from 1 to 1024"},
    {"threads", {"--threads", "65"},
        "--threads: \"65\" is not a number from 0 to 64"},
    {"threads", {"--threads", "-1"},
        "--threads: \"-1\" is not a number from 0 to 64"},
    {"threads", {"--threads", "2x"},
        "--threads: \"2x\" is not a number from 0 to 64"},
    {"threads", {"--threads="}, "--threads: \"\" is not a number from 0 to 64"},
    {"connections", {"--connections", "0"},
        "--connections: \"0\" is not a number from 1 to 64"},
    {"connections", {"--connections", "65"},
        "--connections: \"65\" is not a number from 1 to 64"},
    {"batch", {"--batch", "0"},
        "--batch: \"0\" is not a number from 1 to 1000000"},
    {"batch", {"--batch", "1000001"},
        "--batch: \"1000001\" is not a number from 1 to 1000000"},
    {"window", {"--window", "1023"},
        "--window: \"1023\" is not a size from 1KiB to 64MiB"},
    {"window", {"--window", "65M"},
        "--window: \"65M\" is not a size from 1KiB to 64MiB"},
    {"retries", {"--retries", "many"},
        "--retries: \"many\" is not a number from 0 to 1000000"},
    {"retry-delay", {"--retry-delay", "3600001"},
        "--retry-delay: \"3600001\" is not a number from 0 to 3600000"},
    {"timeout", {"--timeout", "0"},
        "--timeout: \"0\" is not a number from 1 to 3600000"},
    {"timeout", {"--timeout", "3600001"},
        "--timeout: \"3600001\" is not a number from 1 to 3600000"},
    {"max-outage", {"--max-outage", "1.5"},
        "--max-outage: \"1.5\" is not a number from 0 to 31622400"},
    {"on-restart", {"--on-restart", "ask"},
        "--on-restart: \"ask\" is none of: reload, fail"},
    {"max-evictions", {"--max-evictions", "-1"},
        "--max-evictions: \"-1\" is not a number from 0 to "
        "9223372036854775807"},
    {"rejects", {"--rejects="},
        "--rejects: an empty text is no directory name"},
    {"verify", {"--verify", "0"},
        "--verify: \"0\" is neither all nor a number from 1 to 10000000"},
    {"verify", {"--verify", "10000001"},
        "--verify: \"10000001\" is neither all nor a number from 1 to "
        "10000000"},
    {"margin", {"--margin", "0"},
        "--margin: \"0\" is not a number between 0 and 1"},
    {"confidence", {"--confidence", "1"},
        "--confidence: \"1\" is not a number between 0 and 1"},
    {"min-success", {"--min-success", "-0.1"},
        "--min-success: \"-0.1\" is not a rate from 0 to 1"},
    {"seed", {"--seed", "x"},
        "--seed: \"x\" is not a number from 0 to 9223372036854775807"},
    {"seed", {"--seed", "9223372036854775808"},
        "--seed: \"9223372036854775808\" is not a number from 0 to "
        "9223372036854775807"},
    {"log", {"--log="}, "--log: an empty text is no file name"},
    {"progress", {"--progress", "on"},
        "--progress: \"on\" is none of: auto, always, never"},
    {"summary", {"--summary="}, "--summary: an empty text is no file name"},
    {"mapping", {"--mapping", "/nowhere"},
        "cannot open mapping /nowhere: No such file or directory"},
    {"columns", {"--columns="},
        "--columns: column 1 has no name; one that is not wanted is called _"},
    {"columns", {"--columns", "a,,b"},
        "--columns: column 2 has no name; one that is not wanted is called _"},
    {"columns", {"--columns", "a,"},
        "--columns: column 2 has no name; one that is not wanted is called _"},
    {"columns", {"--columns", "a,b,_,a"},
        "--columns: \"a\" is column 1 and column 4"},
    {"config", {"--config", "/nowhere"},
        "cannot open config /nowhere: No such file or directory"},

    {NULL, {"--threds", "3"},
        "unknown option --threds; did you mean "
        "--threads?"},
    {NULL, {"--thr=3"}, "unknown option --thr; did you mean --threads?"},
    {NULL, {"--max_line=1K"},
        "unknown option --max_line; did you mean "
        "--max-line?"},
    {NULL, {"--frobnicate"}, "unknown option --frobnicate"},
    {NULL, {"-x"}, "unknown option -x"},
    {NULL, {"-vx"}, "unknown option -x"},
    {NULL, {"-test"}, "unknown option -test; did you mean --test?"},
    {NULL, {"-threads", "3"},
        "unknown option -threads; did you mean "
        "--threads?"},
    {NULL, {"--dry=yes"}, "--dry: \"yes\" is neither true nor false"},
    {NULL, {"--dry="}, "--dry: \"\" is neither true nor false"},
    {NULL, {"--help="}, "--help takes no value"},
    {NULL, {"a", "--threads"}, "--threads needs a value: N"},
    {NULL, {"-l"}, "--log needs a value: FILE"},
    {NULL, {"--pattern", "--no-rename"},
        "--pattern needs a value: GLOB (if \"--no-rename\" is meant, write "
        "--pattern=--no-rename)"},
    {NULL, {"--log", "-v"},
        "--log needs a value: FILE (if \"-v\" is meant, write --log=-v)"},
    {NULL, {"--threads", "-1"},
        "--threads: \"-1\" is not a number from 0 to 64"},
};

static void
test_bad(void **state)
{
    struct settings settings;
    enum action action;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!read_options(&settings, FOR_LOAD, bad[i].words, &action, &err))
            fail_msg("row %zu: taken, not refused: %s", i, bad[i].error);
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err.text, bad[i].error);
        settings_release(&settings);
    }
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

/* The tables above miss no option; bench's own are test_bench_options.c's. */
static void
test_all_are_tested(void **state)
{
    (void)state;
    for (const struct option *option = options; option->name; option++) {
        size_t n_good = option->set ? 0 : 1, n_bad = option->arg ? 0 : 1;

        if (!(option->commands & FOR_LOAD))
            continue;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
            n_good += good[i].option && !strcmp(good[i].option, option->name);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
            n_bad += bad[i].option && !strcmp(bad[i].option, option->name);
        if (n_good == 0 || n_bad == 0)
            fail_msg("--%s: no %s row", option->name, n_good ? "bad" : "good");
    }
}

/* A default that is shown is the default that holds. */
static void
test_fallbacks(void **state)
{
    struct text before = {0}, after = {0};
    struct err err;

    (void)state;
    for (const struct option *option = options; option->name; option++) {
        struct settings settings, same;
        /* these are words for what no value stands for */
        bool is_told =
            !strcmp(option->name, "processes") ||
            !strcmp(option->name, "rejects") || !strcmp(option->name, "seed") ||
            !strcmp(option->name, "mapping") ||
            !strcmp(option->name, "columns") || !(option->commands & FOR_LOAD);

        if (!option->fallback || is_told)
            continue;
        settings_defaults(&settings);
        settings_defaults(&same);
        assert_int_equal(option->set(&settings, option->fallback, &err), 0);
        assert_int_equal(settings_finish(&settings, &err), 0);
        assert_int_equal(settings_finish(&same, &err), 0);
        text_clear(&before);
        text_clear(&after);
        describe(&before, &same);
        describe(&after, &settings);
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
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_explain_and_init),
        cmocka_unit_test(test_all_are_tested),
        cmocka_unit_test(test_fallbacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
