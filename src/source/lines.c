#include "source/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/line_reader.h"

/*
 * A fill reads in steps: each is inflated, summed and split while its bytes
 * are in the cache. Inflating and splitting 94 MB of real-shaped lines, MB/s
 * of text (medians, L2 1 MiB), by step:
 *
 *         64 KiB  128 KiB  256 KiB  512 KiB  1 MiB
 * ISA-L      596      608      619      621    625
 * zlib       253      274      279      280    285
 */
enum {
    MOST_STEP_BYTES = 256 << 10,
    LEAST_STEP_BYTES = 64 << 10, /* less than that left: the room is used up */
    TAIL_STEP_BYTES = 1 << 10,   /* the least step when it is only a copy */
};

/* What a line takes until we know: the real ones have 313. */
enum { FIRST_LINE_BYTES = 512 };

static const char byte_order_mark[] = "\xef\xbb\xbf";
enum { MARK_BYTES = 3 };

size_t
line_room(size_t max_line_bytes)
{
    /* the mark, or half a line end, may come before the first line */
    return max_line_bytes + LEAST_STEP_BYTES + MARK_BYTES + 1;
}

struct line_reader *
line_reader_new(struct source *source, size_t max_line_bytes)
{
    struct line_reader *reader = mem_zero(1, sizeof(*reader));

    must(max_line_bytes > 0 && max_line_bytes < MOST_LINE_BYTES);
    reader->source = source;
    reader->max_line_bytes = max_line_bytes;
    reader->is_blank = true;
    reader->line_bytes = FIRST_LINE_BYTES;
    return reader;
}

void
line_reader_free(struct line_reader *reader)
{
    if (!reader)
        return;
    free(reader->tail);
    free(reader);
}

void
line_reader_quotes(struct line_reader *reader, char delimiter)
{
    must(!reader->is_begun);
    reader->quoting.is_on = true;
    reader->quoting.delimiter = delimiter;
}

/* The line at hand has no end yet: memory must not grow with it. */
static void
drop_excess(struct line_reader *reader, const char *text)
{
    size_t keep = reader->start + reader->max_line_bytes;

    if (reader->end <= keep)
        return;
    reader->is_blank = stays_blank(reader, text, reader->end);
    reader->is_long = true;
    reader->dropped_bytes += reader->end - keep;
    reader->end = reader->scanned = keep;
    if (reader->quoting.quote > keep)
        reader->quoting.quote = keep;
}

/* --- splitting ------------------------------------------------------------ */
static bool
is_final(enum source_state state)
{
    return state != SOURCE_MORE && state != SOURCE_STOPPED;
}

/* Is all of the source in the block? */
static bool
is_last(const struct line_reader *reader)
{
    return is_final(reader->state) && reader->tail_at == reader->tail_end;
}

/* Takes lines until no end of a line is left, or no room for one. */
static void
split(struct line_reader *reader, struct line_block *block)
{
    const char *text = block->text;
    size_t at;

    if (reader->quoting.is_on) {
        split_quoted(reader, block,
            is_last(reader) && reader->state == SOURCE_END);
        return;
    }
    if (reader->wants_lf && reader->scanned < reader->end) {
        if (text[reader->scanned] == '\n')
            reader->start = ++reader->scanned;
        reader->wants_lf = false;
    }
    look_for_ends(reader, text);
    while (block->n_lines < block->room_lines) {
        at = reader->lf < reader->cr ? reader->lf : reader->cr;
        if (at == reader->end) {
            reader->scanned = at;
            return;
        }
        put_line(reader, block, at, LINE_WHOLE);
        pass_end(reader, text, at);
        reader->start = reader->scanned;
    }
}

/*
 * Drops the mark from the file's start. False: so far it may be one, more
 * bytes will tell.
 */
static bool
begin(struct line_reader *reader, const char *text)
{
    size_t n = reader->end < MARK_BYTES ? reader->end : MARK_BYTES;

    if (memcmp(text, byte_order_mark, n) == 0) {
        if (n < MARK_BYTES && !is_last(reader))
            return false;
        if (n == MARK_BYTES)
            reader->start = reader->scanned = reader->quoting.part = n;
    }
    reader->is_begun = true;
    return true;
}

