#include "infer/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct rows {
    const struct head *head;
    struct line_format format;
    size_t n_lines, max_line_bytes;
    struct splitter *splitter;
    size_t at;     /* in the head, of the next line */
    uint64_t line; /* its number in the file */
    size_t n_taken;
    struct span columns[ROWS_MOST_COLUMNS];
};

struct rows *
rows_new(const struct head *head, const struct line_format *format,
    size_t n_lines, size_t max_line_bytes)
{
    struct rows *rows = mem_zero(1, sizeof(*rows));

    rows->head = head;
    rows->format = *format;
    rows->n_lines = n_lines;
    rows->max_line_bytes = max_line_bytes;
    rows->splitter = splitter_new(&rows->format);
    rows_rewind(rows);
    return rows;
}

void
rows_free(struct rows *rows)
{
    if (!rows)
        return;
    splitter_free(rows->splitter);
    free(rows);
}

void
rows_rewind(struct rows *rows)
{
    rows->at = 0;
    rows->line = 1;
    rows->n_taken = 0;
}

static bool
ends_line(char byte)
{
    return byte == '\n' || byte == '\r';
}

static bool
is_blank(const char *at, const char *end)
{
    for (; at < end; at++)
        if (*at != ' ' && *at != '\t')
            return false;
    return true;
}

/* Behind the quote that closes what one before `at` opened; NULL: none does. */
static const char *
close_quote(const char *at, const char *end)
{
    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        if (at + 1 == end || at[1] != '"')
            return at + 1;
        at += 2;
    }
    return NULL;
}

/* So near to where the head was cut off, a quote may be closed after that. */
enum { NEAR_END_BYTES = 64 << 10 };

/* Where the line ends that begins here; `end` when nothing ends it. */
static const char *
find_end(const struct rows *rows, const char *start, const char *end)
{
    const char *at = start, *first = NULL, *close;
    const char *most = (size_t)(end - start) > rows->max_line_bytes
                           ? start + rows->max_line_bytes
                           : end;
    bool begins = true; /* a column */

    for (; at < end && !ends_line(*at); at++) {
        if (begins && *at == '"' && rows->format.has_quotes) {
            first = at;
            close = at < most ? close_quote(at + 1, most) : NULL;
            if (!close && !rows->head->is_all && end - at < NEAR_END_BYTES)
                return end;
            if (!close || (close < end && !ends_line(*close) &&
                              *close != rows->format.delimiter))
                break;
            at = close - 1;
            first = NULL;
        }
        begins = *at == rows->format.delimiter;
    }
    if (!first && (size_t)(at - start) <= rows->max_line_bytes)
        return at;
    /* never closed or by a wrong quote, or too long: it ends at its first line
     * end */
    for (at = start; at < end && !ends_line(*at); at++)
        continue;
    return at;
}

/* Takes the line end at hand, if there is one. */
static const char *
skip_end(const char *at, const char *end)
{
    if (at + 1 < end && at[0] == '\r' && at[1] == '\n')
        return at + 2;
    return at < end ? at + 1 : end;
}

/* Ends of lines in a line: they are in quotes. */
static size_t
count_ends(const char *at, const char *end)
{
    size_t n = 0;

    for (; at < end; at++)
        n += *at == '\n' || (*at == '\r' && !(at + 1 < end && at[1] == '\n'));
    return n;
}

static bool
begins_with_quote(const struct rows *rows, const char *start, const char *end)
{
    const char *at = start;

    if (!rows->format.has_quotes)
        return false;
    for (; (at = memchr(at, '"', (size_t)(end - at))) != NULL; at++)
        if (at == start || at[-1] == rows->format.delimiter)
            return true;
    return false;
}

/* Cuts a line. */
static void
cut(struct rows *rows, struct table_row *row, const char *start,
    const char *stop)
{
    size_t n_bytes = (size_t)(stop - start);
    const char *why;

    row->columns = rows->columns;
    row->n_columns = 0;
    row->has_quotes = begins_with_quote(rows, start, stop);
    if (n_bytes > rows->max_line_bytes) {
        row->why = "too long";
    } else if (memchr(start, '\0', n_bytes)) {
        row->why = "a NUL byte";
    } else {
        row->why = "wrong quotes";
        row->n_columns = split_line(rows->splitter, start, n_bytes,
            rows->columns, ROWS_MOST_COLUMNS, &why);
    }
}

bool
rows_next(struct rows *rows, struct table_row *row)
{
    const char *end = rows->head->bytes + rows->head->n_bytes;
    const char *start, *stop;

    while (rows->at < rows->head->n_bytes && rows->n_taken < rows->n_lines) {
        start = rows->head->bytes + rows->at;
        stop = find_end(rows, start, end);
        if (stop == end && !rows->head->is_all)
            return false; /* cut in two, or in the middle of its CRLF */
        rows->at = (size_t)(skip_end(stop, end) - rows->head->bytes);
        row->line = rows->line;
        rows->n_taken++;
        rows->line += 1 + count_ends(start, stop);
        if (is_blank(start, stop))
            continue;
        cut(rows, row, start, stop);
        return true;
    }
    return false;
}
