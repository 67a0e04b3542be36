/*
 * Damaged gzip data: every truncation, every flipped bit, codes that no
 * deflate may hold, on both inflaters.
 */
#include "unit/every.h"
#include "unit/gzip_reader.h"

enum { FIRST_BYTES = 300 };

/* Three members with all fields, the second one empty, borders in lines. */
struct three {
    struct text text, gz;
    size_t border[4];
};

static void
make_three(struct three *three)
{
    *three = (struct three){0};
    gz_real_lines(&three->text, 3, 1);
    gz_member(&three->gz, three->text.data, FIRST_BYTES, GZ_ALL_FIELDS);
    three->border[1] = three->gz.n_bytes;
    gz_member(&three->gz, "", 0, GZ_ALL_FIELDS);
    three->border[2] = three->gz.n_bytes;
    gz_member(&three->gz, three->text.data + FIRST_BYTES,
        three->text.n_bytes - FIRST_BYTES, GZ_ALL_FIELDS);
    three->border[3] = three->gz.n_bytes;
}

static void
release_three(struct three *three)
{
    text_release(&three->text);
    text_release(&three->gz);
}

static enum source_state
state_when_cut(const struct three *three, size_t n)
{
    if (n == 0)
        return SOURCE_NOT_GZIP;
    if (n == 1)
        return SOURCE_END; /* a text of one byte */
    for (int i = 1; i <= 3; i++) {
        if (n == three->border[i])
            return SOURCE_END;
        if (n == three->border[i] + 1)
            return SOURCE_TRAILING;
    }
    return SOURCE_TRUNCATED;
}

static void
check_truncated(const struct three *three, size_t n, const char *inflate)
{
    static const size_t rooms[] = {1, 3, 100, 64 << 10};
    struct result result, first = {0};

    for (size_t r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++) {
        read_all(&result, inflate, three->gz.data, n, rooms[r]);
        assert_int_equal(result.state, state_when_cut(three, n));
        if (n != 1)
            assert_true(is_prefix(&result.text, &three->text));
        if (n == three->border[1] || n == three->border[2])
            assert_int_equal(result.text.n_bytes, FIRST_BYTES);
        /* nothing may stay in the inflater for want of room */
        if (r == 0)
            first = result;
        else {
            assert_true(is_same(&result.text, &first.text));
            assert_string_equal(result.err.text, first.err.text);
            release(&result);
        }
    }
    release(&first);
}

static void
test_truncated_anywhere(void **unused)
{
    struct three three;

    (void)unused;
    make_three(&three);
    for (size_t n = 0; n <= three.gz.n_bytes; n += every(3))
        for (size_t i = 0; inflaters()[i]; i++)
            check_truncated(&three, n, inflaters()[i]->name);
    release_three(&three);
}

/*
 * Both took the same damaged bytes; [0] is ISA-L's. It may go on for longer,
 * since it takes code tables that zlib refuses (gzip.h).
 */
static void
compare_damaged(const struct result *isal, const struct result *zlib)
{
    if (isal->state == zlib->state && is_same(&isal->text, &zlib->text))
        return;
    assert_int_equal(zlib->state, SOURCE_CORRUPT);
    assert_non_null(strstr(zlib->err.text, "bad deflate data"));
    assert_true(is_prefix(&zlib->text, &isal->text));
}

