/*
 * The line reader against a splitter so simple that it must be right. The
 * source is a script that stands in this file: whoever includes it links with
 * --wrap=source_read.
 */
#ifndef UNIT_LINE_CHECKS_H
#define UNIT_LINE_CHECKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "gz_samples.h"
#include "source/lines.h"

enum { DEADLINE_S = 300 };

/* --- the source ----------------------------------------------------------- */
struct script {
    const char *text;
    size_t n;
    size_t chunk_bytes; /* at most, a call; 0: what there is room for */
    enum source_state end;
    bool ends_with_bytes; /* the end comes with the last chunk */
    unsigned stop_every;  /* call; 0: never */
    bool stops_with_bytes;
    char delimiter; /* of csv; 0: quotes mean nothing */

    size_t done;
    unsigned n_calls;
};

enum source_state __wrap_source_read(struct source *source, char *buffer,
    size_t room, size_t *n_bytes, struct err *err);

enum source_state
__wrap_source_read(struct source *source, char *buffer, size_t room,
    size_t *n_bytes, struct err *err)
{
    struct script *script = (struct script *)source;
    size_t n = script->n - script->done;
    bool stops =
        script->stop_every && ++script->n_calls % script->stop_every == 0;

    must(room > 0);
    *n_bytes = 0;
    if (n == 0) {
        err_set(err, ERR_DATA, "the end");
        return script->end;
    }
    if (stops && !script->stops_with_bytes)
        return SOURCE_STOPPED;
    if (n > room)
        n = room;
    if (script->chunk_bytes && n > script->chunk_bytes)
        n = script->chunk_bytes;
    memcpy(buffer, script->text + script->done, n);
    script->done += n;
    *n_bytes = n;
    if (stops)
        return SOURCE_STOPPED;
    if (script->done < script->n || !script->ends_with_bytes)
        return SOURCE_MORE;
    err_set(err, ERR_DATA, "the end");
    return script->end;
}

/* --- the splitter that must be right -------------------------------------- */
struct want {
    size_t at, n_bytes;
    enum line_fault fault;
    uint64_t number;
};

struct wants {
    struct want *lines;
    size_t n, room;
    uint64_t number; /* of the next */
};

static inline bool
is_all_blank(const char *text, size_t n)
{
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    return n == 0;
}

static inline void
want_line(struct wants *wants, const char *text, size_t at, size_t n,
    size_t max, enum line_fault fault)
{
    struct want *want;

    if (wants->n == wants->room) {
        wants->room = wants->room * 2 + 16;
        wants->lines =
            mem_grow(wants->lines, wants->room, sizeof(*wants->lines));
    }
    want = &wants->lines[wants->n++];
    *want = (struct want){at, n, fault, wants->number++};
    if (n <= max)
        return;
    want->n_bytes = max;
    if (fault == LINE_WHOLE && is_all_blank(text + at, n))
        want->n_bytes = 0;
    else if (fault == LINE_WHOLE)
        want->fault = LINE_TOO_LONG;
}

/* Is a quote open behind the part, when it was open (or not) before? Are they
 * wrong? */
static inline bool
simply_open(const char *text, size_t n, char delimiter, bool is_open,
    bool *is_wrong)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] != '"')
            continue;
        if (!is_open)
            is_open = i == 0 || text[i - 1] == delimiter;
        else if (i + 1 < n && text[i + 1] == '"')
            i++;
        else if (i + 1 == n || text[i + 1] == delimiter)
            is_open = false;
        else
            *is_wrong = true;
    }
    return is_open;
}

static inline size_t
simple_end(const char *text, size_t n, size_t at)
{
    while (at < n && text[at] != '\r' && text[at] != '\n')
        at++;
    return at;
}

static inline size_t
behind_end(const char *text, size_t n, size_t end)
{
    if (text[end] == '\r' && end + 1 < n && text[end + 1] == '\n')
        end++;
    return end + 1;
}

/*
 * Of a line that begins at `at` and goes on behind its first end: where its
 * last part ends, or that first end when it has to be given up.
 */
static inline size_t
quoted_end(const struct script *script, size_t max, size_t at, size_t *n_ends)
{
    const char *text = script->text;
    size_t n = script->n, part = at, end, first = simple_end(text, n, at);
    bool is_open = false, is_wrong = false;

    for (*n_ends = 0;; ++*n_ends) {
        end = simple_end(text, n, part);
        if (end - at > max)
            break;
        is_open = simply_open(text + part, end - part, script->delimiter,
            is_open, &is_wrong);
        if (end == n && script->end != SOURCE_END)
            return end;
        if (is_wrong && *n_ends)
            break;
        if (is_wrong || !is_open)
            return end;
        if (end == n)
            break;
        part = behind_end(text, n, end);
    }
    *n_ends = 0;
    return first;
}

static inline void
split_simply(struct wants *wants, const struct script *script, size_t max)
{
    const char *text = script->text;
    size_t n = script->n, at = 0, end, n_ends = 0;
    enum line_fault last =
        script->end == SOURCE_END ? LINE_WHOLE : LINE_CUT_OFF;

    wants->n = 0;
    wants->number = 1;
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        at = 3;
    while (at < n) {
        end = script->delimiter ? quoted_end(script, max, at, &n_ends)
                                : simple_end(text, n, at);
        want_line(wants, text, at, end - at, max, end < n ? LINE_WHOLE : last);
        wants->number += n_ends;
        at = end < n ? behind_end(text, n, end) : n;
    }
}

