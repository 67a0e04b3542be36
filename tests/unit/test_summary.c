/* The summary (docs/contract.md 8), parsed back. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "report/summary.h"
#include "unit/fake_run.h"
#include "unit/temp_dir.h"

enum { DEADLINE_S = 60 };

static struct fake_run fake;
static struct err err;
static int exit_code;
static json_t *summary;

static int
set_up(void **state)
{
    fake_run_init(&fake);
    summary = NULL;
    exit_code = 0;
    return temp_dir_make(state);
}

static int
tear_down(void **state)
{
    json_decref(summary);
    for (size_t i = 0; i < FAKE_FILES; i++)
        free(fake.inputs[i].renamed_to);
    fake_run_release(&fake);
    return temp_dir_remove(state);
}

static void
parse(const char *path)
{
    json_error_t why;

    json_decref(summary);
    summary = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!summary)
        fail_msg("line %d: %s", why.line, why.text);
}

static int
write_to(const char *path)
{
    struct run_result *result = run_result_new(&fake.run, exit_code);
    int rc = summary_write(path, result, exit_code, &err);

    run_result_free(result);
    return rc;
}

static void
write_and_parse(void)
{
    if (write_to(temp_path("s.json")))
        fail_msg("%s", err.text);
    parse(temp_path("s.json"));
}

/* At a path like "files/0/path"; stops the test when there is nothing. */
static json_t *
at(const char *path)
{
    char word[64];
    json_t *json = summary;

    while (json && *path) {
        size_t n = strcspn(path, "/");

        snprintf(word, sizeof(word), "%.*s", (int)n, path);
        json = json_is_array(json) ? json_array_get(json, (size_t)(*word - '0'))
                                   : json_object_get(json, word);
        path += path[n] ? n + 1 : n;
    }
    if (!json)
        fail_msg("no %s", word);
    return json;
}

static void
assert_number(const char *path, uint64_t wanted)
{
    if (json_integer_value(at(path)) != (json_int_t)wanted)
        fail_msg("%s is %lld, not %llu", path,
            (long long)json_integer_value(at(path)),
            (unsigned long long)wanted);
}

static void
assert_word(const char *path, const char *wanted)
{
    assert_true(json_is_string(at(path)));
    assert_string_equal(json_string_value(at(path)), wanted);
}

/* The keys of an object, in their order. */
static void
assert_keys(const char *path, const char *wanted)
{
    json_t *object = *path ? at(path) : summary, *value;
    char keys[1024] = "";
    const char *key;
    size_t n = 0;

    json_object_foreach(object, key, value)
    {
        n += (size_t)snprintf(keys + n, sizeof(keys) - n, "%s%s", n ? " " : "",
            key);
    }
    assert_string_equal(keys, wanted);
}

static void
test_keys(void **state)
{
    (void)state;
    write_and_parse();
    assert_keys("",
        "program version command exit_code mode elapsed_s lines_per_s cpu_s "
        "max_rss_bytes totals warnings rejects files shards verify");
    assert_true(json_is_null(at("verify")));
    assert_keys("totals",
        "files files_done files_failed files_interrupted files_skipped lines "
        "blank stored sent rejected failed text_bytes");
    assert_keys("warnings", "out_of_range skipped_app");
    assert_keys("rejects",
        "bad_line columns empty_key bad_key unknown_type bad_number "
        "bad_value bad_app too_large");
    assert_keys("files/0",
        "path status reason lines batches blank stored sent rejected failed "
        "error_rate elapsed_s renamed_to rejects_jsonl rejects_tsv "
        "rejects_csv");
    assert_keys("shards/0", "name address stored sent failed retried "
                            "reconnects out_of_memory restarted evictions "
                            "reloaded lost");
    assert_keys("shards/2", "name address stored sent failed retried "
                            "reconnects out_of_memory restarted evictions "
                            "reloaded lost servers");
    assert_keys("shards/2/servers/1",
        "address stored sent failed retried reconnects out_of_memory restarted "
        "evictions reloaded lost");
    assert_keys("cpu_s", "user system");
}

