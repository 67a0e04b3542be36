/* Progress: the numbers taken from a run, and the texts made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/columns.h"
#include "report/progress_text.h"
#include "unit/fake_run.h"

enum { DEADLINE_S = 60 };

static struct progress_row rows[] = {
    {.name = "20170929000000.tsv.gz",
        .has_size = true,
        .done_bytes = 217999999,
        .all_bytes = 531628032,
        .lines = 1402134,
        .rejected = 15,
        .failed = 2,
        .lines_s = 255999.9,
        .left_s = 5.44},
    {.name = "stdin",
        .done_bytes = 1000,
        .lines = 10,
        .lines_s = 20,
        .left_s = -1},
};

static const struct progress_view view = {.n_files = 5,
    .waiting = 1,
    .running = 2,
    .done = 1,
    .not_done = 1,
    .total = {.name = "total",
        .has_size = true,
        .done_bytes = 600000000,
        .all_bytes = 1594884096,
        .lines = 12345678,
        .rejected = 1017,
        .failed = 3,
        .lines_s = 512000,
        .left_s = 187},
    .rows = rows,
    .n_rows = 2};

static void
test_line(void **state)
{
    static const struct {
        struct progress_view view;
        const char *wanted;
    } cases[] = {
        {{.n_files = 3,
             .done = 1,
             .running = 2,
             .total = {.has_size = true,
                 .done_bytes = 419,
                 .all_bytes = 1000,
                 .lines = 1234567,
                 .lines_s = 512000.4,
                 .rejected = 17,
                 .left_s = 12.3}},
            "3 files: 1 done, 2 running; 41 %, 1,234,567 lines, 512,000 "
            "lines/s, 17 rejected, 0 failed, about 12 s to go\n"},
        {{.n_files = 1, .running = 1, .total = {.lines = 5, .left_s = -1}},
            "1 file: 0 done, 1 running; 5 lines, 0 lines/s, 0 rejected, 0 "
            "failed\n"},
        {{.n_files = 9,
             .done = 2,
             .not_done = 1,
             .running = 2,
             .waiting = 4,
             .total = {.has_size = true, .failed = 4000, .left_s = 3723}},
            "9 files: 2 done, 1 not done, 2 running, 4 waiting; 100 %, 0 "
            "lines, 0 lines/s, 0 rejected, 4,000 failed, about 1:02:03 to "
            "go\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text out = {0};

        progress_line(&out, &cases[i].view);
        assert_string_equal(out.data, cases[i].wanted);
        text_release(&out);
    }
}

static void
test_bars(void **state)
{
    static const struct {
        size_t width, height, n_rows;
        const char *wanted;
    } cases[] = {
        {80, 24, 4,
            "file                                   done       lines  lines/s"
            "  errors   left\n"
            "20170929000000.tsv.gz  [####.......]   41 %   1,402,134  256,000"
            "      17    5 s\n"
            "stdin                  [           ]                 10       20"
            "       0       \n"
            "total 2/5              [####.......]   37 %  12,345,678  512,000"
            "   1,020   3:07\n"},
        /* with room enough, also the bytes read */
        {100, 24, 4,
            "file                                            done       read"
            "       lines  lines/s  errors   left\n"
            "20170929000000.tsv.gz  [########............]   41 %  207.9 MiB"
            "   1,402,134  256,000      17    5 s\n"
            "stdin                  [                    ]            1000 B"
            "          10       20       0       \n"
            "total 2/5              [#######.............]   37 %  572.2 MiB"
            "  12,345,678  512,000   1,020   3:07\n"},
        /* with little: cut names, then fewer columns, then no bar */
        {40, 24, 4,
            "file                        done   left\n"
            "201709290000~  [###.....]   41 %    5 s\n"
            "stdin          [        ]              \n"
            "total 2/5      [###.....]   37 %   3:07\n"},
        {20, 24, 4,
            "file       done\n"
            "2017092~   41 %\n"
            "stdin          \n"
            "total 2~   37 %\n"},
        {5, 24, 4, "file\n201~\nstd~\ntot~\n"},
        /* few rows: files go first, then the titles, never the total */
        {20, 4, 3, "file       done\n2017092~   41 %\ntotal 2~   37 %\n"},
        {20, 3, 2, "file       done\ntotal 2~   37 %\n"},
        {20, 2, 1, "total 2~   37 %\n"},
        {20, 1, 0, ""},
        {1, 20, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text out = {0};
        size_t columns;

        text_add(&out, "", 0);
        assert_int_equal(progress_bars(&out, &view, cases[i].width,
                             cases[i].height, false, &columns),
            cases[i].n_rows);
        assert_int_equal(columns, strcspn(out.data, "\n"));
        assert_string_equal(out.data, cases[i].wanted);
        text_release(&out);
    }
}

