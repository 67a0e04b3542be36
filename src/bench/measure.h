/*
 * A benchmark from beginning to end: data, servers, warm-up, then every setting
 * and every floor in the order of the schedule.
 *
 * If it ends early, what was measured so far is in the results.
 * Single-threaded; errors and warnings are logged.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "base/err.h"
#include "bench/bench_result.h"
#include "settings/settings.h"

/*
 * Fills in the results (zero-initialised before, the caller releases them).
 * Returns the exit status: EXIT_DONE; EXIT_NOT_ALL when a run failed;
 * EXIT_USAGE for a FILE that cannot be used; EXIT_NO_GO; EXIT_INTERRUPTED.
 */
int bench_measure(const struct settings *settings,
    struct bench_results *results);

#endif
