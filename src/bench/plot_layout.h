/*
 * The positions of the points of the plot: the values of the first sweep on the
 * x axis, the combinations of the other sweeps as lines. The caller owns the
 * struct; the results must outlive it. One thread.
 */
#ifndef BENCH_PLOT_LAYOUT_H
#define BENCH_PLOT_LAYOUT_H

#include <stdbool.h>

#include "bench/bench_result.h"

/* Numbers that span so many times or more get a logarithmic scale. */
enum { PLOT_LAYOUT_LOG = 8 };

struct plot_layout {
    const struct bench_results *results;
    struct bench_row *rows; /* by speed */
    size_t n_rows;
    bool is_words; /* on the x axis */
    bool is_log;
    double *x; /* of each value on the axis */
    size_t n_x;
    size_t n_lines;     /* combinations of the other sweeps */
    double least, most; /* x */
    double step;        /* least distance of two x */
};

void plot_layout_init(struct plot_layout *layout,
    const struct bench_results *results);
void plot_layout_release(struct plot_layout *layout);

/* The index of the line's value of that sweep, which is not the first. From
 * line to line the value of the last sweep changes fastest. */
size_t plot_layout_value(const struct plot_layout *layout, size_t line,
    size_t sweep);

/* "mode=multi window=256KiB", "" for the only line; the caller frees it. */
char *plot_layout_name(const struct plot_layout *layout, size_t line);

/* NULL where there was no good run. */
const struct bench_row *plot_layout_point(const struct plot_layout *layout,
    size_t line, size_t value);
bool plot_layout_has_points(const struct plot_layout *layout, size_t line);

/*
 * How far apart the lines are at one value of the x axis: bars are side by
 * side, points a little apart, so that their error bars do not hide each other.
 */
double plot_layout_share(const struct plot_layout *layout);

/* The value that is n_done-th from the left, counted from 0. The order of the
 * sweep may be another. */
size_t plot_layout_next(const struct plot_layout *layout, size_t n_done);

#endif
