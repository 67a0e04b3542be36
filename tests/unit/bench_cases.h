/*
 * Results of benchmarks that were never run: sweeps, and for each setting the
 * speeds of its runs. Everything stops the test at once when it fails.
 */
#ifndef UNIT_BENCH_CASES_H
#define UNIT_BENCH_CASES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "bench/bench_result.h"

enum { CASE_LINES = 1000000, CASE_TEXT_BYTES = 313000000 };

/* "processes=1,2,3" */
static inline void
case_sweep(struct bench_results *results, const char *option,
    const char *values)
{
    struct bench_sweep *sweep = &results->sweeps[results->n_sweeps++];

    must(results->n_sweeps <= BENCH_MAX_SWEEPS);
    sweep->option = option;
    while (*values) {
        size_t n_bytes = strcspn(values, ",");

        sweep->values = mem_grow(sweep->values, sweep->n_values + 1,
            sizeof(*sweep->values));
        sweep->values[sweep->n_values++] =
            mem_format("%.*s", (int)n_bytes, values);
        values += n_bytes + (values[n_bytes] == ',');
    }
}

/* All combinations, the last sweep turning fastest; and the rest of what a
 * benchmark knows before its first run. */
static inline void
case_settings(struct bench_results *results, unsigned rounds)
{
    results->n_settings = 1;
    for (size_t i = 0; i < results->n_sweeps; i++)
        results->n_settings *= results->sweeps[i].n_values;
    results->settings =
        mem_zero(results->n_settings, sizeof(*results->settings));
    for (size_t i = 0; i < results->n_settings; i++) {
        size_t rest = i;

        for (size_t j = results->n_sweeps; j-- > 0;) {
            results->settings[i].value[j] = rest % results->sweeps[j].n_values;
            rest /= results->sweeps[j].n_values;
        }
    }
    results->rounds = rounds;
    results->seed = 7;
    results->n_files = 3;
    results->lines = CASE_LINES;
    results->is_generated = true;
    results->n_servers = 4;
    results->has_own_servers = true;
    results->started_s = 1700000000;
    results->elapsed_s = 61.5;
    results->command_line = mem_text("memc_load bench --generate 1000000");
    snprintf(results->machine.cpu, sizeof(results->machine.cpu), "%s",
        "Model \"A\" of it's kind, 2.1 GHz");
    results->machine.cores = 2;
    results->machine.memory_bytes = 8ULL << 30;
    snprintf(results->machine.kernel, sizeof(results->machine.kernel), "%s",
        "Linux 6.1 x86_64");
    snprintf(results->machine.memcached, sizeof(results->machine.memcached),
        "%s", "1.6.18");
}

static inline size_t
case_order(const struct bench_results *results)
{
    size_t n = results->n_runs;

    for (size_t i = 0; i < N_FLOORS; i++)
        n += results->floors[i].n_runs;
    return n;
}

/* A run of so many lines a second and seconds of CPU per million lines. */
static inline struct bench_run
case_run(const struct bench_results *results, double lines_per_s,
    double client_cpu)
{
    return (struct bench_run){
        .order = case_order(results),
        .wall_s = CASE_LINES / lines_per_s,
        .client_user_s = client_cpu * 0.75,
        .client_system_s = client_cpu * 0.25,
        .server_cpu_s = 2.5,
        .peak_rss_bytes = 50ULL << 20,
        .lines = CASE_LINES,
        .text_bytes = CASE_TEXT_BYTES,
        .gz_bytes = CASE_TEXT_BYTES / 2,
    };
}

static inline void
case_load(struct bench_results *results, size_t setting, double lines_per_s,
    double client_cpu)
{
    struct bench_run run = case_run(results, lines_per_s, client_cpu);

    run.setting = setting;
    for (size_t i = 0; i < results->n_runs; i++)
        run.round += results->runs[i].setting == setting;
    bench_add_run(results, &run);
}

static inline void
case_failure(struct bench_results *results, size_t setting, const char *why)
{
    struct bench_run run = {.setting = setting,
        .order = case_order(results),
        .server_cpu_s = -1,
        .failed = true};

    snprintf(run.why, sizeof(run.why), "%s", why);
    bench_add_run(results, &run);
}

static inline void
case_floor(struct bench_results *results, enum bench_floor_kind kind,
    double lines_per_s)
{
    struct bench_run run = case_run(results, lines_per_s, 0.5);

    run.round = (unsigned)results->floors[kind].n_runs;
    bench_add_floor(results, kind, &run);
}

/* Two sweeps, three rounds, all floors, one failed run. */
static inline struct bench_results
measured(void)
{
    struct bench_results results = {0};

    case_sweep(&results, "processes", "1,2");
    case_sweep(&results, "mode", "multi,noreply");
    case_settings(&results, 3);
    for (int i = 0; i < 3; i++) {
        case_load(&results, 0, 300000 + 1000 * i, 1.2);
        case_load(&results, 1, 310000 + 1000 * i, 1.1);
        case_load(&results, 2, 500000 + 1000 * i, 1.5);
        case_load(&results, 3, 500500 + 1000 * i, 1.3);
        case_floor(&results, FLOOR_INFLATE, 3000000);
        case_floor(&results, FLOOR_PACK, 1500000);
        case_floor(&results, FLOOR_SERVERS, 600000);
    }
    case_failure(&results, 1, "it stored 5 of 7 lines, \"why\"");
    return results;
}

static inline void
assert_has(const struct text *text, const char *part)
{
    if (!strstr(text->data, part))
        fail_msg("\"%s\" is not in\n%s", part, text->data);
}

#endif
