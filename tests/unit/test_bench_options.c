/* bench's own options, good and bad, and what it takes down of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "bench/bench_setup.h"
#include "bench/check_settings.h"
#include "settings/options.h"
#include "unit/read_words.h"

static int
read_bench(struct settings *settings, const char *const *words, struct err *err)
{
    enum action action;

    return read_options(settings, FOR_BENCH, words, &action, err);
}

static void
describe(struct text *out, const struct settings *settings)
{
    const struct bench_settings *bench = &settings->bench;

    for (size_t i = 0; i < bench->n_sweeps; i++) {
        text_format(out, " sweep %s=", bench->sweeps[i].option);
        for (size_t j = 0; j < bench->sweeps[i].values.n; j++)
            text_format(out, "%s%s", j ? "," : "",
                bench->sweeps[i].values.items[j]);
        text_format(out, ";");
    }
    text_format(out, " repeat=%u; generate=%" PRIu64 "; yes=%d;", bench->repeat,
        bench->generate_lines, bench->may_fill);
    text_format(out, " seed=%d %" PRIu64 ";", settings->verification.has_seed,
        settings->verification.seed);
    text_format(out, " json=%s; csv=%s; plot=%s; config=%s;",
        bench->json_path ? bench->json_path : "(none)",
        bench->csv_path ? bench->csv_path : "(none)",
        bench->plot_path ? bench->plot_path : "(none)",
        bench->config_path ? bench->config_path : "(none)");
}

static const struct {
    const char *option;
    const char *words[WORDS_MAX];
    const char *is;
} good[] = {
    {"sweep", {"--sweep", "processes=1,2"}, " sweep processes=1,2;"},
    {"sweep", {"--sweep=threads=0", "--sweep=mode=set,multi,noreply"},
        " sweep threads=0; sweep mode=set,multi,noreply;"},
    {"sweep", {"--sweep=window=64K,1MiB", "--sweep", "batch=1,1000000"},
        " sweep window=64K,1MiB; sweep batch=1,1000000;"},
    {"sweep", {"--sweep", "connections=64", "--sweep=inflate=zlib"},
        " sweep connections=64; sweep inflate=zlib;"},
    {"repeat", {"--repeat", "1"}, " repeat=1;"},
    {"repeat", {"--repeat=1000"}, " repeat=1000;"},
    {"generate", {"--generate", "1000000000"}, " generate=1000000000;"},
    {"yes", {"--yes"}, " yes=1;"},
    {"seed", {"--seed", "0"}, " seed=1 0;"},
    {"seed", {"--seed=9223372036854775807"}, " seed=1 9223372036854775807;"},
    {"json", {"--json", "a"}, " json=a;"},
    {"csv", {"--csv", "-"}, " csv=-;"},
    {"plot", {"--plot=a.svg"}, " plot=a.svg;"},
    {"write-config", {"--write-config", "a.yml"}, " config=a.yml;"},
};

static void
test_good(void **state)
{
    struct text defaults = {0}, text = {0};
    struct settings settings;
    struct err err;

    (void)state;
    settings_defaults(&settings);
    describe(&defaults, &settings);
    assert_non_null(strstr(defaults.data, " repeat=5; generate=0; yes=0;"));
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (read_bench(&settings, good[i].words, &err))
            fail_msg("row %zu: %s", i, err.text);
        text_clear(&text);
        describe(&text, &settings);
        if (!strstr(text.data, good[i].is) || strstr(defaults.data, good[i].is))
            fail_msg("row %zu: no \"%s\" in%s", i, good[i].is, text.data);
        settings_release(&settings);
    }
    text_release(&text);
    text_release(&defaults);
}

static const struct {
    const char *option;
    const char *words[WORDS_MAX];
    const char *error;
} bad[] = {
    {"sweep", {"--sweep", "proceses=1"},
        "--sweep: \"proceses\" cannot be swept; did you mean \"processes\"?"},
    {"sweep", {"--sweep", "ttl=1"},
        "--sweep: \"ttl\" cannot be swept, only: processes, threads, "
        "connections, batch, window, mode, inflate"},
    {"sweep", {"--sweep", "=1"},
        "--sweep: \"\" cannot be swept, only: processes, threads, "
        "connections, batch, window, mode, inflate"},
    {"sweep", {"--sweep", "threads"},
        "--sweep: threads: values are missing: threads=VALUE[,VALUE]..."},
    {"sweep", {"--sweep", "threads="},
        "--sweep: threads: \"\" is not a number from 0 to 64"},
    {"sweep", {"--sweep", "threads=1,,2"},
        "--sweep: threads: \"\" is not a number from 0 to 64"},
    {"sweep", {"--sweep", "threads=1,65"},
        "--sweep: threads: \"65\" is not a number from 0 to 64"},
    {"sweep", {"--sweep", "processes=0"},
        "--sweep: processes: \"0\" is not a number from 1 to 1024"},
    {"sweep", {"--sweep", "connections=x"},
        "--sweep: connections: \"x\" is not a number from 1 to 64"},
    {"sweep", {"--sweep", "batch=0"},
        "--sweep: batch: \"0\" is not a number from 1 to 1000000"},
    {"sweep", {"--sweep", "window=1"},
        "--sweep: window: \"1\" is not a size from 1KiB to 64MiB"},
    {"sweep", {"--sweep", "mode=set,fast"},
        "--sweep: mode: \"fast\" is none of: set, multi, noreply"},
    {"sweep", {"--sweep", "inflate=lzma"},
        "--sweep: inflate: \"lzma\" is none of: isal, zlib"},
    {"sweep", {"--sweep", "threads=1,2,1"},
        "--sweep: threads: \"1\" is given twice"},
    {"sweep", {"--sweep", "threads=1", "--sweep", "threads=2"},
        "--sweep: threads is swept twice: give all its values at once"},
    {"repeat", {"--repeat", "0"},
        "--repeat: \"0\" is not a number from 1 to 1000"},
    {"generate", {"--generate", "1e6"},
        "--generate: \"1e6\" is not a number from 1 to 1000000000"},
    {"seed", {"--seed", "-1"},
        "--seed: \"-1\" is not a number from 0 to 9223372036854775807"},
    {"json", {"--json="}, "--json: the file name is empty"},
    {"csv", {"--csv="}, "--csv: the file name is empty"},
    {"plot", {"--plot="}, "--plot: the file name is empty"},
    {"write-config", {"--write-config="},
        "--write-config: the file name is empty"},
    {NULL, {"--dry"},
        "--dry is not an option of this command; memc_load load has it"},
    {NULL, {"--summary=a"},
        "--summary is not an option of this command; memc_load load and verify "
        "have it"},
    {NULL, {"--swep=a"}, "unknown option --swep; did you mean --sweep?"},
};

static void
test_bad(void **state)
{
    struct settings settings;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!read_bench(&settings, bad[i].words, &err))
            fail_msg("row %zu: taken, not refused: %s", i, bad[i].error);
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err.text, bad[i].error);
        settings_release(&settings);
    }
}

static void
test_all_are_tested(void **state)
{
    (void)state;
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        size_t n_good = 0, n_bad = option->arg ? 0 : 1;

        if (option->commands != FOR_BENCH)
            continue;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
            n_good += !strcmp(good[i].option, option->name);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
            n_bad += bad[i].option && !strcmp(bad[i].option, option->name);
        if (n_good == 0 || n_bad == 0)
            fail_msg("--%s: no %s row", option->name, n_good ? "bad" : "good");
    }
}

/* --- the whole job --------------------------------------------------------*/

