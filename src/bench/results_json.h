/*
 * A benchmark as JSON: the machine, what was asked, the settings by speed,
 * floors, ceiling, what is recommended, and every single run in the order
 * made. Units are in the names; what is not known is null. Keys are only ever
 * added. One thread.
 */
#ifndef BENCH_RESULTS_JSON_H
#define BENCH_RESULTS_JSON_H

#include "base/text.h"
#include "bench/bench_result.h"

void results_json_add(struct text *out, const struct bench_results *results);

#endif
