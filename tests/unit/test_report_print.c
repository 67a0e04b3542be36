/* The report at the end and its verdict, as people see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/columns.h"
#include "report/conclusion.h"
#include "report/report_print.h"
#include "unit/fake_run.h"

enum { DEADLINE_S = 60 };

static struct fake_run fake;

static int
set_up(void **state)
{
    (void)state;
    fake_run_init(&fake);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    fake_run_release(&fake);
    return 0;
}

static const char *
printed(void)
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof(text), "w");
    struct run_result *result = run_result_new(&fake.run, 0);

    report_print(out, result);
    fclose(out);
    run_result_free(result);
    return text;
}

static void
assert_says(const char *wanted)
{
    const char *text = printed();

    if (!strstr(text, wanted))
        fail_msg("no \"%s\" in:\n%s", wanted, text);
}

static void
assert_silent(const char *unwanted)
{
    const char *text = printed();

    if (strstr(text, unwanted))
        fail_msg("\"%s\" in:\n%s", unwanted, text);
}

static void
test_all_done(void **state)
{
    (void)state;
    assert_string_equal(printed(),
        "file      status      lines  blank     stored  rejected  failed"
        "    time  lines/s\n"
        "a.tsv.gz  done    1,000,000      0    999,990        10       0"
        "  2.00 s  500,000\n"
        "b.tsv.gz  done    1,000,000      1    999,988        11       0"
        "  2.00 s  500,000\n"
        "c.gz      done    1,000,000      2    999,986        12       0"
        "  2.00 s  500,000\n"
        "total             3,000,000      3  2,999,964        33       0"
        "  4.00 s  750,000\n"
        "\n"
        "shard  address                      stored  failed\n"
        "idfa   127.0.0.1:33013             749,994       0\n"
        "gaid   127.0.0.1:33014             749,990       0\n"
        "pool   2 servers:                1,499,980       0\n"
        "       10.0.0.1:11211              749,990       0\n"
        "       unix:/run/memcached.sock    749,990       0\n"
        "\n"
        "rejected as  lines\n"
        "columns         30\n"
        "bad_number       3\n"
        "\n"
        "warning       times\n"
        "out_of_range    300\n"
        "\n"
        "speed   750,000 lines/s, 234.8 MB/s of text (in 4.00 s)\n"
        "CPU     4.25 s (user 3.50 + system 0.75), 1.42 s per million lines\n"
        "memory  43.0 MiB at most in one worker\n"
        "\n"
        "All 3 files done: 2,999,964 records stored, 33 lines rejected.\n");
}

/* Real names and the largest real counts still fit. */
static void
test_width(void **state)
{
    static char name[] = "/data/appsinstalled/20170929000000.tsv.gz";
    const char *at, *end;

    (void)state;
    for (size_t i = 0; i < FAKE_FILES; i++) {
        struct counts *counts = &fake.at[i].report->counts;

        fake.inputs[i].path = name;
        fake.inputs[i].base = name + 20;
        counts->blank = 0;
        counts->lines = 34244770;
        counts->stored = 34241230;
        counts->rejected = 3540;
    }
    for (at = printed(); *at; at = end + 1) {
        char line[512];

        end = strchr(at, '\n');
        snprintf(line, sizeof(line), "%.*s", (int)(end - at), at);
        if (columns_of(line) > 80)
            fail_msg("%zu columns: %s", columns_of(line), line);
    }
    assert_says("34,244,770");
}

/* The row stays in its place whatever a file is called. */
static void
test_names(void **state)
{
    static char name[300] = "d/", odd[] = "\033[31m\nb";
    char wanted[400];

    (void)state;
    for (size_t i = 2; i < 257; i++)
        name[i] = (char)('a' + i % 26);
    fake.inputs[0].path = name;
    fake.inputs[0].base = name + 2;
    fake.at[0].report->counts.blank = 1;
    fake.inputs[1].path = odd;
    fake.inputs[1].base = odd;
    assert_says("file                       status      lines  blank     "
                "stored  rejected  failed\n"
                "cdefghijklm...mnopqrstuvw  done    1,000,000");
    assert_says("\n\\x1b[31m\\nb                done    1,000,000");
    assert_silent("\033");
    /* all of it stands where the reason does */
    fake_settle(&fake.at[0], INPUT_FAILED, INPUT_REASON_CORRUPT, "why");
    snprintf(wanted, sizeof(wanted), "\n%s: corrupt: why\n", name);
    assert_says(wanted);
}

/* What did not happen is not told. */
static void
test_quiet(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAKE_FILES; i++) {
        struct counts *counts = &fake.at[i].report->counts;

        memset(counts->rejects, 0, sizeof(counts->rejects));
        counts->out_of_range = counts->blank = 0;
    }
    assert_silent("blank");
    assert_silent("rejected as");
    assert_silent("warning");
    assert_silent("failed by");
    assert_silent("retried");
    assert_silent("reconnects");
    assert_silent("given up");
    assert_silent("sent");
}

