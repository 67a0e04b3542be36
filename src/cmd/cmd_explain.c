#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "cmd/explain_print.h"
#include "infer/head.h"
#include "load/line_item.h"
#include "load/load_shards.h"
#include "memc/shard_map.h"
#include "memc/router.h"
#include "record/record.h"
#include "record/split.h"
#include "settings/exit.h"
#include "source/lines.h"

/* No more columns of a line are shown, and so many lines are read at a time. */
enum { SHOWN_COLUMNS = 1000, BLOCK_LINES = 64 };

/* What all files share. */
struct explainer {
    const struct settings *settings;
    struct shards shards;
    struct router *router;
    struct splitter *splitter;
    struct span *spans; /* SHOWN_COLUMNS */
    struct line_block block;
    size_t room;
    struct text out;
};

/* What belongs to one file. */
struct explained_file {
    struct column_map *map;
    struct record *record;
    uint64_t left; /* lines to explain */
    struct explain_counts counts;
};

static void
explainer_open(struct explainer *explainer, const struct settings *settings)
{
    const struct line_format *format =
        mapping_line_format(settings->input.mapping);
    *explainer = (struct explainer){.settings = settings};
    /* in a file or a pipe values are not cut */
    explainer->room = isatty(STDOUT_FILENO) ? room_of(stdout) : UINT32_MAX;
    load_shards(&explainer->shards, settings);
    explainer->router = router_new(&explainer->shards);
    explainer->splitter = splitter_new(format);
    explainer->spans = mem_new(SHOWN_COLUMNS * sizeof(struct span));
    explainer->block.room_bytes = line_room(settings->input.max_line_bytes);
    explainer->block.text = mem_new(explainer->block.room_bytes);
    explainer->block.lines = mem_new(BLOCK_LINES * sizeof(struct line));
    if (format->has_quotes)
        explainer->block.numbers = mem_new(BLOCK_LINES * sizeof(uint32_t));
}

static void
explainer_close(struct explainer *explainer)
{
    router_free(explainer->router);
    shards_release(&explainer->shards);
    splitter_free(explainer->splitter);
    free(explainer->spans);
    free(explainer->block.text);
    free(explainer->block.lines);
    free(explainer->block.numbers);
    text_release(&explainer->out);
}

/* ----------------------------------------------------------- one line ----- */

/* The line's key, and where it goes: as far as the line says. */
static void
find_place(struct explainer *explainer, const struct record *record, int shard,
    struct explained *out)
{
    char key[KEY_MAX_BYTES];
    size_t key_bytes = record_key(record, key);

    text_add(&out->key, key, key_bytes);
    out->route = record_route(record);
    if (shard < 0)
        return;
    out->shard = explainer->shards.shard[shard].name;
    out->server = &explainer->shards.server[router_server(explainer->router,
        (size_t)shard, key, key_bytes)];
}

/* What is wrong with the line, and where. */
static void
find_fault(const struct explainer *explainer, const struct record *record,
    struct explained *out)
{
    switch (out->reason) {
    case REASON_EMPTY_KEY:
        out->culprit = out->detail;
        text_format(&out->wants, "the key needs it");
        break;
    case REASON_UNKNOWN_TYPE:
        out->culprit = mapping_route_column(explainer->settings->input.mapping);
        text_format(&out->wants, "no shard has that name");
        break;
    case REASON_BAD_NUMBER:
    case REASON_BAD_VALUE:
    case REASON_BAD_ITEM:
        out->culprit = out->detail;
        record_wants(record, &out->wants);
        break;
    default:
        break;
    }
}

static void
explain_record(struct explainer *explainer, struct explained_file *file,
    const char *text, size_t n_bytes, struct explained *out)
{
    struct record *record = file->record;
    struct line_item found;

    out->reason = line_item_read(record, &explainer->shards,
        explainer->settings->input.strict, text, n_bytes, &found);
    out->detail = found.detail;
    if (found.is_split)
        find_place(explainer, record, found.shard, out);
    if (out->reason) {
        find_fault(explainer, record, out);
        return;
    }
    out->warnings = found.warnings;
    out->value = mem_new(record_pack_room(record) + 1);
    out->value_bytes = record_pack(record, out->value);
}

/* The columns that the line has, whatever the mapping says. */
static void
find_columns(struct explainer *explainer, const char *text, size_t n_bytes,
    struct explained *out)
{
    const char *why;

    out->columns = explainer->spans;
    out->n_columns = split_line(explainer->splitter, text, n_bytes,
        explainer->spans, SHOWN_COLUMNS, &why);
    if (out->n_columns > SHOWN_COLUMNS)
        out->n_columns = SHOWN_COLUMNS;
}