static const struct {
    const char *words[WORDS_MAX];
    const char *error; /* NULL: it is fine */
} wholes[] = {
    {{NULL}, NULL},
    {{"a.gz"}, NULL},
    {{"--generate=5"}, NULL},
    {{"--yes", "--idfa=h:1"}, NULL},
    {{"a.gz", "--generate=5"},
        "--generate makes data when no FILE is named: give one or the other"},
    {{"--adid=h:1"},
        "bench fills servers with test data, many times over, and h:1 (shard "
        "adid) was named: leave the addresses out, and bench starts four "
        "memcached of its own; or give --yes if these may be filled"},
    {{"--shard=x=unix:/s,h:2"},
        "bench fills servers with test data, many times over, and unix:/s "
        "(shard x) was named: leave the addresses out, and bench starts four "
        "memcached of its own; or give --yes if these may be filled"},
    {{"--sweep=batch=1,2,3,4,5,6,7,8,9,10,11",
         "--sweep=threads=1,2,3,4,5,6,7,8,9,10",
         "--sweep=connections=1,2,3,4,5,6,7,8,9,10"},
        "the sweeps have 1100 combinations, more than 1000: sweep fewer "
        "options at a time"},
};

static void
test_wholes(void **state)
{
    struct settings settings;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
        if (read_bench(&settings, wholes[i].words, &err))
            fail_msg("row %zu: %s", i, err.text);
        if (wholes[i].error) {
            assert_int_equal(bench_check_settings(&settings, &err), -1);
            assert_int_equal(err.code, ERR_USAGE);
            assert_string_equal(err.text, wholes[i].error);
        } else if (bench_check_settings(&settings, &err)) {
            fail_msg("row %zu: %s", i, err.text);
        }
        settings_release(&settings);
    }
}

