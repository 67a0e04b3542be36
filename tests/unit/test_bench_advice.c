/* The setting advised, as words, as a command line and as a config file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "bench/advice.h"
#include "bench/quote.h"
#include "settings/config.h"
#include "unit/bench_cases.h"
#include "unit/temp_dir.h"

#define SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Three settings, five runs each: speeds around `speed`, CPU around `cpu`. */
static void
fill(struct bench_results *results, const double speed[3], const double cpu[3],
    int n_runs)
{
    static const double around[] = {1, 0.99, 1.01, 0.985, 1.015};

    case_sweep(results, "processes", "1,2,3");
    case_settings(results, (unsigned)n_runs);
    for (int i = 0; i < n_runs; i++)
        for (size_t j = 0; j < 3; j++)
            case_load(results, j, speed[j] * around[i], cpu[j] * around[i]);
}

static void
test_choice(void **state)
{
    static const struct {
        double speed[3], cpu[3];
        int n_runs;
        size_t setting, n_within;
    } cases[] = {
        /* far faster: whatever it costs */
        {{100, 200, 300}, {1, 2, 3}, 5, 2, 1},
        /* as fast, cheaper */
        {{100, 299, 300}, {1, 2, 3}, 5, 1, 2},
        /* as fast, but the CPU is within the noise, too */
        {{100, 299, 300}, {1, 2.99, 3}, 5, 2, 2},
        /* all as fast: the cheapest */
        {{298, 299, 300}, {1, 2, 3}, 5, 0, 3},
        /* two as cheap: the faster of them */
        {{298, 299, 300}, {1, 1.001, 3}, 5, 1, 3},
        /* noise not known: the fastest */
        {{298, 299, 300}, {1, 2, 3}, 2, 2, 0},
        {{298, 299, 300}, {1, 2, 3}, 1, 2, 0},
    };

    (void)state;
    for (size_t i = 0; i < SIZE(cases); i++) {
        struct bench_results results = {0};
        struct advice advice;

        fill(&results, cases[i].speed, cases[i].cpu, cases[i].n_runs);
        advice_make(&advice, &results);
        if (!advice.is_given || advice.setting != cases[i].setting ||
            advice.n_within != cases[i].n_within || advice.fastest != 2 ||
            advice.is_noise_known != (cases[i].n_runs >= 3))
            fail_msg("case %zu: setting %zu, %zu within", i, advice.setting,
                advice.n_within);
        advice_release(&advice);
        bench_results_release(&results);
    }
}

static void
test_doubt_where_runs_differ(void **state)
{
    struct bench_results results = {0};
    struct advice advice;
    struct text text = {0};

    (void)state;
    case_settings(&results, 4);
    for (int i = 0; i < 3; i++)
        case_load(&results, 0, 100 + 9 * i, 1);
    advice_make(&advice, &results);
    advice_print(&text, &results, &advice);
    assert_null(strstr(text.data, "quieter machine"));
    advice_release(&advice);
    text_clear(&text);
    case_load(&results, 0, 80, 1);
    advice_make(&advice, &results);
    advice_print(&text, &results, &advice);
    assert_has(&text, "Its runs differ by 36 %: on a quieter machine");
    text_release(&text);
    advice_release(&advice);
    bench_results_release(&results);
}

static void
test_failures_are_never_advised(void **state)
{
    static const double speed[3] = {100, 200, 300}, cpu[3] = {1, 1, 1};
    struct bench_results results = {0};
    struct advice advice;
    struct text text = {0};

    (void)state;
    fill(&results, speed, cpu, 5);
    case_failure(&results, 2, "stored 5 of 7 lines");
    advice_make(&advice, &results);
    assert_true(advice.is_given);
    assert_int_equal(advice.setting, 1);
    assert_int_equal(advice.fastest, 1);
    advice_release(&advice);
    case_failure(&results, 0, "x");
    case_failure(&results, 1, "x");
    advice_make(&advice, &results);
    assert_false(advice.is_given);
    advice_print(&text, &results, &advice);
    assert_string_equal(text.data,
        "No setting to recommend: each had a run that failed.\n");
    text_release(&text);
    advice_release(&advice);
    bench_results_release(&results);
}

