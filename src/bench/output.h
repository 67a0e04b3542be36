/*
 * What a benchmark tells: the table and the recommendation for people, and
 * the files --json, --csv, --plot and --write-config.
 *
 * bench_files_check() comes before the first run, so that nobody waits ten
 * minutes for a file that cannot be written; the others come after the last,
 * also of an interrupted benchmark. One thread; the plot waits for gnuplot.
 */
#ifndef BENCH_OUTPUT_H
#define BENCH_OUTPUT_H

#include "base/err.h"
#include "base/text.h"
#include "bench/bench_result.h"

/* Where to; NULL: not wanted. "-" is standard output, but not for the plot. */
struct bench_files {
    const char *json, *csv, *plot, *config;
};

/*
 * -1 and ERR_USAGE when the plot's name ends neither in .svg nor in .png, or
 * when two of them are one file; ERR_IO when one cannot be written. Without
 * gnuplot it warns (log_warn) and is 0: all else works.
 */
int bench_files_check(const struct bench_files *files, struct err *err);

/*
 * Each file is written whole or not at all, beside its name and renamed. Goes
 * on after a failure; each is told (log_error). -1 when one failed, the plot
 * for want of gnuplot included.
 */
int bench_files_write(const struct bench_files *files,
    const struct bench_results *results);

/* The table, floors, machine and recommendation, `room` columns wide. */
void bench_print(struct text *out, const struct bench_results *results,
    size_t room);

#endif
