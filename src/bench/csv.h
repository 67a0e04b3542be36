/*
 * Every run as CSV (RFC 4180, lines end in LF), floors and failed runs too, in
 * the order they were made. Each row names the machine, so that files of
 * several machines can be joined. Units are in the names of the columns; a cell
 * is empty when its value is not known. One thread.
 */
#ifndef BENCH_CSV_H
#define BENCH_CSV_H

#include "base/text.h"
#include "bench/bench_result.h"

void csv_add(struct text *out, const struct bench_results *results);

#endif