static void
test_trouble(void **state)
{
    struct report *report = fake.at[0].report;

    (void)state;
    report->counts.outcomes[OUTCOME_OUTAGE] = 77;
    report->counts.skipped_app = 5;
    report->servers[1].retried = 41;
    report->servers[2].reconnects = 3;
    report->servers[3].out_of_memory = 6;
    report->servers[1].is_away = 1;
    fake.at[1].is_partial = true;
    fake_settle(&fake.at[1], INPUT_FAILED, INPUT_REASON_WORKER, "killed by 9");
    fake_settle(&fake.at[2], INPUT_FAILED, INPUT_REASON_LOST, "a\033[2J");
    assert_says("b.tsv.gz  failed");
    assert_says("\nd/b.tsv.gz: worker: killed by 9 (counted: whole batches)\n");
    assert_says("\nc.gz: lost: a\\x1b[2J\n");
    assert_says("failed by  records\noutage          77\n");
    assert_says("skipped_app       5\n");
    assert_says("failed  out of memory  retried  reconnects\n");
    assert_says(
        "gaid   127.0.0.1:33014             749,990       0              0"
        "       41           0  given up\n");
    assert_says(
        "pool   2 servers:                1,499,980       0              6"
        "        0           3\n");
}

static void
test_reject_files(void **state)
{
    static char first[] = "d/a.tsv.gz", second[] = "d/b\033";
    struct report *a = fake.at[0].report, *b = fake.at[1].report;

    (void)state;
    a->jsonl_lines = 1200;
    a->tsv_lines = 1199;
    assert_silent("rejects"); /* --no-rejects */
    fake.inputs[0].rejects = first;
    fake.inputs[1].rejects = second;
    assert_says("\n\n"
                "to mend or load again   lines  .jsonl only\n"
                "d/a.tsv.gz.rejects.tsv  1,199            1\n"
                "\nspeed");
    b->jsonl_lines = b->tsv_lines = 7;
    b->ending = ENDING_INTERRUPTED;
    a->tsv_lines = 1200;
    assert_says("\n\n"
                "to mend or load again        lines\n"
                "d/a.tsv.gz.rejects.tsv       1,200\n"
                "d/b\\x1b.rejects.partial.tsv      7\n"
                "\nspeed");
    a->tsv_lines = 0;
    assert_says("d/a.tsv.gz.rejects.jsonl         0        1,200\n");
    a->csv_lines = 1100;
    assert_says("d/a.tsv.gz.rejects.csv       1,100          100\n");
    fake_settle(&fake.at[2], INPUT_FAILED, INPUT_REASON_REJECTS, "");
    assert_says("not be written to a file, so all was stopped: make room");
}

/* One file has no total, a dry run no shards, one that did nothing no rate. */
static void
test_small(void **state)
{
    (void)state;
    fake.run.task.n = 1;
    assert_silent("total");
    fake.run.task.purpose = PURPOSE_DRY;
    assert_silent("shard");
    fake.at[0].report->counts = (struct counts){0};
    assert_silent("per million");
    assert_says("\nmemory  43.0 MiB");
}

/* What took no time has no speed, what cost nothing no price. */
static void
test_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAKE_FILES; i++) {
        fake.at[i].ended_ns = fake.at[i].started_ns + 90000000;
        fake.at[i].report->counts.blank = 0;
    }
    fake.run.ended_ns = fake.run.started_ns + 90000000;
    fake.run.task.user_s = 0.0996;
    fake.run.task.system_s = 0;
    assert_silent("lines/s");
    assert_silent("MB/s");
    assert_silent("CPU");
    assert_says(
        "c.gz      done    1,000,000    999,986        12       0  0.09 "
        "s\n");
    assert_says("\n\ntime    0.09 s\nmemory  43.0 MiB");

    /* one of them is long enough to tell */
    fake.at[1].ended_ns += 10000000;
    fake.run.ended_ns += 10000000;
    assert_says("  0.09 s           -\n");
    assert_says("  0.10 s  10,000,000\n");
    assert_says("\n\nspeed   30,000,000 lines/s, 9390.0 MB/s of text (in 0.10 "
                "s)\nmemory");

    fake.run.task.user_s = 0.1;
    assert_says("\nCPU     0.10 s (user 0.10 + system 0.00), 0.03 s per "
                "million lines\n");
    fake.at[0].report->counts.lines = 9999;
    fake.run.task.n = 1;
    assert_says("\nCPU     0.10 s (user 0.10 + system 0.00)\n");

    /* no worker was ever started */
    fake.run.task.max_rss_bytes = 0;
    assert_silent("memory");
}

