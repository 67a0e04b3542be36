/*
 * record/split: a line's columns, tsv and csv, against a reading byte by byte;
 * and as a header, which names columns or says why not.
 *
 * Head: the format, room for columns. Rest: the line.
 */
// FUZZ: -max_len=512
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "record/column_map.h"

enum { MOST = 600 };

/* The columns byte by byte, one behind the other in the text; where each ends.
 * 0 columns: quotes are wrong. */
static size_t
split_slowly(const struct line_format *format, const char *line, size_t n,
    struct text *out, size_t ends[MOST])
{
    enum { BEGIN, PLAIN, QUOTED, BEHIND } state = BEGIN;
    size_t n_columns = 0;

    for (size_t i = 0; i <= n; i++) {
        bool is_end = i == n || line[i] == format->delimiter;
        bool is_quote = i < n && line[i] == '"' && format->has_quotes;

        if (state == QUOTED && !is_quote) {
            if (i == n)
                return 0;
            text_add(out, line + i, 1);
        } else if (state == QUOTED) {
            state = BEHIND;
        } else if (state == BEHIND && is_quote) {
            text_add(out, "\"", 1);
            state = QUOTED;
        } else if (is_end) {
            ends[n_columns++] = out->n_bytes;
            state = BEGIN;
        } else if (state == BEHIND) {
            return 0;
        } else if (state == BEGIN && is_quote) {
            state = QUOTED;
        } else {
            text_add(out, line + i, 1);
            state = PLAIN;
        }
    }
    return n_columns;
}

static void
check_columns(const struct line_format *format, const char *line, size_t n,
    size_t room)
{
    struct splitter *splitter = splitter_new(format);
    size_t ends[MOST], n_columns, n_found, begin = 0;
    struct span spans[MOST];
    struct text text = {0};
    const char *why = NULL;

    n_columns = split_slowly(format, line, n, &text, ends);
    n_found = split_line(splitter, line, n, spans, room, &why);
    must(n_found == n_columns);
    must(n_found > 0 || (why && *why));
    for (size_t i = 0; i < n_columns && i < room; i++) {
        must(spans[i].n_bytes == ends[i] - begin);
        must(spans[i].n_bytes == 0 ||
             memcmp(spans[i].at, text.data + begin, spans[i].n_bytes) == 0);
        begin = ends[i];
    }
    splitter_free(splitter);
    text_release(&text);
}

static void
check_header(const struct line_format *format, const char *line, size_t n)
{
    static const char *const needed[] = {"id", "lat"};
    struct column_spec spec = {
        .format = *format, .needed = needed, .n_needed = 2};
    struct column_map *map = column_map_new(&spec);
    struct err err = {0};

    if (column_map_read(map, line, n, &err)) {
        must(err.code == ERR_USAGE && err.text[0]);
    } else {
        for (size_t i = 0; i < 2; i++)
            must(strcmp(column_map_name(map, column_map_at(map, i)),
                     needed[i]) == 0);
    }
    column_map_free(map);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct line_format formats[] = {
        {'\t', false}, {',', true}, {';', true}, {' ', true}};
    struct feed feed = {data, n};
    const struct line_format *format = &formats[feed_byte(&feed) % 4];
    size_t room = feed_byte(&feed);
    char *line = mem_new(feed.n);

    if (feed.n > 0)
        memcpy(line, feed.at, feed.n);
    if (feed.n < MOST) {
        check_columns(format, line, feed.n, room);
        check_header(format, line, feed.n);
    }
    free(line);
    return 0;
}