/* Drops "ESC [ … m". */
static void
strip_colours(char *text)
{
    char *to = text;

    while (*text) {
        if (*text == '\033')
            text += strcspn(text, "m") + 1;
        else
            *to++ = *text++;
    }
    *to = '\0';
}

/* Checks a frame, whatever it shows; returns its rows. */
static size_t
check_rows(const char *text, size_t width, size_t columns)
{
    size_t n = 0;

    for (; *text; n++) {
        char row[1024];
        size_t n_bytes = strcspn(text, "\n");

        assert_int_equal(text[n_bytes], '\n');
        snprintf(row, sizeof(row), "%.*s", (int)n_bytes, text);
        if (columns_of(row) >= width)
            fail_msg("%zu columns of %zu: %s", columns_of(row), width, row);
        assert_int_equal(columns_of(row), columns);
        /* nothing was cut to bytes that are no character */
        assert_null(strchr(row, '?'));
        text += n_bytes + 1;
    }
    return n;
}

/* Every size of terminal, and names that are long or wide. */
static void
test_sizes(void **state)
{
    static const char *const names[] = {"a", "20170929000000.tsv.gz",
        "\303\244\303\266\303\274\303\237\303\244\303\266\303\274\303\237"
        "\303\244\303\266\303\274\303\237",
        "\346\227\245\346\234\254\350\252\236\346\227\245\346\234\254\350\252"
        "\236\346\227\245\346\234\254\350\252\236",
        "a\346\227\245\346\234\254\350\252\236\346\227\245\346\234\254"};
    struct progress_row row = rows[0];
    struct progress_view one = view;

    (void)state;
    one.rows = &row;
    one.n_rows = 1;
    row.lines = one.total.lines = UINT64_MAX;
    for (size_t i = 0; i < 2 * sizeof(names) / sizeof(names[0]); i++) {
        row.name = names[i / 2];
        if (i % 2)
            row.left_s = 360000;
        for (size_t width = 2; width < 200; width++) {
            for (size_t height = 2; height < 6; height++) {
                struct text plain = {0}, coloured = {0};
                size_t n, columns;

                n = progress_bars(&plain, &one, width, height, false, &columns);
                progress_bars(&coloured, &one, width, height, true, &columns);
                assert_null(strchr(plain.data, '\033'));
                assert_int_equal(check_rows(plain.data, width, columns), n);
                assert_true(n < height);
                strip_colours(coloured.data);
                assert_string_equal(coloured.data, plain.data);
                text_release(&plain);
                text_release(&coloured);
            }
        }
    }
}

static void
test_colours(void **state)
{
    struct text out = {0};
    size_t columns;

    (void)state;
    progress_bars(&out, &view, 80, 24, true, &columns);
    assert_non_null(strstr(out.data, "[\033[32m####\033[0m.......]"));
    assert_non_null(strstr(out.data, "\033[31m      17\033[0m"));
    assert_non_null(strstr(out.data, "       0       \n")); /* none: no red */
    text_release(&out);
}

/* ------------------------------------------------------ what is looked at */

static struct fake_run fake;
static struct watch *watch;
static struct progress_view seen;

/* The first file is done, the second and third run, the second half read. */
static int
set_up(void **state)
{
    struct report *report;

    (void)state;
    fake_run_init(&fake);
    watch = watch_new();
    for (size_t i = 0; i < 2; i++) {
        fake_run_wait(&fake, i + 1);
        fake_run_begin(&fake, i, i + 1, FAKE_START_NS);
    }
    report = report_new(FAKE_SERVERS);
    report->counts.rejected = 3;
    report->counts.failed = 4;
    slot_publish(fake.places[0].slot, report);
    free(report);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    watch_free(watch);
    fake_run_release(&fake);
    return 0;
}

/* So many MiB and thousands of lines of the file in that place are read. */
static void
read_on(size_t place, uint64_t mib, uint64_t thousands)
{
    atomic_store(&fake.places[place].slot->gauges.offset, mib << 20);
    atomic_store(&fake.places[place].slot->gauges.lines, thousands * 1000);
}

static void
look(double at_s)
{
    watch_look(watch, &fake.run.task, FAKE_START_NS + (int64_t)(at_s * 1e9),
        &seen);
}

static void
assert_near(double is, double wanted)
{
    if (is < wanted * 0.999 - 1e-9 || is > wanted * 1.001 + 1e-9)
        fail_msg("%g is not about %g", is, wanted);
}

