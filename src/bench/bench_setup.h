/*
 * From the settings of a benchmark to its results, before anything is measured:
 * the sweeps, or the usual ones when none was given, and the options of all
 * runs. One thread.
 */
#ifndef BENCH_BENCH_SETUP_H
#define BENCH_BENCH_SETUP_H

#include "bench/bench_result.h"
#include "settings/settings.h"

/* Sweeps, their settings, options, operands, rounds, command line. Cannot
 * fail. */
void bench_setup(struct bench_results *results,
    const struct settings *settings);

/* The mapping and the servers, as YAML. -1 with ERR_USAGE when they cannot be
 * written as YAML. */
int bench_setup_files(struct bench_results *results,
    const struct settings *settings, struct err *err);

/* The largest value of this option, a count, in any setting; `otherwise` where
 * it is not swept. */
uint64_t bench_setup_most(const struct bench_results *results,
    const char *option, uint64_t otherwise);

#endif