static void
test_any_bit_flipped(void **unused)
{
    struct three three;
    struct result result[2];
    size_t n_ends = 0, n;

    (void)unused;
    make_three(&three);
    for (size_t bit = 0; bit < three.gz.n_bytes * 8; bit += every(7)) {
        three.gz.data[bit / 8] ^= (char)(1 << bit % 8);
        for (n = 0; inflaters()[n]; n++) {
            read_all(&result[n], inflaters()[n]->name, three.gz.data,
                three.gz.n_bytes, 64 << 10);
            if (result[n].state == SOURCE_END) {
                assert_true(is_same(&result[n].text, &three.text));
                n_ends++;
            }
        }
        if (n == 2)
            compare_damaged(&result[0], &result[1]);
        while (n-- > 0)
            release(&result[n]);
        three.gz.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    /* the bits that fill up the last byte of the data, at most 7 a member */
    assert_in_range(n_ends, 0, 3 * 7 * 2);
    release_three(&three);
}

/*
 * Far into a long file, where the inflaters' fast loops run, and with rooms
 * that make pending text come out in pieces.
 */
static void
test_long_file_damaged(void **unused)
{
    static const size_t rooms[] = {3000, 30000, 256 << 10, 2 << 20};
    enum { N_ROOMS = sizeof(rooms) / sizeof(rooms[0]), N_FLIPS = 40 };
    int n_flips = (int)(N_FLIPS / every(5));
    struct text text = {0}, gz = {0};
    struct result result[2][N_ROOMS];
    struct rng rng;

    (void)unused;
    rng_init(&rng, 3);
    gz_real_lines(&text, 1000, 2);
    gz_member(&gz, text.data, text.n_bytes, 0);
    for (int flip = 0; flip < n_flips; flip++) {
        size_t at = 18 + rng_below(&rng, gz.n_bytes - 18), n = 0;
        char was = gz.data[at];

        gz.data[at] = (char)rng_next(&rng);
        for (; inflaters()[n]; n++) {
            for (size_t r = 0; r < N_ROOMS; r++) {
                read_all(&result[n][r], inflaters()[n]->name, gz.data,
                    gz.n_bytes, rooms[r]);
                assert_true(was == gz.data[at] ||
                            result[n][r].state != SOURCE_END);
                assert_int_equal(result[n][r].state, result[n][0].state);
                assert_true(is_same(&result[n][r].text, &result[n][0].text));
                assert_null(memmem(result[n][r].text.data,
                    result[n][r].text.n_bytes, ghost, sizeof(ghost) - 1));
            }
        }
        if (n == 2)
            compare_damaged(&result[0][0], &result[1][0]);
        while (n-- > 0)
            for (size_t r = 0; r < N_ROOMS; r++)
                release(&result[n][r]);
        gz.data[at] = was;
    }
    text_release(&text);
    text_release(&gz);
}

/* --- a bad distance, made by hand ----------------------------------------- */
struct bits {
    struct text *out;
    unsigned held, n;
};

/* The lowest bit first, as deflate has its numbers. */
static void
put_number(struct bits *bits, unsigned value, unsigned n)
{
    for (; n-- > 0; value >>= 1) {
        bits->held |= (value & 1) << bits->n++;
        if (bits->n == 8) {
            char byte = (char)bits->held;

            text_add(bits->out, &byte, 1);
            bits->held = bits->n = 0;
        }
    }
}

/* The highest bit first, as deflate has its codes. */
static void
put_code(struct bits *bits, unsigned code, unsigned n)
{
    while (n-- > 0)
        put_number(bits, code >> n & 1, 1);
}

/*
 * A fixed block: the text in literals, a copy of 258 bytes from that distance
 * code, and more input, so that a fast loop does not see its end.
 */
static void
make_bad_distance(struct text *gz, const char *text, size_t n, unsigned code)
{
    struct bits bits = {.out = gz};

    text_clear(gz);
    text_add(gz, BYTES("\x1f\x8b\x08\0\0\0\0\0\0\x03"));
    put_number(&bits, 1, 1);
    put_number(&bits, 1, 2);
    for (size_t i = 0; i < n; i++)
        put_code(&bits, 0x30 + (unsigned char)text[i], 8);
    put_code(&bits, 0xc5, 8); /* 258 */
    put_code(&bits, code, 5);
    put_number(&bits, 0x1fff, 13);
    for (int i = 0; i < 1000; i++)
        put_number(&bits, 0x55, 8);
}

static void
test_text_before_bad_distance(void **unused)
{
    static const struct {
        size_t n;
        unsigned code;
    } rows[] = {
        {0, 0}, {1, 29}, {10, 29}, {1000, 29}, {32767, 29}, /* too far back */
        {0, 30}, {10, 31}, {40000, 30}, {65536, 30}, {65800, 31}, {66000, 30},
        {131072, 31}, {300000, 30}, /* no such code */
    };
    static const size_t rooms[] = {1000, 9000, 256 << 10, 1 << 20};
    struct text gz = {0}, text = {0};
    struct result result;

    (void)unused;
    gz_real_lines(&text, 1100, 6);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        make_bad_distance(&gz, text.data, rows[i].n, rows[i].code);
        for (size_t k = 0; inflaters()[k]; k++) {
            for (size_t r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++) {
                read_all(&result, inflaters()[k]->name, gz.data, gz.n_bytes,
                    rooms[r]);
                assert_int_equal(result.state, SOURCE_CORRUPT);
                assert_int_equal(result.text.n_bytes, rows[i].n);
                assert_true(is_prefix(&result.text, &text));
                release(&result);
            }
        }
    }
    text_release(&gz);
    text_release(&text);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_any_bit_flipped),
        cmocka_unit_test(test_long_file_damaged),
        cmocka_unit_test(test_text_before_bad_distance),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
