/*
 * Is a file's first line a heading, the names of its columns?
 *
 * new/free own a copy of the line. One thread.
 */
#ifndef INFER_HEADER_H
#define INFER_HEADER_H

#include "infer/guess_result.h"
#include "infer/rows.h"

struct heading;

struct heading *heading_new(const struct row *row);
void heading_free(struct heading *heading);

/* By what was seen of the lines behind it, sets the guess's header. */
void heading_judge(const struct heading *heading, struct guess *guess);

/* Names the guess's columns and fields, by the header as it was judged. */
void heading_name(const struct heading *heading, struct guess *guess);

#endif
