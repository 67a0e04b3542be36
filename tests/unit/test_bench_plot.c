/* The plot: its script, and drawing it with and without gnuplot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "bench/plot.h"
#include "base/tool.h"
#include "unit/bench_cases.h"
#include "unit/bench_logged.h"

/* ---------------------------------------------------------------- plot --- */

/* The script's lines that begin so. */
static size_t
count_lines(const struct text *text, const char *start)
{
    size_t n = 0;

    for (const char *at_ = text->data; at_; at_ = strchr(at_, '\n')) {
        at_ += *at_ == '\n';
        n += strncmp(at_, start, strlen(start)) == 0;
    }
    return n;
}

static void
test_plot_axis_and_lines(void **state)
{
    static const struct {
        const char *sweeps[6]; /* option, values ... */
        size_t n_lines;
        const char *parts[4];
    } cases[] = {
        {{"processes", "1,2,4"}, 1,
            {"set xlabel 'processes'", "('1' 1, '2' 2, '4' 4)",
                "with linespoints"}},
        /* eight times as much: logarithmic */
        {{"window", "64KiB,128KiB,512KiB"}, 1,
            {"set xlabel 'window (bytes)'",
                "('64KiB' 16, '128KiB' 17, '512KiB' 19)"}},
        /* not with a zero, nor in the order of the sweep */
        {{"threads", "9,0,1"}, 1, {"('9' 9, '0' 0, '1' 1)", "\n0 0.002 "}},
        {{"mode", "set,multi,noreply"}, 1,
            {"set xlabel 'mode'", "('set' 0, 'multi' 1, 'noreply' 2)",
                "with boxes"}},
        {{"mode", "set,multi", "processes", "1,2,3"}, 3,
            {"title 'processes=1'", "title 'processes=3'"}},
        {{"processes", "1,2", "mode", "set,multi", "batch", "1,2,3"}, 6,
            {"title 'mode=set batch=1'", "title 'mode=multi batch=3'",
                "dashtype 3"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench_results results = {0};
        struct text script = {0};

        for (size_t j = 0; j < 6 && cases[i].sweeps[j]; j += 2)
            case_sweep(&results, cases[i].sweeps[j], cases[i].sweeps[j + 1]);
        case_settings(&results, 1);
        for (size_t j = 0; j < results.n_settings; j++)
            case_load(&results, j, (double)(1 + j), 1);
        plot_script(&script, &results, PLOT_SVG);
        assert_int_equal(count_lines(&script, "$line"), cases[i].n_lines);
        for (size_t j = 0; j < 4 && cases[i].parts[j]; j++)
            assert_has(&script, cases[i].parts[j]);
        text_release(&script);
        bench_results_release(&results);
    }
}

/* Of the points none is told that was not measured. */
static void
test_plot_leaves_gaps(void **state)
{
    struct bench_results results = {0};
    struct text script = {0};

    (void)state;
    case_sweep(&results, "processes", "1,2,3");
    case_sweep(&results, "mode", "set,multi");
    case_settings(&results, 1);
    case_load(&results, 0, 1000, 1);
    case_failure(&results, 2, "why");
    case_load(&results, 4, 3000, 1);
    plot_script(&script, &results, PLOT_PNG);
    assert_int_equal(count_lines(&script, "$line"), 1);
    assert_has(&script, " 1 1 1\n\n");
    assert_null(strstr(script.data, "mode=multi"));
    assert_has(&script, "pngcairo");
    text_release(&script);
    bench_results_release(&results);
}

/* Nothing in a name becomes a command of gnuplot. */
static void
test_plot_quotes_names(void **state)
{
    struct bench_results results = measured();
    struct text script = {0};

    (void)state;
    snprintf(results.machine.cpu, sizeof(results.machine.cpu),
        "it's\nsystem('false') \\");
    plot_script(&script, &results, PLOT_SVG);
    assert_has(&script, "2 cores, it''s system(''false'') \\' at graph");
    assert_int_equal(count_lines(&script, "system"), 0);
    text_release(&script);
    bench_results_release(&results);
}

static void
test_plot_formats(void **state)
{
    enum plot_format format;

    (void)state;
    assert_int_equal(plot_format_of("a.svg", &format), 0);
    assert_int_equal(format, PLOT_SVG);
    assert_int_equal(plot_format_of("/x.y/A.PNG", &format), 0);
    assert_int_equal(format, PLOT_PNG);
    assert_int_equal(plot_format_of("a", &format), -1);
    assert_int_equal(plot_format_of("a.pdf", &format), -1);
    assert_int_equal(plot_format_of("a.svg.gz", &format), -1);
}

/* ------------------------------------------------- other programs, files ---
 */

/* PATH with one directory, in which a gnuplot of that text is, or none. */
static char *usual_path;

static void
set_gnuplot(const char *script)
{
    char *path = temp_path("gnuplot");

    unlink(path);
    if (script) {
        temp_file("gnuplot", script);
        assert_int_equal(chmod(path, 0755), 0);
    }
    setenv("PATH", temp_dir, 1);
}

static int
keep_path(void **state)
{
    (void)state;
    usual_path = strdup(getenv("PATH"));
    return 0;
}

static int
restore_path(void **state)
{
    (void)state;
    setenv("PATH", usual_path, 1);
    free(usual_path);
    return 0;
}

static void
test_gnuplot_draws(void **state)
{
    struct bench_results results = measured();
    char path[512];
    struct task task = {{.plot = own_path(path, "a.svg")}, &results};
    char *log, *picture;
    int rc;

    (void)state;
    set_gnuplot("#!/bin/sh\n/bin/cat >&2\necho '<svg/>'\n");
    log = logged(check_all, &task, &rc);
    assert_int_equal(rc, 0);
    assert_string_equal(log, "");
    free(log);
    assert_int_equal(bench_files_write(&task.files, &results), 0);
    picture = temp_read(task.files.plot);
    assert_string_equal(picture, "<svg/>\n");
    assert_null(temp_read(temp_path("a.svg.gnuplot")));
    free(picture);
    bench_results_release(&results);
}

/* The one of this machine, where there is one: its picture is XML with every
 * line of the legend; and it has nothing to complain of. */
static void
test_real_gnuplot(void **state)
{
    struct bench_results results = measured();
    struct text script = {0}, picture = {0}, said = {0};
    static const char *const argv[] = {"gnuplot", "-d", "-", NULL};
    struct err err = {0};

    (void)state;
    if (!plot_can_draw()) {
        bench_results_release(&results);
        skip();
    }
    plot_script(&script, &results, PLOT_SVG);
    if (tool_run(argv, &script, 60000, &picture, &said, &err))
        fail_msg("%s", err.text);
    assert_int_equal(said.n_bytes, 0);
    assert_has(&picture, "<svg");
    assert_has(&picture, "</svg>");
    assert_has(&picture, "mode=multi");
    assert_has(&picture, "mode=noreply");
    assert_has(&picture, "ceiling: servers alone");
    assert_has(&picture, "speed (1,000 lines a second)");
    text_clear(&script);
    text_clear(&picture);
    plot_script(&script, &results, PLOT_PNG);
    assert_int_equal(plot_draw(&picture, &script, &err), 0);
    assert_true(picture.n_bytes > 1000);
    assert_memory_equal(picture.data, "\x89PNG\r\n\x1a\n", 8);
    text_release(&script);
    text_release(&picture);
    text_release(&said);
    bench_results_release(&results);
}

static void
test_without_gnuplot_all_else_is_written(void **state)
{
    struct bench_results results = measured();
    struct task task = {{.json = temp_path("b.json"),
                            .csv = temp_path("b.csv"),
                            .plot = temp_path("b.png"),
                            .config = temp_path("b.yaml")},
        &results};
    char *log, *script;
    int rc;

    (void)state;
    set_gnuplot(NULL);
    log = logged(check_all, &task, &rc);
    assert_int_equal(rc, 0);
    assert_non_null(strstr(log, "W --plot: there is no gnuplot in PATH"));
    assert_non_null(strstr(log, "apt install gnuplot-nox"));
    free(log);
    log = logged(write_all, &task, &rc);
    assert_int_equal(rc, -1);
    assert_non_null(strstr(log, "E --plot: there is no gnuplot in PATH"));
    assert_null(strstr(strchr(log, '\n') + 1, "\n")); /* one line */
    free(log);
    assert_true(temp_exists(task.files.json));
    assert_true(temp_exists(task.files.csv));
    assert_true(temp_exists(task.files.config));
    assert_false(temp_exists(task.files.plot));
    script = temp_read(temp_path("b.png.gnuplot"));
    assert_non_null(script);
    assert_non_null(strstr(script, "$line0 << EOD"));
    free(script);
    bench_results_release(&results);
}

static void
test_gnuplot_that_fails_is_told(void **state)
{
    static const struct {
        const char *script, *told;
    } cases[] = {
        {"#!/bin/sh\necho >&2 'no such terminal'; exit 3\n",
            "gnuplot ended with status 3: no such terminal"},
        {"#!/bin/sh\nexit 0\n", "gnuplot drew nothing"},
        {"#!/bin/sh\nkill -9 $$\n", "gnuplot was killed by signal 9"},
        {"#!/nowhere/at/all\n", "cannot run gnuplot: No such file"},
    };
    struct bench_results results = measured();
    char path[512];
    struct task task = {{.plot = own_path(path, "c.svg")}, &results};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *log;
        int rc;

        set_gnuplot(cases[i].script);
        log = logged(write_all, &task, &rc);
        assert_int_equal(rc, -1);
        if (!strstr(log, cases[i].told))
            fail_msg("\"%s\" is not in %s", cases[i].told, log);
        assert_false(temp_exists(task.files.plot));
        free(log);
    }
    bench_results_release(&results);
}

static void
test_program_that_does_not_end_is_killed(void **state)
{
    static const char *const argv[] = {"gnuplot", NULL};
    struct text out = {0}, said = {0};
    struct err err;

    (void)state;
    set_gnuplot("#!/bin/sh\nwhile :; do :; done\n");
    assert_int_equal(tool_run(argv, NULL, 50, &out, &said, &err), -1);
    assert_int_equal(err.code, ERR_TIMEOUT);
    text_release(&out);
    text_release(&said);
}

#define WITH_PATH(test) \
    cmocka_unit_test_setup_teardown(test, keep_path, restore_path)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plot_axis_and_lines),
        cmocka_unit_test(test_plot_leaves_gaps),
        cmocka_unit_test(test_plot_quotes_names),
        cmocka_unit_test(test_plot_formats),
        WITH_PATH(test_gnuplot_draws),
        WITH_PATH(test_real_gnuplot),
        WITH_PATH(test_without_gnuplot_all_else_is_written),
        WITH_PATH(test_gnuplot_that_fails_is_told),
        WITH_PATH(test_program_that_does_not_end_is_killed),
    };

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}
