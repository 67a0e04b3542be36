/*
 * The lines of a file, read as its mapping says.
 *
 * Quotes mean something in csv; the first line of a file that has a header is
 * no record: the names of the columns are read from it, or it is skipped. It
 * is taken out of the block it came in, so that whoever gets that one finds
 * records alone; their numbers stay those of the file.
 *
 * They belong to the thread that reads. Once a fill has given lines, columns
 * and header are frozen, and any thread may look at them.
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
 * come back without lines. -1: the header is none for this mapping (ERR_USAGE,
 * without the file's name), and nothing can be read.
 */
int mapped_lines_fill(struct mapped_lines *lines, struct line_block *block,
    enum source_state *state, struct err *err);

const struct column_map *mapped_lines_columns(const struct mapped_lines *lines);

/*
 * What another file of such lines has to begin with to be read like this one;
 * NULL: nothing.
 */
const char *mapped_lines_header(const struct mapped_lines *lines,
    size_t *n_bytes);

#endif
