/*
 * The line reader against a splitter so simple that it must be right, over
 * all small texts, in every chunking, and over long lines and long texts.
 * The source is a script that stands in this file.
 */
// LDFLAGS: -Wl,--wrap=source_read
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
};

struct wants {
    struct want *lines;
    size_t n, room;
};

static bool
is_all_blank(const char *text, size_t n)
{
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    return n == 0;
}

static void
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
    *want = (struct want){at, n, fault};
    if (n <= max)
        return;
    want->n_bytes = max;
    if (fault == LINE_WHOLE && is_all_blank(text + at, n))
        want->n_bytes = 0;
    else if (fault == LINE_WHOLE)
        want->fault = LINE_TOO_LONG;
}

static void
split_simply(struct wants *wants, const char *text, size_t n, size_t max,
    enum source_state end)
{
    size_t at = 0;

    wants->n = 0;
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        at = 3;
    for (size_t i = at; i < n; i++) {
        if (text[i] != '\r' && text[i] != '\n')
            continue;
        want_line(wants, text, at, i - at, max, LINE_WHOLE);
        if (text[i] == '\r' && i + 1 < n && text[i + 1] == '\n')
            i++;
        at = i + 1;
    }
    if (at < n)
        want_line(wants, text, at, n - at, max,
            end == SOURCE_END ? LINE_WHOLE : LINE_CUT_OFF);
}

/* --- blocks whose last byte is followed by none ----------------------------
 */
struct pages {
    char *start;
    size_t n_bytes;
};

static char *
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
    struct pages pages[3];
};

static void
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
    }
}

static void
blocks_release(struct blocks *blocks)
{
    for (size_t i = 0; i < 3; i++) {
        free(blocks->block[i].lines);
        mem_pages_free(blocks->pages[i].start, blocks->pages[i].n_bytes);
    }
}

/* --- the comparison ------------------------------------------------------- */
static void
check_lines(const struct script *script, const struct line_block *block,
    const struct want *want)
{
    for (size_t i = 0; i < block->n_lines; i++) {
        const struct line *line = &block->lines[i];

        assert_int_equal(line->fault, want[i].fault);
        assert_int_equal(line->n_bytes, want[i].n_bytes);
        assert_true(line->at + line->n_bytes <= block->room_bytes);
        assert_memory_equal(block->text + line->at, script->text + want[i].at,
            line->n_bytes);
    }
}

static void
check_script(struct script script, struct blocks *blocks, size_t max_line,
    struct wants *wants)
{
    struct line_reader *reader;
    size_t n = 0, n_fills = 0;
    uint64_t text_bytes = 0;
    enum source_state state;
    struct err err = {0};

    split_simply(wants, script.text, script.n, max_line, script.end);
    reader = line_reader_new((struct source *)&script, max_line);
    do {
        struct line_block *block = &blocks->block[n_fills++ % 3];

        state = line_reader_fill(reader, block, &err);
        assert_int_equal(block->first_line, n + 1);
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
static void
check_text(const char *text, size_t n, const size_t *chunks, size_t n_chunks,
    struct blocks *blocks, size_t max_line, struct wants *wants)
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
            script.chunk_bytes = chunks[c];
            check_script(script, blocks, max_line, wants);
        }
    }
}

/* --- all small texts ------------------------------------------------------ */
static void
over_small_texts(const char *start, const char *letters, size_t most)
{
    static const size_t chunks[] = {0, 1, 2, 3, 5};
    static const size_t max_lines[] = {1, 3, 100}, room_lines[] = {1, 2, 50};
    size_t n_letters = strlen(letters), n_start = strlen(start);
    struct wants wants = {0};
    char text[20];

    for (size_t m = 0; m < 3; m++) {
        struct blocks blocks;

        blocks_init(&blocks, max_lines[m], room_lines[m]);
        for (size_t n = 0; n <= most; n++) {
            size_t n_texts = 1;

            for (size_t i = 0; i < n; i++)
                n_texts *= n_letters;
            for (size_t t = 0; t < n_texts; t++) {
                size_t rest = t;

                memcpy(text, start, n_start);
                for (size_t i = 0; i < n; i++, rest /= n_letters)
                    text[n_start + i] = letters[rest % n_letters];
                check_text(text, n_start + n, chunks, 5, &blocks, max_lines[m],
                    &wants);
            }
        }
        blocks_release(&blocks);
    }
    free(wants.lines);
}