/* --- a fill --------------------------------------------------------------- */
static void
open_block(struct line_reader *reader, struct line_block *block)
{
    size_t kept = reader->scanned - reader->start;

    must(block->room_bytes >= line_room(reader->max_line_bytes));
    must(block->room_bytes <= UINT32_MAX && block->room_lines > 0);
    block->n_lines = 0;
    block->first_line = reader->n_lines + 1;
    block->text_bytes = 0;
    quoting_open(&reader->quoting, reader->start);
    /* the part of the line at hand that was scanned comes in one piece */
    if (kept > 0)
        memcpy(block->text, reader->tail + reader->tail_at, kept);
    reader->tail_at += kept;
    reader->start = 0;
    reader->scanned = reader->end = kept;
    if (reader->state == SOURCE_STOPPED)
        reader->state = SOURCE_MORE;
}

static void
close_block(struct line_reader *reader, struct line_block *block)
{
    size_t n = reader->end - reader->start;

    block->text_bytes += reader->start;
    reader->n_lines +=
        reader->quoting.is_on ? reader->quoting.n_passed : block->n_lines;
    if (block->n_lines > 0)
        reader->line_bytes = reader->start / block->n_lines + 1;
    /* either all in the block is from the tail, or the tail is used up */
    if (n > reader->tail_at) {
        must(reader->tail_at == reader->tail_end);
        if (n > reader->tail_room) {
            free(reader->tail);
            reader->tail_room = n;
            reader->tail = mem_new(n);
        }
        reader->tail_at = reader->tail_end = n;
    }
    reader->tail_at -= n;
    if (n > 0)
        memcpy(reader->tail + reader->tail_at, block->text + reader->start, n);
}

/*
 * As much as the lines still wanted will take, by the length of the last ones:
 * what is read too much has to be copied.
 */
static size_t
step_bytes(const struct line_reader *reader, const struct line_block *block,
    size_t least)
{
    size_t left = block->room_bytes - reader->end;
    size_t places = block->room_lines - block->n_lines;
    size_t want = MOST_STEP_BYTES;

    if (places < MOST_STEP_BYTES / reader->line_bytes)
        want = places * reader->line_bytes;
    if (want < least)
        want = least;
    return want < left ? want : left;
}

static void
read_more(struct line_reader *reader, struct line_block *block)
{
    size_t n = reader->tail_end - reader->tail_at, step;
    char *to = block->text + reader->end;

    if (n > 0) {
        step = step_bytes(reader, block, TAIL_STEP_BYTES);
        n = n < step ? n : step;
        memcpy(to, reader->tail + reader->tail_at, n);
        reader->tail_at += n;
    } else {
        step = step_bytes(reader, block, LEAST_STEP_BYTES);
        reader->state = source_read(reader->source, to, step, &n, &reader->err);
    }
    reader->end += n;
}

/* The source is at its end, all lines with an end are out. */
static void
put_last_line(struct line_reader *reader, struct line_block *block)
{
    if (reader->start == reader->end)
        return;
    if (reader->quoting.is_on)
        quoting_number(&reader->quoting, block);
    put_line(reader, block, reader->end,
        reader->state == SOURCE_END ? LINE_WHOLE : LINE_CUT_OFF);
    reader->start = reader->scanned = reader->end;
}

/* False: enough for this block. */
static bool
take_lines(struct line_reader *reader, struct line_block *block)
{
    if (!reader->is_begun && !begin(reader, block->text))
        return true;
    split(reader, block);
    if (block->n_lines == block->room_lines)
        return false;
    if (is_last(reader))
        put_last_line(reader, block);
    else
        drop_excess(reader, block->text);
    return !is_last(reader);
}

enum source_state
line_reader_fill(struct line_reader *reader, struct line_block *block,
    struct err *err)
{
    bool is_stopped = false;

    open_block(reader, block);
    while (take_lines(reader, block)) {
        is_stopped = reader->state == SOURCE_STOPPED;
        if (is_stopped || block->room_bytes - reader->end < LEAST_STEP_BYTES)
            break;
        read_more(reader, block);
    }
    close_block(reader, block);
    if (is_stopped)
        return SOURCE_STOPPED;
    if (!is_last(reader))
        return SOURCE_MORE;
    *err = reader->err;
    return reader->state;
}
