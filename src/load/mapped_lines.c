#include "load/mapped_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct mapped_lines {
    const struct column_spec *spec;
    struct line_reader *reader;
    struct column_map *columns;
    char *header; /* NULL: none, or not yet */
    size_t header_bytes;
};

struct mapped_lines *
mapped_lines_new(struct source *source, const struct column_spec *spec,
    size_t max_line_bytes)
{
    struct mapped_lines *lines = mem_zero(1, sizeof(*lines));

    lines->spec = spec;
    lines->reader = line_reader_new(source, max_line_bytes);
    lines->columns = column_map_new(spec);
    if (spec->format.has_quotes)
        line_reader_quotes(lines->reader, spec->format.delimiter);
    return lines;
}

void
mapped_lines_free(struct mapped_lines *lines)
{
    if (!lines)
        return;
    line_reader_free(lines->reader);
    column_map_free(lines->columns);
    free(lines->header);
    free(lines);
}

/* Would a file that begins with this line be read as if it did? */
static bool
is_fit_to_begin(const struct column_spec *spec, const char *line,
    size_t n_bytes)
{
    struct splitter *splitter = splitter_new(&spec->format);
    const char *why;
    bool is_fit = !memchr(line, '\0', n_bytes) &&
                  split_line(splitter, line, n_bytes, NULL, 0, &why) > 0;

    splitter_free(splitter);
    return is_fit;
}

/* A header that is skipped may be anything, and so may what replaces it. */
static void
keep_header(struct mapped_lines *lines, const char *line, size_t n_bytes)
{
    if (!is_fit_to_begin(lines->spec, line, n_bytes))
        n_bytes = 0;
    lines->header = mem_new(n_bytes);
    lines->header_bytes = n_bytes;
    memcpy(lines->header, line, n_bytes);
}

static void
drop_first_line(struct line_block *block)
{
    size_t n = --block->n_lines;

    memmove(block->lines, block->lines + 1, n * sizeof(*block->lines));
    if (block->numbers)
        memmove(block->numbers, block->numbers + 1,
            n * sizeof(*block->numbers));
    else
        block->first_line++;
}

static int
take_header(struct mapped_lines *lines, struct line_block *block,
    struct err *err)
{
    const struct line line = block->lines[0];
    const char *text = block->text + line.at;

    drop_first_line(block);
    /* the file broke off in it, which is reported, and no line follows it */
    if (line.fault == LINE_CUT_OFF)
        return 0;
    if (line.fault == LINE_TOO_LONG && !lines->spec->names) {
        err_set(err, ERR_USAGE,
            "the first line, which names the columns, is longer than "
            "--max-line");
        return -1;
    }
    if (column_map_read(lines->columns, text, line.n_bytes, err))
        return -1;
    keep_header(lines, text, line.n_bytes);
    return 0;
}

int
mapped_lines_fill(struct mapped_lines *lines, struct line_block *block,
    enum source_state *state, struct err *err)
{
    *state = line_reader_fill(lines->reader, block, err);
    if (block->n_lines == 0 || !column_map_wants_line(lines->columns))
        return 0;
    return take_header(lines, block, err);
}

const struct column_map *
mapped_lines_columns(const struct mapped_lines *lines)
{
    return lines->columns;
}

const char *
mapped_lines_header(const struct mapped_lines *lines, size_t *n_bytes)
{
    *n_bytes = lines->header_bytes;
    return lines->header;
}
