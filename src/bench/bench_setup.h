/*
 * What a job says of a benchmark, as results have it: the sweeps, with those
 * that are tried where none was given, and what holds for all runs.
 *
 * One thread. Cannot fail, but where it says so.
 */
#ifndef BENCH_BENCH_SETUP_H
#define BENCH_BENCH_SETUP_H

#include "bench/bench_result.h"
#include "settings/settings.h"

/* Sweeps, their settings, options, operands, rounds, command line. */
void bench_setup(struct bench_results *results,
    const struct settings *settings);

/* What its mapping and its servers are, as YAML. -1 when it cannot be written
 * so. */
int bench_setup_files(struct bench_results *results,
    const struct settings *settings, struct err *err);

/* The most that this option is in any setting, `otherwise` where it is not
 * swept. Of options that are counts. */
uint64_t bench_setup_most(const struct bench_results *results,
    const char *option, uint64_t otherwise);

#endif
