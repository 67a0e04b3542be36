/*
 * What the line reader's two halves share: lines.c, which reads and splits at
 * line ends, and lines_quoted.c, for which some of these are in quotes.
 */
#ifndef SOURCE_LINE_READER_H
#define SOURCE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "source/lines.h"

/* A line's length must fit struct line. */
enum { MOST_LINE_BYTES = 1 << 30 };

/*
 * Where quotes mean something (csv). A line's parts are what is between
 * the line ends in it; the last one is looked at for quotes when its end is
 * found. Offsets are into the block's text.
 */
struct quoting {
    bool is_on;
    char delimiter;
    bool is_open;      /* a quote is open where the last part begins, */
    bool is_wrong;     /* and then those of that part are wrong */
    bool is_redoing;   /* the line before was given up: what its other parts are
                          if the second one begins a line is not known yet */
    size_t part;       /* the last part of the line at hand begins here */
    size_t quote;      /* the first one from there on is not before this */
    size_t n_ends;     /* line ends in the line at hand, up to its last part */
    uint32_t n_passed; /* in the block, before the line at hand */
};

struct line_reader {
    struct source *source;
    size_t max_line_bytes;
    uint64_t n_lines;        /* of the file, so far */
    enum source_state state; /* what the source said last, */
    struct err err;          /* and this with it */
    bool is_begun;           /* the file's first bytes were looked at */

    /* offsets into the block's text */
    size_t start;   /* of the line at hand */
    size_t scanned; /* no line ends between start and this, */
    size_t end;     /* and here the text ends */
    size_t lf, cr;  /* the first ones at or after scanned, or end */

    bool wants_lf; /* the last byte was a CR: an LF now is its second half */

    /* the line at hand is longer than max_line_bytes; what comes after them
     * is dropped */
    bool is_long;
    bool is_blank;          /* all of it, so far */
    uint64_t dropped_bytes; /* that are not in the text any more */

    /* what was read too much: the next fills take it bit by bit, before they
     * read on, so that small blocks do not copy it again and again */
    char *tail;
    size_t tail_room, tail_at, tail_end;
    size_t line_bytes; /* of a line, on average in the last fill */

    struct quoting quoting;
};

/* --- one line ------------------------------------------------------------- */
static inline bool
is_blank(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] != ' ' && text[i] != '\t')
            return false;
    return true;
}

/* The part of the line at hand that was not looked at for blanks, up to at. */
static inline bool
stays_blank(const struct line_reader *reader, const char *text, size_t at)
{
    size_t from = reader->start;

    if (reader->is_long)
        from += reader->max_line_bytes;
    return reader->is_blank && is_blank(text + from, at - from);
}

/* The line at hand ends at the offset `at`. */
static inline void
put_line(struct line_reader *reader, struct line_block *block, size_t at,
    enum line_fault fault)
{
    struct line *line = &block->lines[block->n_lines++];
    size_t n = at - reader->start;

    if (n > reader->max_line_bytes || reader->is_long) {
        n = reader->max_line_bytes;
        if (fault == LINE_WHOLE) {
            if (stays_blank(reader, block->text, at))
                n = 0;
            else
                fault = LINE_TOO_LONG;
        }
        block->text_bytes += reader->dropped_bytes;
        reader->dropped_bytes = 0;
        reader->is_long = false;
        reader->is_blank = true;
    }
    line->at = (uint32_t)reader->start;
    line->n_bytes = n & (MOST_LINE_BYTES - 1);
    line->fault = fault & 3;
}

/* --- line ends ------------------------------------------------------------ */
static inline size_t
find_byte(const struct line_reader *reader, const char *text, size_t from,
    char byte)
{
    const char *at = memchr(text + from, byte, reader->end - from);

    return at ? (size_t)(at - text) : reader->end;
}

/* Both are looked for ahead and remembered, so that a text that has only one
 * kind of line ends is not searched for the other at every line. */
static inline void
look_for_ends(struct line_reader *reader, const char *text)
{
    reader->lf = find_byte(reader, text, reader->scanned, '\n');
    reader->cr = find_byte(reader, text, reader->scanned, '\r');
}

/* Goes past the line end at the offset `at`. */
static inline void
pass_end(struct line_reader *reader, const char *text, size_t at)
{
    reader->scanned = at + 1;
    if (at == reader->cr) {
        reader->wants_lf = at + 1 == reader->end;
        if (at + 1 == reader->lf && !reader->wants_lf)
            reader->scanned++;
        reader->cr = find_byte(reader, text, reader->scanned, '\r');
    }
    if (reader->lf < reader->scanned)
        reader->lf = find_byte(reader, text, reader->scanned, '\n');
}

/* --- lines_quoted.c ------------------------------------------------------- */
/* Takes lines until no end of a line is left, or no room for one. is_whole: the
 * text up to the end of a source that did not break off is there. */
void split_quoted(struct line_reader *reader, struct line_block *block,
    bool is_whole);

/* The next block's text begins where the line at hand does. */
void quoting_open(struct quoting *quoting, size_t start);

/* Notes the number of the line at hand, which is put next. */
void quoting_number(const struct quoting *quoting, struct line_block *block);

#endif
