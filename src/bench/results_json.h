/*
 * A benchmark as JSON: the machine, the options, the settings by speed, floors,
 * ceiling, the recommendation, and every run in the order made. Units are in
 * the names; null stands for what is not known. Keys may be added, none is ever
 * removed. One thread.
 */
#ifndef BENCH_RESULTS_JSON_H
#define BENCH_RESULTS_JSON_H

#include "base/text.h"
#include "bench/bench_result.h"

void results_json_add(struct text *out, const struct bench_results *results);

#endif