static void
test_numbers(void **state)
{
    struct server_counts *server = &fake.at[1].report->servers[3];

    (void)state;
    server->retried = 21;
    server->reconnects = 4;
    server->failed = 5;
    server->out_of_memory = 3;
    exit_code = 1;
    fake.at[2].report->counts.skipped_app = 9;
    fake.at[2].report->counts.sent = 8;
    write_and_parse();
    assert_word("program", "memc_load");
    assert_word("version", MEMC_LOAD_VERSION);
    assert_word("command", "load");
    assert_word("mode", "multi");
    assert_number("exit_code", 1);
    assert_number("lines_per_s", 750000);
    assert_number("max_rss_bytes", 43 << 20);
    assert_number("totals/files", 3);
    assert_number("totals/files_done", 3);
    assert_number("totals/lines", 3000000);
    assert_number("totals/blank", 3);
    assert_number("totals/stored", 2999964);
    assert_number("totals/sent", 8);
    assert_number("totals/rejected", 33);
    assert_number("totals/failed", 0);
    assert_number("totals/text_bytes", 939000000);
    assert_number("warnings/out_of_range", 300);
    assert_number("warnings/skipped_app", 9);
    assert_number("rejects/columns", 30);
    assert_number("rejects/bad_number", 3);
    assert_number("rejects/too_large", 0);
    assert_number("files/1/lines", 1000000);
    assert_number("files/1/batches", 50);
    assert_number("files/1/blank", 1);
    assert_number("files/1/stored", 999988);
    assert_number("files/1/rejected", 11);
    assert_word("shards/1/address", "127.0.0.1:33014");
    assert_number("shards/0/stored", 749994);
    assert_word("shards/2/name", "pool");
    assert_word("shards/2/address", "10.0.0.1:11211,unix:/run/memcached.sock");
    assert_number("shards/2/stored", 2 * 749990);
    assert_number("shards/2/retried", 21);
    assert_number("shards/2/reconnects", 4);
    assert_number("shards/2/failed", 5);
    assert_number("shards/2/out_of_memory", 3);
    assert_number("shards/2/servers/0/retried", 0);
    assert_number("shards/2/servers/1/retried", 21);
    assert_word("shards/2/servers/1/address", "unix:/run/memcached.sock");
}

/* Enough digits, not silly ones: looked for in the text. */
static void
test_reals(void **state)
{
    static const char *const wanted[] = {"\"elapsed_s\": 4.123,",
        "\"elapsed_s\": 0.1,", "\"user\": 3.5,", "\"system\": 0.7\n",
        "\"error_rate\": 0.333333,", "\"error_rate\": 1.1e-5,",
        "\"error_rate\": 0.0,"};
    struct counts *counts = &fake.at[0].report->counts;
    char *text;

    (void)state;
    fake.run.ended_ns = FAKE_START_NS + 4123456789;
    fake.at[1].ended_ns = fake.at[1].started_ns + 99999999;
    fake.run.task.system_s = 0.7;
    *counts = (struct counts){.lines = 3, .rejected = 1, .stored = 2};
    fake_run_wait(&fake, 2);
    write_and_parse();
    assert_true(json_is_real(at("elapsed_s")));
    assert_true(json_real_value(at("files/2/elapsed_s")) == 0);
    text = temp_read(temp_path("s.json"));
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!strstr(text, wanted[i]))
            fail_msg("no %s in %s", wanted[i], text);
    free(text);
}