static void
test_all_small_texts(void **unused)
{
    (void)unused;
    over_small_texts("", "a \r\n", 5);
    over_small_texts("", "\r\n", 8);
}

static void
test_byte_order_mark(void **unused)
{
    static const char *const starts[] = {
        "\xef\xbb\xbf",
        "\xef",
        "\xef\xbb",
        "\xef\xbb\xbf\xef\xbb\xbf",
        "a\xef\xbb\xbf",
        "\n\xef\xbb\xbf",
        "\xbb\xbf",
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        over_small_texts(starts[i], "a\r\n", 3);
}

/* --- what the table in the contract says, written out --------------------- */
static void
test_kinds_of_lines(void **unused)
{
    static const struct {
        const char *text;
        enum source_state end;
        size_t n;
        struct {
            const char *text;
            enum line_fault fault;
        } lines[4];
    } rows[] = {
        {"", SOURCE_END, 0, {{0}}},
        {"", SOURCE_TRUNCATED, 0, {{0}}},
        {"\xef\xbb\xbf", SOURCE_END, 0, {{0}}},
        {"\xef\xbb\xbf", SOURCE_CORRUPT, 0, {{0}}},
        {"\n", SOURCE_END, 1, {{"", LINE_WHOLE}}},
        {"a", SOURCE_END, 1, {{"a", LINE_WHOLE}}},
        {"a", SOURCE_TRAILING, 1, {{"a", LINE_CUT_OFF}}},
        {" ", SOURCE_UNREADABLE, 1, {{" ", LINE_CUT_OFF}}},
        {"a\n", SOURCE_TRUNCATED, 1, {{"a", LINE_WHOLE}}},
        {"a\r", SOURCE_TRUNCATED, 1, {{"a", LINE_WHOLE}}},
        {"a\nb\r\nc\rd", SOURCE_END, 4,
            {{"a", LINE_WHOLE}, {"b", LINE_WHOLE}, {"c", LINE_WHOLE},
                {"d", LINE_WHOLE}}},
        {"a\n\r\rb", SOURCE_CORRUPT, 4,
            {{"a", LINE_WHOLE}, {"", LINE_WHOLE}, {"", LINE_WHOLE},
                {"b", LINE_CUT_OFF}}},
        {"12345678\n123456789\nx", SOURCE_END, 3,
            {{"12345678", LINE_WHOLE}, {"12345678", LINE_TOO_LONG},
                {"x", LINE_WHOLE}}},
        {"123456789", SOURCE_END, 1, {{"12345678", LINE_TOO_LONG}}},
        {"123456789", SOURCE_TRUNCATED, 1, {{"12345678", LINE_CUT_OFF}}},
        {"         ", SOURCE_TRUNCATED, 1, {{"        ", LINE_CUT_OFF}}},
        {"\t\t\t\t     \t\rx", SOURCE_END, 2,
            {{"", LINE_WHOLE}, {"x", LINE_WHOLE}}},
        {"            1\r\nx", SOURCE_END, 2,
            {{"        ", LINE_TOO_LONG}, {"x", LINE_WHOLE}}},
    };
    struct blocks blocks;

    (void)unused;
    blocks_init(&blocks, 8, 10);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script script = {.text = rows[i].text,
            .n = strlen(rows[i].text),
            .end = rows[i].end};
        struct line_reader *reader =
            line_reader_new((struct source *)&script, 8);
        struct line_block *block = &blocks.block[2];
        struct err err;

        assert_int_equal(line_reader_fill(reader, block, &err), rows[i].end);
        assert_int_equal(block->n_lines, rows[i].n);
        for (size_t k = 0; k < rows[i].n; k++) {
            const char *want = rows[i].lines[k].text;

            assert_int_equal(block->lines[k].fault, rows[i].lines[k].fault);
            assert_int_equal(block->lines[k].n_bytes, strlen(want));
            assert_memory_equal(block->text + block->lines[k].at, want,
                strlen(want));
        }
        line_reader_free(reader);
    }
    blocks_release(&blocks);
}

