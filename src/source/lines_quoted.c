/*
 * Lines of csv: line ends in quotes are text.
 *
 * A quote that is never closed must not swallow the file. So a line that has
 * line ends in it is given up when it is longer than max_line_bytes, when text
 * comes right after a quote that ends a column, or when it is not closed at
 * the end of the file: its first part alone is a line (with a quote that is
 * open at its end, for others to judge), and the next part begins another one.
 * What is known of the parts makes that cheap: when a quote is open at the end
 * of that next part, too, the line goes on just as the first one did, to where
 * it was given up. So each part is looked at twice at most, whatever the text.
 */
#include "base/mem.h"
#include "source/line_reader.h"

void
quoting_open(struct quoting *quoting, size_t start)
{
    quoting->n_passed = 0;
    quoting->part = quoting->part > start ? quoting->part - start : 0;
    quoting->quote = quoting->quote > start ? quoting->quote - start : 0;
}

void
quoting_number(const struct quoting *quoting, struct line_block *block)
{
    if (block->numbers)
        block->numbers[block->n_lines] = quoting->n_passed;
}

/* ------------------------------------------------------------- quotes --- */

/* How a part ends: with a quote open, or with all closed; or wrong ones are in
 * it, and it is not looked at further. */
enum end { CLOSED, OPEN, WRONG };

/* The quote at `at` opens a column or closes it, is the first of two in a
 * column, or text. Returns what follows it. */
static const char *
pass_quote(const char *at, const char *begin, const char *end, char delimiter,
    enum end *state)
{
    const char *next = at + 1;

    if (*state == CLOSED)
        *state = at == begin || at[-1] == delimiter ? OPEN : CLOSED;
    else if (next < end && *next == '"')
        next++;
    else
        *state = next == end || *next == delimiter ? CLOSED : WRONG;
    return next;
}

/* The end of a part that begins a line. */
static enum end
judge_first(const char *begin, const char *end, char delimiter)
{
    const char *at = begin;
    enum end state = CLOSED;

    while (state != WRONG && (at = memchr(at, '"', (size_t)(end - at))))
        at = pass_quote(at, begin, end, delimiter, &state);
    return state;
}

/* That of the last part of the line at hand, which ends at `at`. */
static enum end
judge_last(struct line_reader *reader, const char *text, size_t at)
{
    struct quoting *quoting = &reader->quoting;
    enum end state = quoting->is_open ? OPEN : CLOSED;
    const char *next;

    /* looked for ahead, as line ends are */
    if (quoting->quote < quoting->part)
        quoting->quote = find_byte(reader, text, quoting->part, '"');
    while (state != WRONG && quoting->quote < at) {
        next = pass_quote(text + quoting->quote, text + quoting->part,
            text + at, quoting->delimiter, &state);
        quoting->quote = find_byte(reader, text, (size_t)(next - text), '"');
    }
    return state;
}

/* ---------------------------------------------------------- giving up --- */

/* The first part of the line at hand is a line. */
static void
put_first_part(struct line_reader *reader, struct line_block *block, size_t at)
{
    struct quoting *quoting = &reader->quoting;

    quoting_number(quoting, block);
    put_line(reader, block, at, LINE_WHOLE);
    if (block->text[at] == '\r' && at + 1 < quoting->part &&
        block->text[at + 1] == '\n')
        at++;
    reader->start = at + 1;
    quoting->n_ends--;
    quoting->n_passed++;
}

static size_t
first_end(const struct line_reader *reader, const char *text)
{
    size_t at = reader->start;

    while (text[at] != '\n' && text[at] != '\r')
        at++;
    must(at < reader->quoting.part);
    return at;
}

static void
give_up(struct line_reader *reader, struct line_block *block)
{
    put_first_part(reader, block, first_end(reader, block->text));
    reader->quoting.is_redoing = true;
}