static void
test_look(void **state)
{
    (void)state;
    read_on(0, 50, 500);
    read_on(1, 10, 100);
    look(2);
    assert_int_equal(seen.n_files, 3);
    assert_int_equal(seen.done, 1);
    assert_int_equal(seen.running, 2);
    assert_int_equal(seen.n_rows, 2);
    assert_string_equal(seen.rows[0].name, "b.tsv.gz");
    assert_int_equal(seen.rows[0].done_bytes, 50 << 20);
    assert_int_equal(seen.rows[0].all_bytes, 100 << 20);
    assert_int_equal(seen.rows[0].lines, 500000);
    assert_int_equal(seen.rows[0].rejected, 3);
    assert_int_equal(seen.rows[0].failed, 4);
    assert_near(seen.rows[0].lines_s, 250000);
    assert_near(seen.rows[0].left_s, 2);
    assert_near(seen.rows[1].left_s, 18);
    assert_true(seen.total.has_size);
    assert_int_equal(seen.total.done_bytes, 160 << 20);
    assert_int_equal(seen.total.all_bytes, 300 << 20);
    assert_int_equal(seen.total.lines, 1600000);
    assert_int_equal(seen.total.rejected, 13);
    assert_int_equal(seen.total.failed, 4);
    assert_near(seen.total.lines_s, 800000);
    assert_near(seen.total.left_s, 18); /* as the slowest */
}

/* Speeds follow the last seconds, and end at what it is now. */
static void
test_speed(void **state)
{
    uint64_t thousands = 0;

    (void)state;
    for (int i = 1; i <= 200; i++) {
        /* 100,000 lines/s for ten seconds, then 300,000 */
        thousands += i <= 100 ? 10 : 30;
        read_on(0, 1, thousands);
        look(i / 10.0);
        if (i <= 100)
            assert_near(seen.rows[0].lines_s, 100000);
        else
            assert_true(seen.rows[0].lines_s > 100000);
    }
    assert_true(seen.rows[0].lines_s > 280000);
    for (int i = 201; i <= 400; i++)
        look(i / 10.0);
    assert_true(seen.rows[0].lines_s < 3000);
    /* a place's next file begins anew */
    fake_settle(&fake.at[1], INPUT_DONE, INPUT_REASON_NONE, "");
    fake_run_begin(&fake, 0, 0, FAKE_START_NS + 40000000000);
    read_on(0, 1, 50);
    look(41);
    assert_near(seen.rows[0].lines_s, 50000);
}

/* The first look may be late: it sees the average. */
static void
test_late_look(void **state)
{
    (void)state;
    read_on(0, 50, 5000);
    look(50);
    assert_near(seen.rows[0].lines_s, 100000);
    assert_near(seen.rows[0].left_s, 50);
}

static void
test_no_sizes(void **state)
{
    (void)state;
    fake.inputs[1].type = &input_stdin;
    read_on(0, 500, 10);
    look(1);
    assert_false(seen.rows[0].has_size);
    assert_false(seen.total.has_size);
    assert_true(seen.rows[0].left_s < 0);
    assert_true(seen.total.left_s < 0);
    /* nobody waits for it any more */
    fake_settle(&fake.at[1], INPUT_DONE, INPUT_REASON_NONE, "");
    fake.places[0].at = NULL;
    look(2);
    assert_true(seen.total.has_size);
    assert_int_equal(seen.total.all_bytes, 200 << 20);
    assert_int_equal(seen.n_rows, 1);
    assert_string_equal(seen.rows[0].name, "c.gz");
}

/* What was given up is neither to come nor read. */
static void
test_given_up(void **state)
{
    (void)state;
    fake_settle(&fake.at[1], INPUT_FAILED, INPUT_REASON_CORRUPT, "");
    fake.places[0].at = NULL;
    input_status_init(&fake.at[2].status);
    fake.places[1].at = NULL;
    look(2);
    assert_int_equal(seen.not_done, 1);
    assert_int_equal(seen.waiting, 1);
    assert_int_equal(seen.n_rows, 0);
    assert_int_equal(seen.total.all_bytes, 200 << 20);
    assert_int_equal(seen.total.done_bytes, 100 << 20);
}

/* A file that grew under the worker is not more than done. */
static void
test_grown(void **state)
{
    (void)state;
    read_on(0, 150, 10);
    look(1);
    assert_int_equal(seen.rows[0].done_bytes, 100 << 20);
    assert_true(seen.rows[0].left_s == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_bars),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_colours),
        TEST(test_look),
        TEST(test_speed),
        TEST(test_late_look),
        TEST(test_no_sizes),
        TEST(test_given_up),
        TEST(test_grown),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