/* --- long lines ----------------------------------------------------------- */
static void
add_line(struct text *text, char byte, size_t n, const char *end)
{
    char run[4096];

    memset(run, byte, sizeof(run));
    for (size_t some; n > 0; n -= some) {
        some = n < sizeof(run) ? n : sizeof(run);
        text_add(text, run, some);
    }
    text_add(text, end, strlen(end));
}

static void
test_long_lines(void **unused)
{
    static const size_t max_lines[] = {100, 5000, 270000};
    static const size_t chunks[] = {0, 65536, 5000, 333};
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    struct wants wants = {0};
    struct text text = {0};

    (void)unused;
    for (size_t m = 0; m < 3; m++) {
        size_t max = max_lines[m];
        struct blocks blocks;

        blocks_init(&blocks, max, 3);
        for (size_t e = 0; e < (max > 5000 ? 1 : 3); e++) {
            text_clear(&text);
            add_line(&text, 'a', max - 1, ends[e]);
            add_line(&text, 'b', max, ends[e]);
            add_line(&text, 'c', max + 1, ends[e]);
            add_line(&text, 'd', max * 3, ends[e]);
            add_line(&text, ' ', max, ends[e]);
            add_line(&text, ' ', max + 1, ends[e]);
            add_line(&text, '\t', max * 3, ends[e]);
            add_line(&text, ' ', max * 2, "");
            add_line(&text, 'e', 1, ends[e]); /* not blank, at last */
            add_line(&text, 'f', 5, "");
            add_line(&text, ' ', max * 2, ends[e]);
            add_line(&text, 'g', 300000, ends[e]);
            add_line(&text, ' ', 300000, ends[e]);
            add_line(&text, 'h', 3, ends[e]);
            add_line(&text, 'i', max * 2, "");
            check_text(text.data, text.n_bytes, chunks, 4, &blocks, max,
                &wants);
        }
        blocks_release(&blocks);
    }
    text_release(&text);
    free(wants.lines);
}

/* --- long texts: room and places run out at all kinds of points ------------
 */
static void
test_long_texts(void **unused)
{
    static const size_t chunks[] = {0, 4096, 99991};
    static const size_t room_lines[] = {1, 300, 20000};
    static const char *const ends[] = {"\n", "\r\n", "\r", NULL};
    struct wants wants = {0};
    struct text text = {0};
    struct rng rng;

    (void)unused;
    rng_init(&rng, 9);
    for (size_t e = 0; e < 4; e++) {
        text_clear(&text);
        while (text.n_bytes < 1 << 20) {
            const char *end = ends[e] ? ends[e] : ends[rng_below(&rng, 3)];
            size_t n = rng_below(&rng, 50) ? rng_below(&rng, 600)
                                           : rng_below(&rng, 20000);

            add_line(&text, 'x', n, end);
        }
        for (size_t r = 0; r < 3; r++) {
            struct blocks blocks;

            blocks_init(&blocks, 10000, room_lines[r]);
            check_text(text.data, text.n_bytes, chunks, 3, &blocks, 10000,
                &wants);
            blocks_release(&blocks);
        }
    }
    text_release(&text);
    free(wants.lines);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_small_texts),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_kinds_of_lines),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_long_texts),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
