/*
 * The line reader over long lines and long texts: room and places run out at
 * all kinds of points.
 */
// LDFLAGS: -Wl,--wrap=source_read
#include "unit/line_checks.h"

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
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_long_texts),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
