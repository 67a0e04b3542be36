/*
 * source/lines: text in pieces -> lines, against a splitter that sees all of
 * the text at once and can hardly be wrong.
 *
 * Head: limits, ways to end and to stop, tsv or csv, how often the text stands
 * in the source (so that small inputs fill blocks), piece sizes. Rest: text.
 */
// LDFLAGS: -Wl,--wrap=source_read
// FUZZ: -max_len=2048
#include "fuzz/fuzz.h"
#include "source/lines.h"

enum { MOST_TEXT_BYTES = 256 << 10, MOST_QUOTED_BYTES = 8 << 10 };

/* --- the source: a script --------------------------------------------------*/
struct script {
    char *text;
    size_t n, done;
    struct pieces pieces;
    enum source_state end;
    bool ends_with_bytes;  /* the end comes with the last piece */
    bool stops_with_bytes; /* likewise a stop */
    unsigned stop_every;   /* call; 0: never */
    unsigned n_calls;
};

static const char end_text[] = "the end";

enum source_state __wrap_source_read(struct source *source, char *buffer,
    size_t room, size_t *n_bytes, struct err *err);

enum source_state
__wrap_source_read(struct source *source, char *buffer, size_t room,
    size_t *n_bytes, struct err *err)
{
    struct script *script = (struct script *)source;
    size_t left = script->n - script->done;
    bool stops =
        script->stop_every && ++script->n_calls % script->stop_every == 0;

    must(room > 0);
    *n_bytes = 0;
    if (left > 0 && stops && !script->stops_with_bytes)
        return SOURCE_STOPPED;
    if (left > 0) {
        *n_bytes = next_piece(&script->pieces, left < room ? left : room);
        memcpy(buffer, script->text + script->done, *n_bytes);
        script->done += *n_bytes;
        if (stops)
            return SOURCE_STOPPED;
        if (script->done < script->n || !script->ends_with_bytes)
            return SOURCE_MORE;
    }
    err_set(err, ERR_DATA, end_text);
    return script->end;
}

/* --- the splitter ----------------------------------------------------------*/
struct want {
    size_t at, n_bytes;
    enum line_fault fault;
    uint64_t number;
};

/* Where the splitter stands; it makes one line a call. */
struct splitter {
    const char *text;
    size_t n, at, max_line_bytes;
    enum source_state end;
    bool has_quotes;
    uint64_t n_ends; /* passed */
};

static bool
is_blank(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] != ' ' && text[i] != '\t')
            return false;
    return true;
}

static size_t
next_end(const struct splitter *splitter, size_t at)
{
    const char *text = splitter->text;

    while (at < splitter->n && text[at] != '\n' && text[at] != '\r')
        at++;
    return at;
}

static size_t
behind(const struct splitter *splitter, size_t end)
{
    if (end == splitter->n)
        return end;
    return end + (end + 1 < splitter->n &&
                             memcmp(splitter->text + end, "\r\n", 2) == 0
                         ? 2
                         : 1);
}

/* Is a quote open at the end of the part, when it was (or not) before? Are
 * they wrong? */
static bool
is_open(const char *text, size_t n, bool open, bool *is_wrong)
{
    for (size_t i = 0; i < n && !*is_wrong; i++) {
        if (text[i] != '"')
            continue;
        if (!open)
            open = i == 0 || text[i - 1] == ',';
        else if (i + 1 < n && text[i + 1] == '"')
            i++;
        else if (i + 1 == n || text[i + 1] == ',')
            open = false;
        else
            *is_wrong = true;
    }
    return open;
}

/* The end of the line that begins at `at`: each is looked for anew. */
static size_t
line_end(struct splitter *splitter, size_t at)
{
    size_t end = next_end(splitter, at), first = end, part = at;
    bool open = false, is_wrong = false;

    splitter->n_ends++;
    if (!splitter->has_quotes)
        return end;
    for (uint64_t n = 0; end - at <= splitter->max_line_bytes; n++) {
        open = is_open(splitter->text + part, end - part, open, &is_wrong);
        if ((end == splitter->n && splitter->end != SOURCE_END) ||
            (!open && !is_wrong)) {
            splitter->n_ends += n;
            return end;
        }
        if (end == splitter->n || is_wrong)
            break;
        part = behind(splitter, end);
        end = next_end(splitter, part);
    }
    return first;
}

