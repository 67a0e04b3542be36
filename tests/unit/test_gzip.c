/*
 * Damaged gzip data: every truncation, every flipped bit, every kind of
 * garbage behind it, on both inflaters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gz_samples.h"
#include "source/inflater.h"
#include "source/source.h"

enum { DEADLINE_S = 300, MOST_TEXT = 4 << 20 };

struct result {
    enum source_state state;
    struct text text;
    struct err err;
};

/* What came with the buffer must never come out of it. */
static const char ghost[] = "ghost\n";

static void
haunt(char *buffer, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buffer[i] = ghost[i % (sizeof(ghost) - 1)];
}

static void
read_all(struct result *result, const char *inflate, const void *bytes,
    size_t n, size_t room)
{
    int fd = gz_file(bytes, n);
    struct source *source = source_open(fd, -1, inflate);
    char *buffer = mem_new(room);
    size_t got;

    *result = (struct result){0};
    do {
        haunt(buffer, room);
        result->state = source_read(source, buffer, room, &got, &result->err);
        assert_true(got <= room);
        text_add(&result->text, buffer, got);
        assert_true(result->text.n_bytes < MOST_TEXT);
    } while (result->state == SOURCE_MORE);
    assert_int_equal(source_read(source, buffer, room, &got, &result->err),
        result->state);
    assert_int_equal(got, 0);
    assert_int_equal(source_state_reason(result->state) == NULL,
        result->state == SOURCE_END);
    free(buffer);
    source_close(source);
    close(fd);
}

static void
release(struct result *result)
{
    text_release(&result->text);
}

static bool
is_prefix(const struct text *part, const struct text *whole)
{
    return part->n_bytes <= whole->n_bytes &&
           (part->n_bytes == 0 ||
               memcmp(part->data, whole->data, part->n_bytes) == 0);
}