static void
test_statuses(void **state)
{
    static const struct {
        enum input_state state;
        enum input_reason why;
        const char *word, *reason;
    } cases[] = {
        {INPUT_DONE, INPUT_REASON_NONE, "done", ""},
        {INPUT_FAILED, INPUT_REASON_CORRUPT, "failed", "corrupt"},
        {INPUT_INTERRUPTED, INPUT_REASON_INTERRUPTED, "interrupted",
            "interrupted"},
        {INPUT_SKIPPED, INPUT_REASON_LOCKED, "skipped", "locked"},
        {INPUT_FINISHED, INPUT_REASON_NONE, "done", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_settle(&fake.at[0], cases[i].state, cases[i].why, "x");
        write_and_parse();
        assert_word("files/0/status", cases[i].word);
        assert_word("files/0/reason", cases[i].reason);
        assert_number("totals/files", 3);
        assert_number("totals/files_done", i % 4 == 0 ? 3 : 2);
        assert_number("totals/files_failed", i == 1);
        assert_number("totals/files_interrupted", i == 2);
        assert_number("totals/files_skipped", i == 3);
    }
}

static void
test_partial_and_renamed(void **state)
{
    (void)state;
    fake.at[0].is_partial = true;
    fake.inputs[1].renamed_to = strdup("d/.b.tsv.gz");
    write_and_parse();
    assert_true(json_is_true(at("files/0/partial")));
    assert_null(json_object_get(at("files/1"), "partial"));
    assert_true(json_is_null(at("files/0/renamed_to")));
    assert_word("files/1/renamed_to", "d/.b.tsv.gz");
}

static void
test_rejects(void **state)
{
    static char stem[] = "d/a.tsv.gz";
    struct report *report = fake.at[0].report;

    (void)state;
    report->jsonl_lines = 3;
    write_and_parse(); /* --no-rejects */
    assert_true(json_is_null(at("files/0/rejects_jsonl")));
    fake.inputs[0].rejects = stem;
    write_and_parse();
    assert_word("files/0/rejects_jsonl", "d/a.tsv.gz.rejects.jsonl");
    assert_true(json_is_null(at("files/0/rejects_tsv")));
    report->tsv_lines = 2;
    report->ending = ENDING_INTERRUPTED;
    write_and_parse();
    assert_word("files/0/rejects_jsonl", "d/a.tsv.gz.rejects.partial.jsonl");
    assert_word("files/0/rejects_tsv", "d/a.tsv.gz.rejects.partial.tsv");
    assert_true(json_is_null(at("files/0/rejects_csv")));
    report->tsv_lines = 0;
    report->csv_lines = 2;
    write_and_parse();
    assert_true(json_is_null(at("files/0/rejects_tsv")));
    assert_word("files/0/rejects_csv", "d/a.tsv.gz.rejects.partial.csv");
}

/* A file that never had a worker. */
static void
test_no_report(void **state)
{
    (void)state;
    fake_run_wait(&fake, 1);
    fake_settle(&fake.at[1], INPUT_FAILED, INPUT_REASON_UNREADABLE, "x");
    write_and_parse();
    assert_number("files/1/lines", 0);
    assert_number("totals/lines", 2000000);
    assert_true(json_real_value(at("files/1/error_rate")) == 0);
}

static void
test_modes(void **state)
{
    (void)state;
    fake.settings.tuning.mode = MODE_NOREPLY;
    write_and_parse();
    assert_word("mode", "noreply");
    fake.run.task.purpose = PURPOSE_DRY;
    write_and_parse();
    assert_word("mode", "dry");
}

/* Names are bytes. */
static void
test_names(void **state)
{
    static char odd[] = "a\377\303\244\"\n\033.gz", umlaut[] = "\303\244.gz";
    char *text;

    (void)state;
    fake.inputs[0].path = odd;
    fake.inputs[0].renamed_to = strdup(odd);
    fake.inputs[1].path = umlaut;
    write_and_parse();
    assert_word("files/0/path", "a\303\277\303\203\302\244\"\n\033.gz");
    assert_word("files/0/renamed_to", "a\303\277\303\203\302\244\"\n\033.gz");
    assert_true(json_is_true(at("files/0/raw")));
    assert_word("files/1/path", umlaut);
    assert_null(json_object_get(at("files/1"), "raw"));
    text = temp_read(temp_path("s.json"));
    assert_non_null(strstr(text, "a\\u00FF\\u00C3\\u00A4\\\"\\n\\u001B.gz"));
    for (const char *c = text; *c; c++)
        assert_true((unsigned char)*c < 0x80);
    free(text);
}

static void
test_stdout(void **state)
{
    const char *path = temp_path("out");
    int fd = open(path, O_WRONLY | O_CREAT, 0600), saved;

    (void)state;
    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    int rc = write_to("-");
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(fd);
    assert_int_equal(rc, 0);
    parse(path);
    assert_number("totals/files", 3);
}

static void
test_failures(void **state)
{
    static const struct {
        const char *path, *says;
    } cases[] = {
        {"/nowhere/s.json", "the summary: cannot write /nowhere/s.json: No"},
        {"/dev/full", "/dev/full: No space left"},
    };
    int fd = open("/dev/full", O_WRONLY), saved;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(write_to(cases[i].path), -1);
        assert_int_equal(err.code, ERR_IO);
        assert_non_null(strstr(err.text, cases[i].says));
    }
    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    int rc = write_to("-");
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(fd);
    assert_int_equal(rc, -1);
    assert_non_null(strstr(err.text, "standard output: No space left"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keys),
        TEST(test_numbers),
        TEST(test_reals),
        TEST(test_statuses),
        TEST(test_partial_and_renamed),
        TEST(test_rejects),
        TEST(test_no_report),
        TEST(test_modes),
        TEST(test_names),
        TEST(test_stdout),
        TEST(test_failures),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
