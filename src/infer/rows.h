/*
 * A text cut into lines and columns, the way a load would.
 *
 * With quotes, a line goes on over the line ends inside them; where no quote
 * closes what a quote opened, or one with text right after it, it ends at its
 * first line end (source/lines.h).
 * Blank lines are left out. The text outlives the rows; spans point into it or
 * into the cutter, until the next call. One thread.
 */
#ifndef INFER_ROWS_H
#define INFER_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "infer/head.h"
#include "record/split.h"

/* A line of more columns is looked at no further than here. */
enum { ROWS_MOST_COLUMNS = 1000 };

struct table_row {
    uint64_t line; /* its number in the file, from 1 */
    const struct span *columns;
    size_t n_columns; /* may be more than ROWS_MOST_COLUMNS; 0: it is broken: */
    const char *why;  /* "wrong quotes", "too long"; static */
    bool has_quotes;  /* the format's: one is where a column begins */
};

struct rows;

/* The first n_lines lines; the head's last one only if the file ends there. */
struct rows *rows_new(const struct head *head, const struct line_format *format,
    size_t n_lines, size_t max_line_bytes);
void rows_free(struct rows *rows);

/* The next line with anything in it; false: there is none. */
bool rows_next(struct rows *rows, struct table_row *row);
/* From the first one again. */
void rows_rewind(struct rows *rows);

#endif
