/*
 * The lines of a file, read as its mapping says.
 *
 * In csv, quotes are interpreted. Where the file has a header, its first line
 * is not a record: the names of the columns are read from it, or it is skipped.
 * It is taken out of its block, which then holds records alone, numbered as in
 * the file.
 *
 * Belongs to the thread that reads. Once a fill has returned lines, columns and
 * header do not change any more, and any thread may read them.
 */
#ifndef LOAD_MAPPED_LINES_H
#define LOAD_MAPPED_LINES_H

#include <stddef.h>

#include "base/err.h"
#include "record/column_map.h"
#include "source/lines.h"

struct mapped_lines;

/* All outlive it. */
struct mapped_lines *mapped_lines_new(struct source *source,
    const struct column_spec *spec, size_t max_line_bytes);
void mapped_lines_free(struct mapped_lines *lines);

/*
 * line_reader_fill(), its state in *state, but for the header; a block may
 * come back without lines. -1: the header does not fit the mapping (ERR_USAGE,
 * without the file's name), and nothing can be read.
 */
int mapped_lines_fill(struct mapped_lines *lines, struct line_block *block,
    enum source_state *state, struct err *err);

const struct column_map *mapped_lines_columns(const struct mapped_lines *lines);

/*
 * The line that another file must begin with to be read like this one; NULL: it
 * needs none.
 */
const char *mapped_lines_header(const struct mapped_lines *lines,
    size_t *n_bytes);

#endif
