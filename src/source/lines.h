/*
 * Chunks -> whole lines, straight into the caller's buffer.
 *
 * A line ends in LF, CRLF or a bare CR, also mixed; the last one may end in
 * nothing. A byte order mark at the start of the file is dropped. A line
 * longer than max_line_bytes is cut there, marked LINE_TOO_LONG (or, when all
 * of it was spaces and tabs, stays a blank line), and reading goes on at the
 * next one, so memory is bounded whatever the file holds. When the source
 * breaks off, its unfinished last line is marked LINE_CUT_OFF.
 *
 * Where quotes mean something (csv), a line goes on after the line ends that
 * are in them; but one that is too long then, never closed, or closed with
 * text right after it, ends at its first line end, and reading goes on there.
 *
 * One reader belongs to one thread. Lines point into the caller's text
 * buffer; the reader keeps only the tail that belongs to the next fill.
 */
#ifndef SOURCE_LINES_H
#define SOURCE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "source/source.h"

enum line_fault { LINE_WHOLE, LINE_TOO_LONG, LINE_CUT_OFF };

struct line {
    uint32_t at; /* bytes from the start of the text */
    uint32_t n_bytes : 30;
    uint32_t fault : 2; /* enum line_fault */
};

/* What one fill is put into. Owned by the caller. */
struct line_block {
    char *text;
    size_t room_bytes; /* at least line_room() */
    struct line *lines;
    size_t room_lines;
    size_t n_lines;      /* out */
    uint64_t first_line; /* out: number in the file, from 1, of lines[0] */
    /* of csv, out: how many line ends of the file are between that one and
     * each line; room_lines of them, or NULL when not wanted */
    uint32_t *numbers;
    uint64_t text_bytes; /* out: bytes of text these lines took, ends and all */
};

/* The number in the file, from 1, of the block's line i. */
static inline uint64_t
line_number(const struct line_block *block, size_t i)
{
    return block->first_line + (block->numbers ? block->numbers[i] : i);
}

struct line_reader;

/* The least room_bytes that a block must have for such lines. */
size_t line_room(size_t max_line_bytes);

/* The source stays the caller's. max_line_bytes: from 1 to below 1 GiB. */
struct line_reader *line_reader_new(struct source *source,
    size_t max_line_bytes);
void line_reader_free(struct line_reader *reader);

/* Before the first fill: the text is csv with this delimiter. */
void line_reader_quotes(struct line_reader *reader, char delimiter);

/*
 * Fills the block until room_lines whole lines are there, the text's room is
 * used up, or the source does not go on. Returns SOURCE_MORE when there may be
 * more lines, else what the source said (SOURCE_STOPPED: the lines so far are
 * whole, calling again is allowed); lines may have come with it.
 */
enum source_state line_reader_fill(struct line_reader *reader,
    struct line_block *block, struct err *err);

#endif