static void
set_statuses(const char *statuses)
{
    static const struct {
        char letter;
        enum input_state state;
        enum input_reason reason;
    } each[] = {{'d', INPUT_FINISHED, INPUT_REASON_NONE},
        {'f', INPUT_FAILED, INPUT_REASON_CORRUPT},
        {'r', INPUT_FAILED, INPUT_REASON_RENAME},
        {'i', INPUT_INTERRUPTED, INPUT_REASON_INTERRUPTED},
        {'n', INPUT_SKIPPED, INPUT_REASON_INTERRUPTED},
        {'l', INPUT_SKIPPED, INPUT_REASON_LOCKED},
        {'k', INPUT_FAILED, INPUT_REASON_WORKER},
        {'w', INPUT_WAITING, INPUT_REASON_NONE}};

    fake.run.task.n = strlen(statuses);
    for (size_t i = 0; statuses[i]; i++)
        for (size_t k = 0; k < sizeof(each) / sizeof(each[0]); k++)
            if (each[k].letter == statuses[i])
                fake_settle(&fake.at[i], each[k].state, each[k].reason, "");
}

static void
conclude(struct text *out)
{
    struct run_result *result = run_result_new(&fake.run, 0);

    conclusion_add(out, result);
    run_result_free(result);
}

static void
test_verdicts(void **state)
{
    static const struct {
        const char *statuses;
        bool is_dry;
        enum mode mode;
        const char *wanted;
    } cases[] = {
        {"ddd", false, MODE_MULTI, "All 3 files done: 3 records stored.\n"},
        {"ddd", false, MODE_SET, "All 3 files done: 3 records stored.\n"},
        {"ddd", false, MODE_NOREPLY,
            "All 3 files done: 3 records sent, not known to be stored.\n"},
        {"d", false, MODE_MULTI, "1 file done: 1 record stored.\n"},
        {"dd", true, MODE_MULTI,
            "Dry run: all 2 files done: 2 records made, nothing sent.\n"},
        {"dfd", false, MODE_MULTI,
            "1 of 3 files failed: b.tsv.gz (corrupt); 3 records stored; see "
            "above what to do.\n"},
        {"dkd", false, MODE_MULTI,
            "1 of 3 files failed: b.tsv.gz (worker); 3 records stored; run "
            "again to load it.\n"},
        {"kk", false, MODE_MULTI,
            "2 of 2 files failed: a.tsv.gz (worker), b.tsv.gz (worker); 2 "
            "records stored; run again to load them.\n"},
        {"fk", false, MODE_MULTI,
            "2 of 2 files failed: a.tsv.gz (corrupt), b.tsv.gz (worker); 2 "
            "records stored; see above what to do.\n"},
        {"frl", false, MODE_MULTI,
            "2 of 3 files failed: a.tsv.gz (corrupt), b.tsv.gz (rename), 1 "
            "skipped; 3 records stored; see above what to do.\n"},
        {"drr", false, MODE_MULTI,
            "2 of 3 files not renamed: b.tsv.gz (rename), c.gz (rename); 3 "
            "records stored; everything was loaded.\n"},
        {"dl", false, MODE_MULTI,
            "1 of 2 files skipped: b.tsv.gz (locked); 2 records stored.\n"},
        {"din", false, MODE_NOREPLY,
            "Interrupted: 1 of 3 files done; 3 records sent, not known to be "
            "stored; run again to load the rest.\n"},
        {"fn", false, MODE_MULTI,
            "Interrupted: 0 of 2 files done, 1 failed; 2 records stored; run "
            "again to load the rest.\n"},
        {"w", false, MODE_MULTI,
            "Interrupted: 0 of 1 file done; 1 record stored; run again to "
            "load the rest.\n"},
    };

    (void)state;
    for (size_t i = 0; i < FAKE_FILES; i++)
        fake.at[i].report->counts =
            (struct counts){.lines = 1, .stored = 1, .sent = 1};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text out = {0};

        fake.run.task.purpose = cases[i].is_dry ? PURPOSE_DRY : PURPOSE_LOAD;
        fake.settings.tuning.mode = cases[i].mode;
        set_statuses(cases[i].statuses);
        conclude(&out);
        assert_string_equal(out.data, cases[i].wanted);
        text_release(&out);
    }
}

static void
test_many_failed(void **state)
{
    struct input inputs[5];
    struct run_input at[5] = {0};
    struct text out = {0};
    char name[] = "x";

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        inputs[i] =
            (struct input){.type = &input_file, .path = name, .base = name};
        at[i].input = &inputs[i];
        fake_settle(&at[i], INPUT_FAILED, INPUT_REASON_CORRUPT, "");
    }
    fake.run.task.inputs = at;
    fake.run.task.n = 5;
    conclude(&out);
    assert_string_equal(out.data,
        "5 of 5 files failed: x (corrupt), x (corrupt), x (corrupt) and 2 "
        "more; 0 records stored; see above what to do.\n");
    text_release(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_done),
        TEST(test_width),
        TEST(test_names),
        TEST(test_quiet),
        TEST(test_trouble),
        TEST(test_reject_files),
        TEST(test_small),
        TEST(test_short),
        TEST(test_verdicts),
        TEST(test_many_failed),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
