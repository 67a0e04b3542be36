/*
 * Where the plot's points are: the values of the first sweep on the x axis,
 * the combinations of the other sweeps as lines. The caller owns the struct;
 * the results must outlive it. One thread.
 */
#ifndef BENCH_LAYOUT_H
#define BENCH_LAYOUT_H

#include <stdbool.h>

#include "bench/bench_result.h"

/* Numbers that span so many times or more stand on a logarithmic scale. */
enum { LAYOUT_LOG = 8 };

struct layout {
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

void layout_init(struct layout *layout, const struct bench_results *results);
void layout_release(struct layout *layout);

/* Which value of that sweep (not the first) the line has; the last sweep's
 * turns fastest. */
size_t layout_value(const struct layout *layout, size_t line, size_t sweep);

/* "mode=multi window=256KiB", "" for the only line; the caller frees it. */
char *layout_name(const struct layout *layout, size_t line);

/* NULL where there was no good run. */
const struct bench_row *layout_point(const struct layout *layout, size_t line,
    size_t value);
bool layout_has_points(const struct layout *layout, size_t line);

/*
 * How far the lines stand apart at one place of the axis: bars stand side by
 * side, points a little apart so that their error bars do not hide each other.
 */
double layout_share(const struct layout *layout);

/* The value that comes n_done-th from the left, which need not be the sweep's
 * order. */
size_t layout_next(const struct layout *layout, size_t n_done);

#endif
