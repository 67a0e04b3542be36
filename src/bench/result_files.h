/*
 * The files that a benchmark writes: --json, --csv, --plot and --write-config.
 *
 * bench_files_check() comes before the first run, so that nobody waits ten
 * minutes for a file that cannot be written; bench_files_write() after the
 * last, also when the benchmark was interrupted. One thread; drawing the plot
 * waits for gnuplot.
 */
#ifndef BENCH_RESULT_FILES_H
#define BENCH_RESULT_FILES_H

#include "base/err.h"
#include "bench/bench_result.h"

/* Where to; NULL: not wanted. "-" is standard output, but not for the plot. */
struct bench_files {
    const char *json, *csv, *plot, *config;
};

/*
 * -1 with ERR_USAGE when the plot's name ends neither in .svg nor in .png, or
 * when two of them are one file; with ERR_IO when one cannot be written. A
 * missing gnuplot is only a warning (log_warn): all else works without it.
 */
int bench_files_check(const struct bench_files *files, struct err *err);

/*
 * Each file is written whole or not at all: under a temporary name, then
 * renamed. A failure is logged (log_error), and the other files are still
 * written. -1 when one failed; a plot that was not drawn for lack of gnuplot
 * counts as one.
 */
int bench_files_write(const struct bench_files *files,
    const struct bench_results *results);

#endif