static void
test_nothing_measured(void **state)
{
    struct bench_results results = {0};
    struct advice advice;
    struct text text = {0};

    (void)state;
    case_sweep(&results, "mode", "set,multi");
    case_settings(&results, 5);
    advice_make(&advice, &results);
    assert_false(advice.is_given);
    advice_print(&text, &results, &advice);
    assert_string_equal(text.data,
        "No setting to recommend: no run was finished.\n");
    text_release(&text);
    advice_release(&advice);
    bench_results_release(&results);
}

static void
add_option(struct bench_results *results, const char *name, const char *value)
{
    results->options = mem_grow(results->options, results->n_options + 1,
        sizeof(*results->options));
    results->options[results->n_options++] = (struct bench_option){
        .name = name, .value = value ? mem_text(value) : NULL};
}

static void
add_operand(struct bench_results *results, const char *operand)
{
    results->operands = mem_grow(results->operands, results->n_operands + 1,
        sizeof(*results->operands));
    results->operands[results->n_operands++] = mem_text(operand);
}

static void
check_command(struct bench_results *results, const char *wanted)
{
    struct text text = {0};

    advice_command(&text, results, 0);
    assert_string_equal(text.data, wanted);
    text_release(&text);
}

static void
test_command_line(void **state)
{
    struct bench_results results = {0};

    (void)state;
    case_sweep(&results, "processes", "2");
    case_sweep(&results, "window", "256KiB");
    case_settings(&results, 1);
    check_command(&results, "memc_load --processes 2 --window 256KiB FILE...");
    results.is_generated = false;
    check_command(&results, "memc_load --processes 2 --window 256KiB");
    add_option(&results, "strict", "true");
    add_option(&results, "degraded", "false");
    add_option(&results, "dry", NULL);
    add_option(&results, "pattern", "/data/it's here/*.gz");
    add_operand(&results, "a file");
    add_operand(&results, "-b.gz");
    add_operand(&results, "$(c)");
    check_command(&results,
        "memc_load --processes 2 --window 256KiB --strict --dry "
        "--pattern '/data/it'\\''s here/*.gz' 'a file' -- -b.gz '$(c)'");
    bench_results_release(&results);
}

/* A shell reads back the very words. */
static void
test_shell_quotes(void **state)
{
    static const char *const words[] = {"", "plain", "a b", "it's", "$HOME",
        "`id`", "*", "~", "a\nb", "\\", "\"", "-", "a=b", "!x", "#x", "a;b",
        "\303\244", "\377"};

    (void)state;
    for (size_t i = 0; i < SIZE(words); i++) {
        struct text command = {0};
        char back[64] = "";
        FILE *shell;
        size_t n;

        text_format(&command, "printf %%s ");
        quote_shell(&command, words[i]);
        shell = popen(command.data, "re");
        assert_non_null(shell);
        n = fread(back, 1, sizeof(back) - 1, shell);
        assert_int_equal(pclose(shell), 0);
        assert_int_equal(n, strlen(words[i]));
        assert_string_equal(back, words[i]);
        text_release(&command);
    }
}

/* ------------------------------------------------------------- config --- */

static const char *
value_of(const struct option_values *settings, const char *name, size_t nth)
{
    for (size_t i = 0; i < settings->n; i++)
        if (strcmp(settings->items[i].option->name, name) == 0 && nth-- == 0)
            return settings->items[i].value;
    return "(none)";
}

static void
read_config(const struct bench_results *results, struct option_values *settings)
{
    struct advice advice;
    struct text text = {0};
    struct err err = {0};
    struct config config;
    char *path;

    advice_make(&advice, results);
    if (advice_config(&text, results, &advice, &err))
        fail_msg("%s", err.text);
    path = temp_file("config.yaml", text.data);
    if (config_read(&config, path, "config", &err) ||
        config_values(&config, settings, &err))
        fail_msg("%s in\n%s", err.text, text.data);
    config_release(&config);
    text_release(&text);
    advice_release(&advice);
}