static bool
split_next(struct splitter *splitter, struct want *want)
{
    const char *text = splitter->text;
    size_t at = splitter->at, end;

    if (at == 0 && splitter->n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        at = 3;
    if (at == splitter->n)
        return false;
    want->number = splitter->n_ends + 1;
    end = line_end(splitter, at);
    want->at = at;
    want->n_bytes = end - at;
    want->fault = LINE_WHOLE;
    if (end == splitter->n && splitter->end != SOURCE_END)
        want->fault = LINE_CUT_OFF;
    if (want->n_bytes > splitter->max_line_bytes) {
        want->n_bytes = splitter->max_line_bytes;
        if (want->fault == LINE_WHOLE) {
            if (is_blank(text + at, end - at))
                want->n_bytes = 0;
            else
                want->fault = LINE_TOO_LONG;
        }
    }
    splitter->at = behind(splitter, end);
    return true;
}

/* --- the comparison --------------------------------------------------------*/
static void
check_block(const struct line_block *block, struct splitter *splitter)
{
    struct want want;

    must(block->n_lines <= block->room_lines);
    for (size_t i = 0; i < block->n_lines; i++) {
        const struct line *line = &block->lines[i];

        must(split_next(splitter, &want));
        must(line_number(block, i) == want.number);
        must((size_t)line->at + line->n_bytes <= block->room_bytes);
        must(line->fault == want.fault);
        must(line->n_bytes == want.n_bytes);
        must(memcmp(block->text + line->at, splitter->text + want.at,
                 want.n_bytes) == 0);
    }
}

static void
check(struct script *script, struct line_block *block, size_t max_line_bytes,
    bool has_quotes)
{
    struct splitter splitter = {.text = script->text,
        .n = script->n,
        .max_line_bytes = max_line_bytes,
        .end = script->end,
        .has_quotes = has_quotes};
    struct line_reader *reader =
        line_reader_new((struct source *)script, max_line_bytes);
    uint64_t text_bytes = 0;
    enum source_state state;
    struct err err;
    struct want want;

    if (has_quotes)
        line_reader_quotes(reader, ',');
    do {
        state = line_reader_fill(reader, block, &err);
        must(block->n_lines > 0 || state != SOURCE_MORE);
        check_block(block, &splitter);
        text_bytes += block->text_bytes;
    } while (state == SOURCE_MORE || state == SOURCE_STOPPED);
    must(state == script->end);
    must(strcmp(err.text, end_text) == 0);
    must(!split_next(&splitter, &want));
    must(text_bytes == script->n);

    /* and so it stays */
    must(line_reader_fill(reader, block, &err) == script->end);
    must(block->n_lines == 0 && block->text_bytes == 0);
    line_reader_free(reader);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const size_t max_lines[] = {1, 2, 3, 7, 64, 1000, 5000, 70000};
    static const size_t room_lines[] = {1, 2, 3, 100, 5000, 20000};
    static const size_t more_room[] = {0, 1, 1000, 70000};
    static const unsigned times[] = {1, 1, 1, 2, 3, 10, 60, 600};
    static const unsigned stops[] = {0, 2, 3, 7};
    static const enum source_state ends[] = {
        SOURCE_END, SOURCE_TRUNCATED, SOURCE_CORRUPT, SOURCE_UNREADABLE};
    struct feed feed = {data, n};
    struct script script = {0};
    struct line_block block = {0};
    unsigned flags = feed_byte(&feed), sizes = feed_byte(&feed);
    size_t max_line_bytes = max_lines[sizes % 8], repeats;
    bool has_quotes = flags & 0x40;

    script.end = ends[flags % 4];
    script.ends_with_bytes = flags & 4;
    script.stops_with_bytes = flags & 8;
    script.stop_every = stops[flags >> 4 & 3];
    repeats = times[feed_byte(&feed) % 8];
    block.room_lines = room_lines[feed_byte(&feed) % 6];
    feed_pieces(&feed, &script.pieces);

    if (feed.n * repeats > MOST_TEXT_BYTES)
        repeats = 1;
    if (has_quotes && feed.n * repeats > MOST_QUOTED_BYTES)
        repeats = 1;
    script.n = feed.n * repeats;
    script.text = mem_new(script.n);
    for (size_t i = 0; i < repeats && feed.n > 0; i++)
        memcpy(script.text + i * feed.n, feed.at, feed.n);
    block.room_bytes = line_room(max_line_bytes) + more_room[sizes >> 4 & 3];
    block.text = mem_new(block.room_bytes);
    block.lines = mem_zero(block.room_lines, sizeof(*block.lines));
    if (has_quotes)
        block.numbers = mem_zero(block.room_lines, sizeof(*block.numbers));
    check(&script, &block, max_line_bytes, has_quotes);
    free(block.numbers);
    free(block.lines);
    free(block.text);
    free(script.text);
    return 0;
}
