/*
 * A line's columns.
 *
 * tsv: cut at the delimiter, nothing else means anything. csv (RFC 4180): a
 * column that begins with a quote ends with one, "" in it is a quote, and
 * delimiters and line ends in it are text. A quote anywhere else is text.
 *
 * A splitter belongs to one thread; the spans it hands out point into the line
 * or, for csv columns with "" in them, into its own buffer, until the next
 * line.
 */
#ifndef RECORD_SPLIT_H
#define RECORD_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "value/scalar.h"

struct line_format {
    char delimiter;
    bool has_quotes; /* csv */
};

struct splitter;

struct splitter *splitter_new(const struct line_format *format);
void splitter_free(struct splitter *splitter);

/*
 * The columns of the line, as many as there is room for, into out. Returns how
 * many there are, which may be more than room; 0, with *why, when quotes are
 * wrong: "no quote at the end of column 3" …, a static text.
 */
size_t split_line(struct splitter *splitter, const char *line, size_t n_bytes,
    struct span *out, size_t room, const char **why);

#endif
