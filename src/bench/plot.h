/*
 * One picture of a benchmark, as a script for gnuplot that contains its data.
 *
 * The first sweep is the x axis: numbers at their place, on a logarithmic scale
 * when they span PLOT_LAYOUT_LOG times or more; words side by side, as clusters
 * of bars. The other sweeps are the lines: the second gives the colour, the
 * third and further ones the dashes and marks. Each point is a median with a
 * bar from the slowest to the fastest run; the y axis starts at 0; the ceiling
 * is a dashed line. One thread.
 */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"
#include "bench/bench_result.h"

/* By the ending of the file's name. */
enum plot_format { PLOT_SVG, PLOT_PNG };

/* -1 when the name ends in neither .svg nor .png. */
int plot_format_of(const char *path, enum plot_format *format);

/* Adds the script, which makes gnuplot write the picture to standard output. */
void plot_script(struct text *out, const struct bench_results *results,
    enum plot_format format);

bool plot_can_draw(void); /* is gnuplot in PATH? */

/* Runs gnuplot and adds the picture. -1 with ERR_IO. */
int plot_draw(struct text *picture, const struct text *script, struct err *err);

#endif
