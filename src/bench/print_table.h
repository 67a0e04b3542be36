/*
 * What a benchmark prints for people. One thread. Cannot fail.
 */
#ifndef BENCH_PRINT_TABLE_H
#define BENCH_PRINT_TABLE_H

#include <stddef.h>

#include "base/text.h"
#include "bench/bench_result.h"

/* The table, floors, machine and recommendation, `room` columns wide. */
void bench_print(struct text *out, const struct bench_results *results,
    size_t room);

#endif
