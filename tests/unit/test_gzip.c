/*
 * Gzip members: what may stand in a header, between, in and behind them, and
 * every kind of garbage there, on both inflaters.
 */
#include "unit/gzip_reader.h"

/* --- what may follow the last member, and what may not -------------------- */
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
        cmocka_unit_test(test_trailing_bytes),
        cmocka_unit_test(test_wrong_sums),
        cmocka_unit_test(test_header_fields),
        cmocka_unit_test(test_many_members),
        cmocka_unit_test(test_block_kinds),
        cmocka_unit_test(test_inflaters_by_name),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
