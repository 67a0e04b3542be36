/*
 * The texts of progress, made from its numbers; where and when they are shown
 * is progress.c's. Pure functions.
 */
#ifndef REPORT_PROGRESS_TEXT_H
#define REPORT_PROGRESS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "report/progress_view.h"

/*
 * Bars for a terminal: titles, a line for each running file, one for the
 * total; each ends in a line feed and takes fewer than `width` columns, and
 * there are fewer lines than `height`. What does not fit is left out: first
 * columns, then files. Returns the number of lines, and in *columns how wide
 * they are: all alike.
 */
size_t progress_bars(struct text *out, const struct progress_view *view,
    size_t width, size_t height, bool has_colours, size_t *columns);

/* The same in one plain line. */
void progress_line(struct text *out, const struct progress_view *view);

#endif
