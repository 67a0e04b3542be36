/* The table, CSV and JSON of a benchmark; where its files go. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "bench/csv.h"
#include "bench/print_table.h"
#include "bench/results_json.h"
#include "unit/bench_cases.h"
#include "unit/bench_logged.h"

static void
test_table(void **state)
{
    struct bench_results results = measured();
    struct text text = {0};

    (void)state;
    bench_print(&text, &results, 120);
    assert_memory_equal(text.data,
        "   processes     mode  lines/s      min      max  MB/s  client  "
        "server  peak  ceiling  failed\n"
        "*          2  noreply  501,500  500,500  502,500   157    1.30    "
        "2.50    50     84 %       0\n"
        "~          2    multi  501,000  500,000  502,000   157    1.50    "
        "2.50    50     84 %       0\n"
        "           1  noreply  311,000  310,000  312,000    97    1.10    "
        "2.50    50     52 %       1\n",
        3 * 95);
    assert_has(&text, "\nservers    600,000 ");
    assert_has(&text, "ceiling: 600,000 lines/s, of the slowest floor "
                      "(servers)");
    assert_has(&text, "processes=1 mode=noreply failed in round 1: it stored "
                      "5 of 7 lines");
    assert_has(&text, "machine   2 cores of Model \"A\"");
    assert_has(&text, "Recommended: processes=2 mode=noreply\n");
    assert_has(&text, "Mode noreply does not learn");
    assert_has(&text, "\n  memc_load --processes 2 --mode noreply FILE...\n");
    assert_null(strstr(text.data, "Interrupted"));
    text_release(&text);
    bench_results_release(&results);
}

static void
test_interrupted_table(void **state)
{
    struct bench_results results = {0};
    struct text text = {0};

    (void)state;
    case_sweep(&results, "processes", "1,2");
    case_settings(&results, 3);
    results.is_interrupted = true;
    bench_print(&text, &results, 80);
    assert_has(&text, "Interrupted: 0 of 6 runs were made.");
    assert_has(&text, "No setting to recommend: no run was finished.");
    text_clear(&text);
    case_load(&results, 1, 1000, 1);
    bench_print(&text, &results, 80);
    assert_has(&text, "Interrupted: 1 of 6 runs were made.");
    assert_has(&text, "noise is not known");
    text_release(&text);
    bench_results_release(&results);
}

static void
test_share_above_the_ceiling_is_told(void **state)
{
    struct bench_results results = {0};
    struct text text = {0};

    (void)state;
    case_settings(&results, 1);
    case_floor(&results, FLOOR_SERVERS, 1000);
    case_load(&results, 0, 1100, 1);
    bench_print(&text, &results, 80);
    assert_has(&text, "110 %");
    assert_has(&text, "More than 100 %: the floors are measurements, too");
    text_release(&text);
    bench_results_release(&results);
}

static void
test_csv_has_every_run(void **state)
{
    struct bench_results results = measured();
    struct text text = {0};
    size_t n_rows = 0;

    (void)state;
    csv_add(&text, &results);
    for (const char *at = text.data; *at; at++)
        n_rows += *at == '\n';
    assert_int_equal(n_rows, 1 + 12 + 9 + 1);
    assert_memory_equal(text.data,
        "order,round,kind,processes,mode,lines_per_s,",
        strlen("order,round,kind,processes,mode,lines_per_s,"));
    assert_has(&text, "\n0,1,load,1,multi,300000,93.90,3.333333,");
    assert_has(&text, "\n4,1,inflate,,,3000000,");
    /* a failed run has no figures but a reason; quotes are doubled */
    assert_has(&text, "\n21,1,load,1,noreply,");
    assert_has(&text, ",true,\"it stored 5 of 7 lines, \"\"why\"\"\","
                      "\"Model \"\"A\"\" of it's kind, 2.1 GHz\",2,");
    text_release(&text);
    bench_results_release(&results);
}

static json_t *
at(json_t *json, const char *key)
{
    json_t *value = json_object_get(json, key);

    if (!value)
        fail_msg("no key %s", key);
    return value;
}

