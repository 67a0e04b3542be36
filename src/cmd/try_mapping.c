#include "cmd/try_mapping.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "infer/head.h"
#include "load/line_item.h"
#include "record/mapping.h"
#include "record/record.h"
#include "source/lines.h"

enum { BLOCK_LINES = 256 };

struct trying {
    const struct settings *settings;
    const struct mapping *mapping;
    struct column_map *map;
    struct record *record;
    struct line_block block;
    uint64_t n_lines;
    struct tried *out;
};

static enum reason
try_line(struct trying *trying, size_t i, const char **detail)
{
    const struct line *line = &trying->block.lines[i];
    struct line_item found;
    enum reason reason;

    *detail = "";
    if (line->fault != LINE_WHOLE)
        return REASON_BAD_LINE;
    reason =
        line_item_read(trying->record, NULL, trying->settings->input.strict,
            trying->block.text + line->at, line->n_bytes, &found);
    *detail = found.detail;
    return reason;
}

static int
try_block(struct trying *trying, struct err *err)
{
    const struct line_block *block = &trying->block;
    struct tried *out = trying->out;
    const char *detail;

    for (size_t i = 0; i < block->n_lines; i++) {
        const struct line *line = &block->lines[i];
        const char *text = block->text + line->at;
        enum reason reason;

        if (column_map_wants_line(trying->map)) {
            if (column_map_read(trying->map, text, line->n_bytes, err))
                return -1;
            continue;
        }
        if (record_is_blank(text, line->n_bytes))
            continue;
        out->lines++;
        reason = try_line(trying, i, &detail);
        if (reason == REASON_NONE || out->rejected++ > 0)
            continue;
        out->first_line = line_number(block, i);
        out->reason = reason;
        snprintf(out->detail, sizeof(out->detail), "%s", detail);
    }
    return 0;
}

/* A file that ends too early was reported when it was first read. */
static int
try_lines(struct trying *trying, struct line_reader *reader, struct err *err)
{
    enum source_state state = SOURCE_MORE;
    struct err broken;
    uint64_t n = 0;

    while (state == SOURCE_MORE && n < trying->n_lines) {
        if (trying->n_lines - n < BLOCK_LINES)
            trying->block.room_lines = (size_t)(trying->n_lines - n);
        state = line_reader_fill(reader, &trying->block, &broken);
        n += trying->block.n_lines;
        if (try_block(trying, err))
            return -1;
    }
    return 0;
}

static int
try_file(struct trying *trying, int fd, struct err *err)
{
    const struct line_format *format = mapping_line_format(trying->mapping);
    struct line_block *block = &trying->block;
    struct source *source =
        source_open(fd, -1, trying->settings->input.inflate);
    struct line_reader *reader =
        line_reader_new(source, trying->settings->input.max_line_bytes);
    struct head_limit limit = head_limit_of(source, trying->n_lines);
    int status;

    source_stop_when(source, head_is_over, &limit);
    block->room_bytes = line_room(trying->settings->input.max_line_bytes);
    block->text = mem_new(block->room_bytes);
    block->room_lines = BLOCK_LINES;
    block->lines = mem_new(BLOCK_LINES * sizeof(*block->lines));
    if (format->has_quotes) {
        line_reader_quotes(reader, format->delimiter);
        block->numbers = mem_new(BLOCK_LINES * sizeof(*block->numbers));
    }
    trying->map = column_map_new(mapping_columns(trying->mapping));
    trying->record = record_new(trying->mapping, trying->map);
    status = try_lines(trying, reader, err);
    record_free(trying->record);
    column_map_free(trying->map);
    free(block->text);
    free(block->lines);
    free(block->numbers);
    line_reader_free(reader);
    source_close(source);
    return status;
}

int
try_mapping(const struct settings *settings, const char *mapping_path,
    const char *data_path, uint64_t n_lines, struct tried *out, struct err *err)
{
    struct mapping_choice choice = {.path = mapping_path};
    struct mapping *mapping = mapping_open(&choice, err);
    struct trying trying = {.settings = settings,
        .mapping = mapping,
        .n_lines = n_lines,
        .out = out};
    int fd, status = -1;

    *out = (struct tried){0};
    if (!mapping)
        return -1;
    fd = open(data_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        err_set_errno(err, ERR_IO, "%s", data_path);
    else {
        status = try_file(&trying, fd, err);
        close(fd);
    }
    mapping_free(mapping);
    return status;
}