static bool
is_same(const struct text *a, const struct text *b)
{
    return a->n_bytes == b->n_bytes && is_prefix(a, b);
}

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
    for (size_t n = 0; n <= three.gz.n_bytes; n++)
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
    for (size_t bit = 0; bit < three.gz.n_bytes * 8; bit++) {
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
    struct text text = {0}, gz = {0};
    struct result result[2][N_ROOMS];
    struct rng rng;

    (void)unused;
    rng_init(&rng, 3);
    gz_real_lines(&text, 1000, 2);
    gz_member(&gz, text.data, text.n_bytes, 0);
    for (int flip = 0; flip < N_FLIPS; flip++) {
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

/* --- what may follow the last member, and what may not -------------------- */
/* want_err NULL: bad deflate data, at the byte where the inflater saw it. */
static bool
is_error(const char *err, const char *want_err)
{
    return want_err ? strcmp(err, want_err) == 0
                    : strstr(err, ": bad deflate data") != NULL;
}

static void
check_row(const char *name, const struct text *gz, enum source_state state,
    const char *want_text, const char *want_err)
{
    struct result result;

    for (size_t i = 0; inflaters()[i]; i++) {
        read_all(&result, inflaters()[i]->name, gz->data, gz->n_bytes, 100);
        text_add(&result.text, "", 0);
        if (result.state != state || strcmp(result.text.data, want_text) != 0 ||
            !is_error(result.err.text, want_err))
            fail_msg("%s with %s: state %d, text '%s', err '%s'", name,
                inflaters()[i]->name, (int)result.state, result.text.data,
                result.err.text);
        release(&result);
    }
}

#define BYTES(text) (text), sizeof(text) - 1

static void
test_trailing_bytes(void **unused)
{
    static const struct {
        const char *name, *bytes;
        size_t n;
        enum source_state state;
        const char *err;
    } rows[] = {
        {"nothing", BYTES(""), SOURCE_END, ""},
        {"one NUL", BYTES("\0"), SOURCE_TRAILING,
            "the gzip data ends before byte 24, what follows is not gzip"},
        {"padding", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0"), SOURCE_TRAILING,
            "the gzip data ends before byte 24, what follows is not gzip"},
        {"a line end", BYTES("\n"), SOURCE_TRAILING,
            "the gzip data ends before byte 24, what follows is not gzip"},
        {"text", BYTES("idfa\tx\t1\t2\t3\n"), SOURCE_TRAILING,
            "the gzip data ends before byte 24, what follows is not gzip"},
        {"half the magic", BYTES("\x1f"), SOURCE_TRAILING,
            "the gzip data ends before byte 24, what follows is not gzip"},
        {"half the magic and more", BYTES("\x1f\x1f\x8b"), SOURCE_TRAILING,
            "the gzip data ends before byte 24, what follows is not gzip"},
        {"compress's magic", BYTES("\x1f\x9d\x90"), SOURCE_TRAILING,
            "the gzip data ends before byte 24, what follows is not gzip"},
        {"the magic alone", BYTES("\x1f\x8b"), SOURCE_TRUNCATED,
            "the gzip data is truncated: the file ends at byte 26, inside the "
            "header of member 2"},
        {"the magic and junk", BYTES("\x1f\x8bJUNKJUNKJUNK"), SOURCE_CORRUPT,
            "the gzip data is corrupt at byte 26: unknown compression method "
            "74"},
        {"the magic and short junk", BYTES("\x1f\x8bJUNK"), SOURCE_TRUNCATED,
            "the gzip data is truncated: the file ends at byte 30, inside the "
            "header of member 2"},
        {"reserved flags",
            BYTES("\x1f\x8b\x08\x20\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0"),
            SOURCE_CORRUPT,
            "the gzip data is corrupt at byte 27: unknown header flags 0x20"},
        {"a good empty member",
            BYTES("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0"),
            SOURCE_END, ""},
        {"no such block",
            BYTES("\x1f\x8b\x08\0\0\0\0\0\0\x03\x07\0\0\0\0\0\0\0\0\0"),
            SOURCE_CORRUPT, NULL},
        {"a distance before the text's start",
            BYTES("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\x02\0\0\0\0\0\0\0"),
            SOURCE_CORRUPT, NULL},
    };
    struct text gz = {0};

    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text_clear(&gz);
        gz_member(&gz, "text", 4, 0);
        assert_int_equal(gz.n_bytes, 24);
        text_add(&gz, rows[i].bytes, rows[i].n);
        check_row(rows[i].name, &gz, rows[i].state, "text", rows[i].err);
    }
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

/* --- header fields, trailers ---------------------------------------------- */
static void
test_wrong_sums(void **unused)
{
    static const struct {
        const char *name;
        size_t at; /* from the end */
        const char *err;
    } rows[] = {
        {"CRC", 8, "the gzip data is corrupt at byte 17: wrong CRC"},
        {"CRC's end", 5, "the gzip data is corrupt at byte 17: wrong CRC"},
        {"length", 4, "the gzip data is corrupt at byte 21: wrong length"},
        {"length's end", 1,
            "the gzip data is corrupt at byte 21: wrong length"},
    };
    struct text gz = {0};

    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text_clear(&gz);
        gz_member(&gz, "lines", 5, 0);
        assert_int_equal(gz.n_bytes, 25);
        gz.data[gz.n_bytes - rows[i].at] ^= 0x40;
        check_row(rows[i].name, &gz, SOURCE_CORRUPT, "lines", rows[i].err);
    }
    text_clear(&gz);
    gz_member(&gz, "lines", 5, GZ_HEAD_CRC);
    gz.data[4] ^= 1; /* mtime */
    check_row("header", &gz, SOURCE_CORRUPT, "",
        "the gzip data is corrupt at byte 10: wrong CRC of the header");
    text_release(&gz);
}

static void
test_header_fields(void **unused)
{
    struct text gz = {0};

    (void)unused;
    for (unsigned fields = 0; fields <= GZ_ALL_FIELDS; fields++) {
        text_clear(&gz);
        gz_member(&gz, "a\n", 2, fields);
        gz_member(&gz, "b\n", 2, fields);
        check_row("fields", &gz, SOURCE_END, "a\nb\n", "");
    }
    /* a name and an extra field that span many reads */
    text_clear(&gz);
    text_add(&gz, "\x1f\x8b\x08\x0c\0\0\0\0\0\x03\xff\xff", 12);
    for (size_t i = 0; i < 0xffff; i++)
        text_add(&gz, "", 1);
    for (size_t i = 0; i < 300000; i++)
        text_add(&gz, "n", 1);
    text_add(&gz, "\0\x03\0\0\0\0\0\0\0\0\0", 11);
    gz_member(&gz, "text", 4, 0);
    check_row("long fields", &gz, SOURCE_END, "text", "");
    text_release(&gz);
}

/* --- members and blocks of all kinds -------------------------------------- */
static void
check_text(const struct text *gz, const struct text *text, size_t room)
{
    struct result result;

    for (size_t i = 0; inflaters()[i]; i++) {
        read_all(&result, inflaters()[i]->name, gz->data, gz->n_bytes, room);
        assert_int_equal(result.state, SOURCE_END);
        assert_true(is_same(&result.text, text));
        release(&result);
    }
}

static void
test_many_members(void **unused)
{
    struct text gz = {0}, text = {0};
    size_t done = 0;
    struct rng rng;

    (void)unused;
    rng_init(&rng, 4);
    gz_real_lines(&text, 400, 4);
    for (size_t n = 0; done < text.n_bytes; done += n) {
        n = rng_below(&rng, 3) ? rng_below(&rng, 900) : 0;
        if (n > text.n_bytes - done)
            n = text.n_bytes - done;
        gz_member(&gz, text.data + done, n,
            (unsigned)rng_below(&rng, GZ_ALL_FIELDS + 1));
    }
    check_text(&gz, &text, 64 << 10);
    check_text(&gz, &text, 99);
    text_clear(&gz);
    text_clear(&text);
    for (int i = 0; i < 1000; i++)
        gz_member(&gz, "", 0, 0);
    check_text(&gz, &text, 10);
    text_release(&gz);
    text_release(&text);
}

static void
test_block_kinds(void **unused)
{
    static const struct gz_how ways[] = {
        {.level = 0},
        {.level = 1},
        {.level = 9},
        {.level = 6, .strategy = Z_FIXED},
        {.level = 6, .strategy = Z_HUFFMAN_ONLY},
        {.level = 6, .strategy = Z_RLE},
        {.level = 6, .flush_bytes = 1000},
        {.level = 0, .flush_bytes = 999},
        {.level = 6, .strategy = Z_FIXED, .flush_bytes = 77},
    };
    static const size_t rooms[] = {777, 20000, 1 << 20};
    struct text gz = {0}, texts[3] = {{0}};
    struct rng rng;

    (void)unused;
    rng_init(&rng, 5);
    gz_real_lines(&texts[0], 700, 5);
    for (int i = 0; i < 200000; i++) {
        char byte = (char)rng_next(&rng);

        text_add(&texts[1], &byte, 1);
        text_add(&texts[2], "=", 1);
    }
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
            text_clear(&gz);
            gz_member_how(&gz, texts[t].data, texts[t].n_bytes, ways[i]);
            for (size_t r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++)
                check_text(&gz, &texts[t], rooms[r]);
        }
        text_release(&texts[t]);
    }
    text_release(&gz);
}

/* --- the table of inflaters ----------------------------------------------- */
static void
test_inflaters_by_name(void **unused)
{
    (void)unused;
    for (size_t i = 0; inflaters()[i]; i++) {
        assert_ptr_equal(inflater_find(inflaters()[i]->name), inflaters()[i]);
        assert_int_equal(inflaters()[i]->crc32(0,
                             (const unsigned char *)"123456789", 9),
            0xcbf43926);
    }
    assert_non_null(inflater_find("zlib"));
#ifdef HAVE_ISAL
    assert_ptr_equal(inflater_find("isal"), inflaters()[0]);
#else
    assert_null(inflater_find("isal"));
#endif
    assert_null(inflater_find(""));
    assert_null(inflater_find("zlib "));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_any_bit_flipped),
        cmocka_unit_test(test_long_file_damaged),
        cmocka_unit_test(test_trailing_bytes),
        cmocka_unit_test(test_text_before_bad_distance),
        cmocka_unit_test(test_wrong_sums),
        cmocka_unit_test(test_header_fields),
        cmocka_unit_test(test_many_members),
        cmocka_unit_test(test_block_kinds),
        cmocka_unit_test(test_inflaters_by_name),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