static void
test_json(void **state)
{
    struct bench_results results = measured();
    struct text text = {0};
    json_t *json, *first, *last;

    (void)state;
    results_json_add(&text, &results);
    json = json_loadb(text.data, text.n_bytes, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(at(json, "command")), "bench");
    assert_string_equal(json_string_value(at(at(json, "machine"), "cpu")),
        "Model \"A\" of it's kind, 2.1 GHz");
    assert_true(json_is_null(at(at(json, "machine"), "isal")));
    assert_int_equal(json_array_size(at(json, "runs")), 22);
    assert_int_equal(json_array_size(at(json, "floors")), 3);
    first = json_array_get(at(json, "settings"), 0);
    assert_string_equal(json_string_value(at(at(first, "setting"), "mode")),
        "noreply");
    assert_true(json_is_true(at(first, "within_noise")));
    assert_true(json_real_value(at(at(first, "lines_per_s"), "median")) ==
                501500);
    last = json_array_get(at(json, "runs"), 21);
    assert_true(json_is_true(at(last, "failed")));
    assert_true(json_is_null(at(last, "server_cpu_s")));
    assert_string_equal(json_string_value(at(at(json, "recommended"),
                            "command")),
        "memc_load --processes 2 --mode noreply FILE...");
    assert_string_equal(json_string_value(at(json, "started")),
        "2023-11-14T22:13:20Z");
    json_decref(json);
    text_release(&text);
    bench_results_release(&results);
}

static void
test_json_of_nothing(void **state)
{
    struct bench_results results = {0};
    struct text text = {0};
    json_t *json;

    (void)state;
    results_json_add(&text, &results);
    json = json_loadb(text.data, text.n_bytes, 0, NULL);
    assert_non_null(json);
    assert_true(json_is_null(at(json, "ceiling")));
    assert_true(json_is_null(at(json, "recommended")));
    json_decref(json);
    text_release(&text);
    bench_results_release(&results);
}

/* ------------------------------------------------- files --- */

static void
test_files_are_checked_first(void **state)
{
    static const struct {
        struct bench_files files;
        enum err_code code;
        const char *told;
    } cases[] = {
        {{.plot = "a.pdf"}, ERR_USAGE, "must end in .svg or .png"},
        {{.plot = "-"}, ERR_USAGE, "must end in .svg or .png"},
        {{.json = "x", .csv = "x"}, ERR_USAGE,
            "--json and --csv name the same file"},
        {{.csv = "-", .config = "-"}, ERR_USAGE,
            "--csv and --write-config name the same file"},
        {{.config = "/nowhere/at/all"}, ERR_IO,
            "--write-config: cannot write /nowhere/at/all: No such file"},
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(bench_files_check(&cases[i].files, &err), -1);
        assert_int_equal(err.code, cases[i].code);
        if (!strstr(err.text, cases[i].told))
            fail_msg("\"%s\" is not in %s", cases[i].told, err.text);
    }
}

/* A config that cannot be made leaves the old one. */
static void
test_nothing_recommended_keeps_the_old_config(void **state)
{
    struct bench_results results = {0};
    struct task task = {{.config = temp_file("old.yaml", "load: {}\n"),
                            .plot = temp_path("none.svg"),
                            .csv = temp_path("none.csv")},
        &results};
    char *log, *config;
    int rc;

    (void)state;
    case_settings(&results, 1);
    case_failure(&results, 0, "why");
    log = logged(write_all, &task, &rc);
    assert_int_equal(rc, -1);
    assert_non_null(strstr(log, "E --write-config: there is no setting"));
    assert_non_null(strstr(log, "E --plot: there is no run to draw"));
    config = temp_read(task.files.config);
    assert_string_equal(config, "load: {}\n");
    assert_true(temp_exists(task.files.csv));
    free(config);
    free(log);
    bench_results_release(&results);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_interrupted_table),
        cmocka_unit_test(test_share_above_the_ceiling_is_told),
        cmocka_unit_test(test_csv_has_every_run),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_of_nothing),
        cmocka_unit_test(test_files_are_checked_first),
        cmocka_unit_test(test_nothing_recommended_keeps_the_old_config),
    };

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}
