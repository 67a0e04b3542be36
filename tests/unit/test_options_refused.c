/* The command line: what is refused, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "settings/options.h"
#include "unit/read_words.h"

static const struct {
    const char *option;
    const char *words[WORDS_MAX];
    const char *error; /* the whole of it */
} bad[] = {
    {"pattern", {"--pattern="}, "--pattern: the pattern is empty"},
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
        "--idfa: \"h\" is not an address: no port (host:port, [v6]:port or "
        "unix:/path)"},
    {"gaid", {"--gaid", "h:0"},
        "--gaid: \"h:0\" is not an address: a port is a number from 1 to 65535 "
        "(host:port, [v6]:port or unix:/path)"},
    {"adid", {"--adid", "h:1,h:1"},
        "--adid: shard \"adid\" has address h:1 twice"},
    {"dvid", {"--dvid="},
        "--dvid: \"\" is not an address: no port (host:port, [v6]:port or "
        "unix:/path)"},
    {"shard", {"--shard", "x"},
        "--shard: \"x\" is not a shard: NAME=ADDR[,ADDR]..."},
    {"shard", {"--shard", "=h:1"},
        "--shard: \"\" is not a shard name: it has 0 bytes (1 to 64)"},
    {"shard", {"--shard", "a b=h:1"},
        "--shard: \"a b\" is not a shard name: byte 0x20 cannot be in the "
        "first column of a line that is loaded"},
    {"shard", {"--shard", "x=h:1,h:2,h:1"},
        "--shard: shard \"x\" has address h:1 twice"},
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
    {"settle", {"--settle", "86401"},
        "--settle: \"86401\" is not a number from 0 to 86400"},
    {"max-outage", {"--max-outage", "1.5"},
        "--max-outage: \"1.5\" is not a number from 0 to 31622400"},
    {"on-restart", {"--on-restart", "ask"},
        "--on-restart: \"ask\" is none of: reload, fail"},
    {"max-evictions", {"--max-evictions", "-1"},
        "--max-evictions: \"-1\" is not a number from 0 to "
        "9223372036854775807"},
    {"rejects", {"--rejects="}, "--rejects: the directory name is empty"},
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
    {"log", {"--log="}, "--log: the file name is empty"},
    {"progress", {"--progress", "on"},
        "--progress: \"on\" is none of: auto, always, never"},
    {"summary", {"--summary="}, "--summary: the file name is empty"},
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

/* The table misses no option that has a value. */
static void
test_all_are_tested(void **state)
{
    (void)state;
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        size_t n = option->arg ? 0 : 1;

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
            n += bad[i].option && !strcmp(bad[i].option, option->name);
        if (n == 0 && (option->commands & FOR_LOAD))
            fail_msg("--%s: no bad row", option->name);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_all_are_tested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