static void
explain_line(struct explainer *explainer, struct explained_file *file, size_t i)
{
    const struct line_block *block = &explainer->block;
    const struct line *line = &block->lines[i];
    struct explained explained = {.line = line_number(block, i),
        .text = {block->text + line->at, line->n_bytes},
        .detail = "",
        .map = file->map};

    if (line->fault != LINE_WHOLE) {
        explained.reason = REASON_BAD_LINE;
        explained.detail =
            line->fault == LINE_CUT_OFF ? "cut off" : "longer than --max-line";
    } else if (record_is_blank(explained.text.at, line->n_bytes)) {
        explained.is_blank = true;
    } else {
        find_columns(explainer, explained.text.at, line->n_bytes, &explained);
        explain_record(explainer, file, explained.text.at, line->n_bytes,
            &explained);
    }
    explain_print(&explainer->out, explainer->settings, &explained,
        explainer->room);
    explain_count(&file->counts, &explained);
    text_release(&explained.key);
    text_release(&explained.wants);
    free(explained.value);
}

/* ------------------------------------------------------------ one file ---- */

/* The header. -1 with a message when columns are missing. */
static int
take_header(struct explainer *explainer, struct explained_file *file,
    const char *path)
{
    const struct line *line = &explainer->block.lines[0];
    struct err err;

    if (line->fault != LINE_WHOLE) {
        complain("%s: the first line, which should name the columns, is %s",
            path, line->fault == LINE_CUT_OFF ? "cut off" : "too long");
        return -1;
    }
    if (column_map_read(file->map, explainer->block.text + line->at,
            line->n_bytes, &err)) {
        complain("%s: %s", path, err.text);
        return -1;
    }
    text_format(&explainer->out, "line 1: the header, not a record\n");
    return 0;
}

/* Explains what was read. -1 with a message when the rest cannot be. */
static int
explain_block(struct explainer *explainer, struct explained_file *file,
    const char *path)
{
    const struct line_block *block = &explainer->block;

    for (size_t i = 0; i < block->n_lines && file->left > 0; i++) {
        if (column_map_wants_line(file->map)) {
            if (take_header(explainer, file, path))
                return -1;
            continue;
        }
        explain_line(explainer, file, i);
        file->left--;
        fputs(explainer->out.data ? explainer->out.data : "", stdout);
        text_clear(&explainer->out);
    }
    return 0;
}

static int
explain_lines(struct explainer *explainer, struct line_reader *reader,
    const char *path)
{
    const struct settings *settings = explainer->settings;
    struct explained_file file = {.left = settings->explain.lines};
    enum source_state state = SOURCE_MORE;
    struct err err;
    int status = EXIT_DONE;

    file.map = column_map_new(mapping_columns(settings->input.mapping));
    file.record = record_new(settings->input.mapping, file.map);
    while (state == SOURCE_MORE && file.left > 0 && status == EXIT_DONE) {
        explainer->block.room_lines =
            file.left < BLOCK_LINES ? (size_t)file.left + 1 : BLOCK_LINES;
        state = line_reader_fill(reader, &explainer->block, &err);
        if (explain_block(explainer, &file, path))
            status = EXIT_NOT_ALL;
    }
    if (source_state_reason(state)) {
        complain("%s: %s: %s", path, source_state_reason(state), err.text);
        status = EXIT_NOT_ALL;
    }
    if (state == SOURCE_STOPPED)
        complain("%s: no more of it is read than its first 64 MiB of text: a "
                 "line in it may have no end",
            path);
    if (status == EXIT_DONE || file.counts.lines > 0)
        explain_total(&explainer->out, &file.counts);
    fputs(explainer->out.data ? explainer->out.data : "", stdout);
    text_clear(&explainer->out);
    explain_counts_release(&file.counts);
    record_free(file.record);
    column_map_free(file.map);
    return status;
}

static int
explain_file(struct explainer *explainer, const char *path)
{
    const struct line_format *format =
        mapping_line_format(explainer->settings->input.mapping);
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct source *source;
    struct head_limit limit;
    struct line_reader *reader;
    int status;

    if (fd < 0) {
        complain("%s: cannot be read: %s", path, strerror(errno));
        return EXIT_NOT_ALL;
    }
    source = source_open(fd, -1, explainer->settings->input.inflate);
    limit = head_limit_of(source, explainer->settings->explain.lines);
    source_stop_when(source, head_is_over, &limit);
    reader = line_reader_new(source, explainer->settings->input.max_line_bytes);
    if (format->has_quotes)
        line_reader_quotes(reader, format->delimiter);
    status = explain_lines(explainer, reader, is_stdin ? "stdin" : path);
    line_reader_free(reader);
    source_close(source);
    if (!is_stdin)
        close(fd);
    return status;
}

int
cmd_explain(const struct settings *settings)
{
    struct explainer explainer;
    int status = EXIT_DONE;

    explainer_open(&explainer, settings);
    if (!settings->input.mapping_file)
        puts("This is the built-in record; give --mapping FILE for another.");
    for (size_t i = 0; i < settings->input.files.n; i++) {
        if (settings->input.files.n > 1)
            printf("%s%s\n", i ? "\n" : "", settings->input.files.items[i]);
        if (explain_file(&explainer, settings->input.files.items[i]) !=
            EXIT_DONE)
            status = EXIT_NOT_ALL;
    }
    explainer_close(&explainer);
    if (finish_output() != EXIT_DONE)
        status = EXIT_NO_GO;
    return status;
}