/* --- what holds for all runs ----------------------------------------------*/

static void
options_of(struct text *out, const struct bench_results *results)
{
    for (size_t i = 0; i < results->n_options; i++)
        text_format(out, " %s=%s;", results->options[i].name,
            results->options[i].value ? results->options[i].value : "(flag)");
}

static void
settings_are(const char *const *words, const char *want)
{
    struct bench_results results = {0};
    struct text text = {0};
    struct settings settings;
    struct err err;

    if (read_bench(&settings, words, &err) || settings_finish(&settings, &err))
        fail_msg("%s", err.text);
    bench_setup(&results, &settings);
    text_add(&text, "", 0);
    options_of(&text, &results);
    assert_string_equal(text.data, want);
    text_release(&text);
    bench_results_release(&results);
    settings_release(&settings);
}

static void
test_what_is_swept_or_ours_is_not_for_all(void **state)
{
    static const char *const words[WORDS_MAX] = {"--mode=set", "--timeout=7",
        "--threads=3", "--sweep=threads=0,1", "-q", "--progress=never",
        "--strict", "--timeout=9", "--yes", "--repeat=2"};
    static const char *const shards[WORDS_MAX] = {
        "--shard=x=h:1", "--shard=y=h:2", "--idfa=h:3", "--idfa=h:4"};

    (void)state;
    settings_are(words, " mode=set; strict=(flag); timeout=9;");
    settings_are(shards, " shard=x=h:1; shard=y=h:2; idfa=h:4;");
}

/* The config file's come first; what the command line gives again wins. */
static void
test_config_holds_for_all(void **state)
{
    char path[] = "/tmp/memc-config.XXXXXX", option[64];
    const char *words[WORDS_MAX] = {option, "--batch=5"};
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "load:\n  batch: 4\n  strict: false\n"
                            "  mode: noreply\n  log: x\n  idfa: h:1\n") > 0);
    close(fd);
    snprintf(option, sizeof(option), "--config=%s", path);
    settings_are(words, " mode=noreply; idfa=h:1; batch=5;");
    unlink(path);
}

static void
test_usual_sweeps_leave_alone_what_is_fixed(void **state)
{
    static const char *const none[WORDS_MAX] = {NULL};
    static const char *const fixed[WORDS_MAX] = {"--processes=3"};
    static const char *const both[WORDS_MAX] = {"--processes=3", "--threads=2"};
    struct {
        const char *const *words;
        size_t n_sweeps;
        const char *first;
    } rows[] = {{none, 2, "processes"}, {fixed, 1, "threads"}, {both, 0, ""}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench_results results = {0};
        struct settings settings;
        struct err err;

        assert_int_equal(read_bench(&settings, rows[i].words, &err), 0);
        assert_int_equal(settings_finish(&settings, &err), 0);
        bench_setup(&results, &settings);
        assert_int_equal(results.n_sweeps, rows[i].n_sweeps);
        if (results.n_sweeps)
            assert_string_equal(results.sweeps[0].option, rows[i].first);
        assert_true(results.n_settings >= 1);
        bench_results_release(&results);
        settings_release(&settings);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_all_are_tested),
        cmocka_unit_test(test_wholes),
        cmocka_unit_test(test_what_is_swept_or_ours_is_not_for_all),
        cmocka_unit_test(test_config_holds_for_all),
        cmocka_unit_test(test_usual_sweeps_leave_alone_what_is_fixed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