/* --- blocks whose last byte is followed by none ----------------------------
 */
struct pages {
    char *start;
    size_t n_bytes;
};

static inline char *
guarded(struct pages *pages, size_t n_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (n_bytes + page - 1) / page * page;

    pages->n_bytes = whole + page;
    pages->start = mem_pages(pages->n_bytes);
    must(mprotect(pages->start + whole, page, PROT_NONE) == 0);
    return pages->start + whole - n_bytes;
}

struct blocks {
    struct line_block block[3]; /* used in turns, of different sizes */
    uint32_t *numbers[3];
    struct pages pages[3];
};

static inline void
blocks_init(struct blocks *blocks, size_t max_line, size_t room_lines)
{
    static const size_t more[] = {0, 100000, 1 << 20};

    for (size_t i = 0; i < 3; i++) {
        struct line_block *block = &blocks->block[i];

        *block =
            (struct line_block){.room_bytes = line_room(max_line) + more[i],
                .room_lines = room_lines + i % 2};
        block->text = guarded(&blocks->pages[i], block->room_bytes);
        block->lines = mem_zero(block->room_lines, sizeof(block->lines[0]));
        blocks->numbers[i] = mem_zero(block->room_lines, sizeof(uint32_t));
    }
}

static inline void
blocks_release(struct blocks *blocks)
{
    for (size_t i = 0; i < 3; i++) {
        free(blocks->block[i].lines);
        free(blocks->numbers[i]);
        mem_pages_free(blocks->pages[i].start, blocks->pages[i].n_bytes);
    }
}

/* --- the comparison ------------------------------------------------------- */
static inline void
check_lines(const struct script *script, const struct line_block *block,
    const struct want *want)
{
    for (size_t i = 0; i < block->n_lines; i++) {
        const struct line *line = &block->lines[i];

        assert_int_equal(line_number(block, i), want[i].number);
        assert_int_equal(line->fault, want[i].fault);
        assert_int_equal(line->n_bytes, want[i].n_bytes);
        assert_true(line->at + line->n_bytes <= block->room_bytes);
        assert_memory_equal(block->text + line->at, script->text + want[i].at,
            line->n_bytes);
    }
}

static inline void
check_script(struct script script, struct blocks *blocks, size_t max_line,
    struct wants *wants)
{
    struct line_reader *reader;
    size_t n = 0, n_fills = 0;
    uint64_t text_bytes = 0;
    enum source_state state;
    struct err err = {0};

    split_simply(wants, &script, max_line);
    reader = line_reader_new((struct source *)&script, max_line);
    if (script.delimiter)
        line_reader_quotes(reader, script.delimiter);
    do {
        struct line_block *block = &blocks->block[n_fills % 3];

        block->numbers = script.delimiter ? blocks->numbers[n_fills % 3] : NULL;
        n_fills++;
        state = line_reader_fill(reader, block, &err);
        assert_in_range(block->n_lines, 0, block->room_lines);
        assert_true(n + block->n_lines <= wants->n);
        check_lines(&script, block, wants->lines + n);
        n += block->n_lines;
        text_bytes += block->text_bytes;
        /* no fill is empty that says there is more */
        assert_true(block->n_lines > 0 || state != SOURCE_MORE);
    } while (state == SOURCE_MORE || state == SOURCE_STOPPED);
    assert_int_equal(state, script.end);
    assert_int_equal(n, wants->n);
    assert_int_equal(text_bytes, script.n);
    assert_string_equal(err.text, "the end");

    err.text[0] = '\0';
    assert_int_equal(line_reader_fill(reader, &blocks->block[0], &err),
        script.end);
    assert_int_equal(blocks->block[0].n_lines, 0);
    assert_int_equal(blocks->block[0].text_bytes, 0);
    assert_string_equal(err.text, "the end");
    line_reader_free(reader);
}

/* Every way to end, stop and be cut into chunks. */
static inline void
check_quoted(const char *text, size_t n, char delimiter, const size_t *chunks,
    size_t n_chunks, struct blocks *blocks, size_t max_line,
    struct wants *wants)
{
    static const struct script kinds[] = {
        {.end = SOURCE_END},
        {.end = SOURCE_END, .ends_with_bytes = true, .stop_every = 2},
        {.end = SOURCE_TRUNCATED, .ends_with_bytes = true},
        {.end = SOURCE_CORRUPT, .stop_every = 3, .stops_with_bytes = true},
    };

    for (size_t c = 0; c < n_chunks; c++) {
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
            struct script script = kinds[k];

            script.text = text;
            script.n = n;
            script.delimiter = delimiter;
            script.chunk_bytes = chunks[c];
            check_script(script, blocks, max_line, wants);
        }
    }
}

static inline void
check_text(const char *text, size_t n, const size_t *chunks, size_t n_chunks,
    struct blocks *blocks, size_t max_line, struct wants *wants)
{
    check_quoted(text, n, 0, chunks, n_chunks, blocks, max_line, wants);
}

#endif
