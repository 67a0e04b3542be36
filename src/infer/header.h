/*
 * Is a file's first line a header, the names of its columns?
 *
 * new/free own a copy of the line. One thread.
 */
#ifndef INFER_HEADER_H
#define INFER_HEADER_H

#include "infer/guess_result.h"
#include "infer/rows.h"

struct header_row;

struct header_row *header_row_new(const struct table_row *row);
void header_row_free(struct header_row *header_row);

/* Sets the guess's header, by what was seen of the lines after it. */
void header_judge(const struct header_row *header_row, struct guess *guess);

/* Names the guess's columns and fields, by the header as it was judged. */
void header_name_columns(const struct header_row *header_row,
    struct guess *guess);

#endif