/* Finds out how far the line goes that begins with the second part of one that
 * was given up, while there is a place for lines. */
static void
redo(struct line_reader *reader, struct line_block *block)
{
    struct quoting *quoting = &reader->quoting;
    const char *text = block->text;
    size_t at;

    while (quoting->is_redoing && block->n_lines < block->room_lines) {
        if (quoting->n_ends == 0) {
            /* the last part is all that is left, and begins a line */
            quoting->is_open = quoting->is_wrong = false;
            quoting->quote = find_byte(reader, text, quoting->part, '"');
            quoting->is_redoing = false;
            return;
        }
        at = first_end(reader, text);
        if (judge_first(text + reader->start, text + at, quoting->delimiter) ==
            OPEN)
            quoting->is_redoing = false; /* up to the last part, then */
        else
            put_first_part(reader, block, at);
    }
}

/* ----------------------------------------------------------- splitting --- */

/*
 * The line at hand ends, or goes on after the line end at `at`. False: it has
 * to be given up.
 */
static bool
pass_part(struct line_reader *reader, struct line_block *block, size_t at)
{
    struct quoting *quoting = &reader->quoting;
    enum end state = CLOSED;

    /* what is dropped of a long line cannot be judged */
    if (!reader->is_long && at - reader->start <= reader->max_line_bytes)
        state = quoting->is_wrong ? WRONG : judge_last(reader, block->text, at);
    quoting->is_wrong = state == WRONG && quoting->n_ends;
    if (quoting->is_wrong)
        return false;
    if (state != OPEN) {
        quoting_number(quoting, block);
        put_line(reader, block, at, LINE_WHOLE);
        quoting->n_passed += (uint32_t)quoting->n_ends + 1;
    }
    pass_end(reader, block->text, at);
    quoting->part = reader->scanned;
    quoting->is_open = state == OPEN;
    if (state == OPEN) {
        quoting->n_ends++;
        return true;
    }
    quoting->n_ends = 0;
    reader->start = reader->scanned;
    return true;
}

/* All text is there, and no line end after the line at hand. Has that to be
 * given up? */
static bool
ends_open(struct line_reader *reader, const char *text)
{
    struct quoting *quoting = &reader->quoting;

    if (quoting->n_ends == 0)
        return false;
    /* once: it may be long, and the end of many lines in turn */
    if (quoting->part < reader->end) {
        quoting->is_open = judge_last(reader, text, reader->end) != CLOSED;
        quoting->part = reader->end;
    }
    return quoting->is_open;
}

static void
begin_part(struct line_reader *reader, const char *text)
{
    struct quoting *quoting = &reader->quoting;

    if (reader->wants_lf && reader->scanned < reader->end) {
        if (text[reader->scanned] == '\n') {
            if (reader->start == quoting->part)
                reader->start++;
            quoting->part = ++reader->scanned;
        }
        reader->wants_lf = false;
    }
    look_for_ends(reader, text);
    /* what was not found so far may be in the text that is new */
    if (quoting->quote < quoting->part)
        quoting->quote = quoting->part;
    if (quoting->quote < reader->end)
        quoting->quote = find_byte(reader, text, quoting->quote, '"');
}

void
split_quoted(struct line_reader *reader, struct line_block *block,
    bool is_whole)
{
    struct quoting *quoting = &reader->quoting;
    size_t at;

    begin_part(reader, block->text);
    for (;;) {
        redo(reader, block);
        if (block->n_lines == block->room_lines)
            return;
        at = reader->lf < reader->cr ? reader->lf : reader->cr;
        if (quoting->n_ends && at - reader->start > reader->max_line_bytes) {
            give_up(reader, block);
        } else if (at < reader->end) {
            if (!pass_part(reader, block, at))
                give_up(reader, block);
        } else {
            reader->scanned = at;
            if (!is_whole || !ends_open(reader, block->text))
                return;
            give_up(reader, block);
        }
    }
}
