/*
 * The line reader of csv: over all small texts, in every chunking, over random
 * larger ones, and over those that would keep a simpler one busy for ever.
 */
// LDFLAGS: -Wl,--wrap=source_read
#include "base/rng.h"
#include "base/text.h"
#include "unit/line_checks.h"

static void
over_small_texts(const char *letters, size_t most)
{
    static const size_t chunks[] = {0, 1, 2, 3};
    static const size_t max_lines[] = {1, 3, 4, 100},
                        room_lines[] = {1, 2, 3, 50};
    size_t n_letters = strlen(letters);
    struct wants wants = {0};
    char text[20];

    for (size_t m = 0; m < 4; m++) {
        struct blocks blocks;

        blocks_init(&blocks, max_lines[m], room_lines[m]);
        for (size_t n = 0; n <= most; n++) {
            size_t n_texts = 1;

            for (size_t i = 0; i < n; i++)
                n_texts *= n_letters;
            for (size_t t = 0; t < n_texts; t++) {
                size_t rest = t;

                for (size_t i = 0; i < n; i++, rest /= n_letters)
                    text[i] = letters[rest % n_letters];
                check_quoted(text, n, ',', chunks, 4, &blocks, max_lines[m],
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
    over_small_texts("a\",\r\n", 4);
    over_small_texts("\",\n", 6);
    over_small_texts("\"\n", 9);
    over_small_texts("\"\r\n", 6);
}

/* Many a line, with few of all bytes but line ends and quotes. */
static void
make_text(struct text *text, struct rng *rng, size_t n_bytes)
{
    static const char *const kinds[] = {"a\",\r\n", "aaaaaaaaaaaaaaaa\",\n",
        "aaaaaaaaaa,,,\"\"\"\n\r", "\"\"\",\n", "\"a\n"};
    const char *letters = kinds[rng_next(rng) % 5];
    size_t n_letters = strlen(letters);

    text_clear(text);
    while (text->n_bytes < n_bytes)
        text_add(text, letters + rng_next(rng) % n_letters, 1);
}

static void
test_random_texts(void **unused)
{
    static const size_t chunks[] = {0, 1, 7, 1000};
    static const size_t max_lines[] = {1, 5, 60, 300, 5000};
    struct wants wants = {0};
    struct text text = {0};
    struct rng rng;

    (void)unused;
    rng_init(&rng, 3);
    for (size_t m = 0; m < 5; m++) {
        struct blocks blocks;

        blocks_init(&blocks, max_lines[m], 1 + rng_next(&rng) % 30);
        for (size_t i = 0; i < 60; i++) {
            make_text(&text, &rng, 1 + rng_next(&rng) % 3000);
            check_quoted(text.data, text.n_bytes, ',', chunks, 4, &blocks,
                max_lines[m], &wants);
        }
        blocks_release(&blocks);
    }
    text_release(&text);
    free(wants.lines);
}

/* --- what the head of the file says, written out -------------------------- */
static void
check_rows(const char *text, enum source_state end, size_t max_line,
    const char *wanted)
{
    struct script script = {.text = text, .n = strlen(text), .end = end};
    struct line_reader *reader =
        line_reader_new((struct source *)&script, max_line);
    struct text out = {0};
    struct blocks blocks;
    struct err err;

    blocks_init(&blocks, max_line, 20);
    blocks.block[2].numbers = blocks.numbers[2];
    line_reader_quotes(reader, ';');
    assert_int_equal(line_reader_fill(reader, &blocks.block[2], &err), end);
    for (size_t i = 0; i < blocks.block[2].n_lines; i++) {
        const struct line *line = &blocks.block[2].lines[i];

        text_format(&out, "%llu[",
            (unsigned long long)line_number(&blocks.block[2], i));
        text_add(&out, blocks.block[2].text + line->at, line->n_bytes);
        text_format(&out, "]%s",
            line->fault == LINE_WHOLE      ? ""
            : line->fault == LINE_TOO_LONG ? "long"
                                           : "cut");
    }
    assert_string_equal(out.data ? out.data : "", wanted);
    text_release(&out);
    blocks_release(&blocks);
    line_reader_free(reader);
}

static void
test_line_ends_in_quotes_are_text(void **unused)
{
    (void)unused;
    check_rows("", SOURCE_END, 100, "");
    check_rows("\xef\xbb\xbf\"a\nb\"\nc", SOURCE_END, 100, "1[\"a\nb\"]3[c]");
    check_rows("a;\"b\r\nc\rd\n\";e\r\nf\n", SOURCE_END, 100,
        "1[a;\"b\r\nc\rd\n\";e]5[f]");
    check_rows("\"a\"\"\nb\"\n\"\"\nc", SOURCE_END, 100,
        "1[\"a\"\"\nb\"]3[\"\"]4[c]");
    check_rows("\"\n\n\";\"\n\";\"\n\"", SOURCE_END, 100,
        "1[\"\n\n\";\"\n\";\"\n\"]");
}

static void
test_a_quote_inside_a_column_is_text(void **unused)
{
    (void)unused;
    check_rows("a\"\nb", SOURCE_END, 100, "1[a\"]2[b]");
    check_rows("5\";6\"\n \"a\nb\"", SOURCE_END, 100,
        "1[5\";6\"]2[ \"a]3[b\"]");
    check_rows("\"a\"b\nc\"\n", SOURCE_END, 100, "1[\"a\"b]2[c\"]");
    /* of another delimiter */
    check_rows("a,\"b\nc", SOURCE_END, 100, "1[a,\"b]2[c]");
}

static void
test_an_open_quote_takes_its_line_only(void **unused)
{
    (void)unused;
    check_rows("a;\"b\nc\nd", SOURCE_END, 100, "1[a;\"b]2[c]3[d]");
    check_rows("a;\"b\nc\nd\n", SOURCE_END, 100, "1[a;\"b]2[c]3[d]");
    check_rows("\"\r\n\"\"\"\r\n\"\"\r\n", SOURCE_END, 100,
        "1[\"\r\n\"\"\"]3[\"\"]");
    /* closed with text right behind */
    check_rows("\"a\n\"b\";c\n\"c\nd\"\n", SOURCE_END, 100,
        "1[\"a]2[\"b\";c]3[\"c\nd\"]");
    check_rows("\"a\nb\n\"c\"d\"\ne", SOURCE_END, 100,
        "1[\"a]2[b]3[\"c\"d\"]4[e]");
    check_rows("\"a\"b\n\"\nc\"", SOURCE_END, 100, "1[\"a\"b]2[\"\nc\"]");
    check_rows("\"a\nb\"c", SOURCE_END, 100, "1[\"a]2[b\"c]");
    /* too long */
    check_rows("\"a\nb\nc\nd\nefgh\"\nx", SOURCE_END, 8,
        "1[\"a]2[b]3[c]4[d]5[efgh\"]6[x]");
    check_rows("\"a\nbcdef\"\nx", SOURCE_END, 8, "1[\"a]2[bcdef\"]3[x]");
    check_rows("\"a\nbcde\"\nx", SOURCE_END, 8, "1[\"a\nbcde\"]3[x]");
    check_rows("\"bcdefghi\nx\"\ny", SOURCE_END, 8,
        "1[\"bcdefgh]long2[x\"]3[y]");
}

/* What stands in quotes must not become lines because the file is damaged. */
static void
test_a_source_that_breaks_off_in_quotes(void **unused)
{
    (void)unused;
    check_rows("a\nb;\"c\nd\ne", SOURCE_TRUNCATED, 100,
        "1[a]2[b;\"c\nd\ne]cut");
    check_rows("a\nb;\"c\nd", SOURCE_CORRUPT, 4, "1[a]2[b;\"c]3[d]cut");
}

/* --- time ----------------------------------------------------------------- */

/* Seconds are enough; a reader that looks at what it gave up again and again
 * would take hours. */
static void
read_all(const struct text *text, uint64_t n_wanted)
{
    struct script script = {.text = text->data,
        .n = text->n_bytes,
        .end = SOURCE_END,
        .delimiter = ','};
    struct line_reader *reader =
        line_reader_new((struct source *)&script, 1 << 20);
    enum source_state state;
    struct blocks blocks;
    struct err err;
    uint64_t n = 0;

    blocks_init(&blocks, 1 << 20, 20000);
    line_reader_quotes(reader, ',');
    do {
        state = line_reader_fill(reader, &blocks.block[2], &err);
        n += blocks.block[2].n_lines;
    } while (state == SOURCE_MORE);
    assert_int_equal(state, SOURCE_END);
    assert_int_equal(n, n_wanted);
    line_reader_free(reader);
    blocks_release(&blocks);
}

/* They open one, whether one was open before or not: none is ever closed. */
static void
test_open_quotes_cost_no_time(void **unused)
{
    static const char *const lines[] = {
        "\",x\",y,\"\n", "\",x\",y,\"\r", "\",x\",y,\"\r\n"};
    enum { N = 2000000 };
    struct text text = {0};

    (void)unused;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        text_clear(&text);
        for (size_t n = 0; n < N; n++)
            text_add(&text, lines[i], strlen(lines[i]));
        read_all(&text, N);
    }
    text_release(&text);
}

/* Likewise, and what is wrong comes late, in a long line. */
static void
test_wrong_quotes_far_away_cost_no_time(void **unused)
{
    enum { N = 60000, TIMES = 20, N_LONG = 400000 };
    char *long_line = malloc(N_LONG);
    struct text text = {0};

    (void)unused;
    memset(long_line, 'a', N_LONG);
    memcpy(long_line + N_LONG - 3, "\"b\n", 3);
    for (size_t i = 0; i < TIMES; i++) {
        for (size_t n = 0; n < N; n++)
            text_add(&text, "\",x\",y,\"\n", 9);
        text_add(&text, long_line, N_LONG);
    }
    read_all(&text, TIMES * (N + 1));
    free(long_line);
    text_release(&text);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_ends_in_quotes_are_text),
        cmocka_unit_test(test_a_quote_inside_a_column_is_text),
        cmocka_unit_test(test_an_open_quote_takes_its_line_only),
        cmocka_unit_test(test_a_source_that_breaks_off_in_quotes),
        cmocka_unit_test(test_all_small_texts),
        cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_open_quotes_cost_no_time),
        cmocka_unit_test(test_wrong_quotes_far_away_cost_no_time),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