static void
test_config_is_read_back(void **state)
{
    struct bench_results results = {0};
    struct option_values settings = {0};

    (void)state;
    case_sweep(&results, "mode", "noreply");
    case_sweep(&results, "window", "1MiB");
    case_settings(&results, 1);
    free(results.command_line);
    results.command_line = mem_text("memc_load bench\nload: {mode: set}");
    case_load(&results, 0, 1000, 1);
    add_option(&results, "shard", "a=127.0.0.1:1,[::1]:2");
    add_option(&results, "retries", "1");
    add_option(&results, "shard", "b=unix:/a \"b\"\\: #c");
    add_option(&results, "retries", "2"); /* the last one counts */
    add_option(&results, "strict", NULL);
    add_option(&results, "degraded", "false");
    add_option(&results, "config", "elsewhere.yaml");
    read_config(&results, &settings);
    assert_int_equal(settings.n, 7);
    assert_string_equal(value_of(&settings, "mode", 0), "noreply");
    assert_string_equal(value_of(&settings, "window", 0), "1MiB");
    assert_string_equal(value_of(&settings, "retries", 0), "2");
    assert_string_equal(value_of(&settings, "strict", 0), "true");
    assert_string_equal(value_of(&settings, "degraded", 0), "false");
    assert_string_equal(value_of(&settings, "shard", 0),
        "a=127.0.0.1:1,[::1]:2");
    assert_string_equal(value_of(&settings, "shard", 1),
        "b=unix:/a \"b\"\\: #c");
    option_values_release(&settings);
    bench_results_release(&results);
}

static void
test_config_without_settings(void **state)
{
    struct bench_results results = {0};
    struct option_values settings = {0};

    (void)state;
    case_settings(&results, 1);
    case_load(&results, 0, 1000, 1);
    read_config(&results, &settings);
    assert_int_equal(settings.n, 0);
    option_values_release(&settings);
    bench_results_release(&results);
}

/* Whatever a value is, YAML gives it back. */
static void
test_odd_values_in_config(void **state)
{
    static const char *const values[] = {"", " ", "~", "null", "Null", "true",
        "-", "- a", "a: b", "a #b", "#", "'", "\"", "\\", "a\nb", "a\tb",
        "\x7f", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "{a}", "[a]", "?",
        "0x10", "1e3", ".5", "\303\244", "\302\205", "\342\200\250",
        "\357\273\277", "\360\237\230\200", "---", "..."};

    (void)state;
    for (size_t i = 0; i < SIZE(values); i++) {
        struct bench_results results = {0};
        struct option_values settings = {0};

        case_settings(&results, 1);
        case_load(&results, 0, 1000, 1);
        add_option(&results, "rejects", values[i]);
        read_config(&results, &settings);
        assert_int_equal(settings.n, 1);
        assert_string_equal(value_of(&settings, "rejects", 0), values[i]);
        option_values_release(&settings);
        bench_results_release(&results);
    }
}

static void
test_what_yaml_cannot_hold_is_told(void **state)
{
    struct bench_results results = {0};
    struct advice advice;
    struct text text = {0};
    struct err err;

    (void)state;
    case_settings(&results, 1);
    case_load(&results, 0, 1000, 1);
    add_option(&results, "rejects", "/data/\377");
    advice_make(&advice, &results);
    assert_int_equal(advice_config(&text, &results, &advice, &err), -1);
    assert_int_equal(err.code, ERR_DATA);
    assert_non_null(strstr(err.text, "--rejects is not UTF-8"));
    text_release(&text);
    advice_release(&advice);
    bench_results_release(&results);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_doubt_where_runs_differ),
        cmocka_unit_test(test_failures_are_never_advised),
        cmocka_unit_test(test_nothing_measured),
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_shell_quotes),
        cmocka_unit_test(test_config_is_read_back),
        cmocka_unit_test(test_config_without_settings),
        cmocka_unit_test(test_odd_values_in_config),
        cmocka_unit_test(test_what_yaml_cannot_hold_is_told),
    };

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}
