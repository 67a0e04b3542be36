/*
 * Every single run as CSV (RFC 4180, lines end in LF), floors and failed runs
 * too, in the order they were made; the machine's facts stand in each row, so
 * that files of several machines can be put together. Units are in the names;
 * a cell of what is not known is empty. One thread.
 */
#ifndef BENCH_CSV_H
#define BENCH_CSV_H

#include "base/text.h"
#include "bench/bench_result.h"

void csv_add(struct text *out, const struct bench_results *results);

#endif
