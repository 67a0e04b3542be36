/*
 * Zstandard frames: what may stand before, between, in and behind them; every
 * truncation, every flipped bit, windows too large.
 */
#include "unit/every.h"
#include "unit/gzip_reader.h"
#include "zst_samples.h"

/* As a text of one frame, and what comes behind it. */
static void
test_what_may_follow(void **unused)
{
    static const struct {
        const char *name, *bytes;
        size_t n;
        enum source_state state;
        const char *err;
    } rows[] = {
        {"nothing", BYTES(""), SOURCE_END, ""},
        {"one NUL", BYTES("\0"), SOURCE_TRAILING,
            "the zstd data ends before byte 17, what follows is not zstd"},
        {"a line end", BYTES("\n"), SOURCE_TRAILING,
            "the zstd data ends before byte 17, what follows is not zstd"},
        {"text", BYTES("idfa\tx\t1\t2\t3\n"), SOURCE_TRAILING,
            "the zstd data ends before byte 17, what follows is not zstd"},
        {"three bytes of the magic", BYTES("\x28\xb5\x2f"), SOURCE_TRAILING,
            "the zstd data ends before byte 17, what follows is not zstd"},
        {"gzip", BYTES("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0"),
            SOURCE_TRAILING,
            "the zstd data ends before byte 17, what follows is not zstd"},
        {"the magic alone", BYTES("\x28\xb5\x2f\xfd"), SOURCE_TRUNCATED,
            "the zstd data is truncated: the file ends at byte 21, inside the "
            "header of frame 2"},
        {"half a header", BYTES("\x28\xb5\x2f\xfd\xc0\x40"), SOURCE_TRUNCATED,
            "the zstd data is truncated: the file ends at byte 23, inside the "
            "header of frame 2"},
        {"no block", BYTES("\x28\xb5\x2f\xfd\0\x40"), SOURCE_TRUNCATED,
            "the zstd data is truncated: the file ends at byte 23, inside the "
            "data of frame 2"},
        {"a reserved bit", BYTES("\x28\xb5\x2f\xfd\x08\x40\1\0\0"),
            SOURCE_CORRUPT, "the zstd data is corrupt at byte 17: bad header"},
        {"an empty frame", BYTES("\x28\xb5\x2f\xfd\0\x40\1\0\0"), SOURCE_END,
            ""},
        {"an empty frame with a sum",
            BYTES("\x28\xb5\x2f\xfd\4\x40\1\0\0\x99\xe9\xd8\x51"), SOURCE_END,
            ""},
        {"an empty frame with a wrong sum",
            BYTES("\x28\xb5\x2f\xfd\4\x40\1\0\0\x99\xe9\xd8\x52"),
            SOURCE_CORRUPT,
            "the zstd data is corrupt at byte 26: wrong checksum"},
        {"empty blocks", BYTES("\x28\xb5\x2f\xfd\0\x40\0\0\0\0\0\0\1\0\0"),
            SOURCE_END, ""},
        {"a reserved block", BYTES("\x28\xb5\x2f\xfd\0\x40\x07\0\0"),
            SOURCE_CORRUPT, "the zstd data is corrupt at byte 23: bad data"},
        {"a block larger than any", BYTES("\x28\xb5\x2f\xfd\0\x40\xf9\xff\xff"),
            SOURCE_CORRUPT, "the zstd data is corrupt at byte 23: bad data"},
        {"a bad block", BYTES("\x28\xb5\x2f\xfd\0\x40\x2d\0\0xxxxx"),
            SOURCE_CORRUPT, "the zstd data is corrupt at byte 26: bad data"},
        {"less text than its header says",
            BYTES("\x28\xb5\x2f\xfd\x20\5\x09\0\0x"), SOURCE_CORRUPT,
            "the zstd data is corrupt at byte 26: bad data"},
        {"a dictionary", BYTES("\x28\xb5\x2f\xfd\1\x40\7\1\0\0"),
            SOURCE_NOT_GZIP,
            "the zstd data at byte 17 needs a dictionary (zstd -dc -D FILE "
            "unpacks it)"},
        {"a window of 128 MiB", BYTES("\x28\xb5\x2f\xfd\0\x88\1\0\0"),
            SOURCE_END, ""},
        {"a window of 144 MiB", BYTES("\x28\xb5\x2f\xfd\0\x89\1\0\0"),
            SOURCE_NOT_GZIP,
            "the zstd data at byte 17 needs a window of more than 128 MiB "
            "(zstd -dc --long=31 unpacks it)"},
        {"a text of 3.75 TiB in one piece",
            BYTES("\x28\xb5\x2f\xfd\xe0\0\0\0\0\xc0\3\0\0\1\0\0"),
            SOURCE_NOT_GZIP,
            "the zstd data at byte 17 needs a window of more than 128 MiB "
            "(zstd -dc --long=31 unpacks it)"},
        {"skipped", BYTES("\x5f\x2a\x4d\x18\2\0\0\0xx"), SOURCE_END, ""},
        {"nothing skipped", BYTES("\x50\x2a\x4d\x18\0\0\0\0"), SOURCE_END, ""},
        {"skipped, cut off", BYTES("\x50\x2a\x4d\x18\3\0\0\0xx"),
            SOURCE_TRUNCATED,
            "the zstd data is truncated: the file ends at byte 27, inside the "
            "skippable data of frame 2"},
        {"4 GiB to skip", BYTES("\x50\x2a\x4d\x18\xff\xff\xff\xff"),
            SOURCE_TRUNCATED,
            "the zstd data is truncated: the file ends at byte 25, inside the "
            "skippable data of frame 2"},
        {"a size cut off", BYTES("\x50\x2a\x4d\x18\3\0\0"), SOURCE_TRUNCATED,
            "the zstd data is truncated: the file ends at byte 24, inside the "
            "skippable data of frame 2"},
    };
    struct text zst = {0};

    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text_clear(&zst);
        zst_frame(&zst, "text", 4);
        assert_int_equal(zst.n_bytes, 17);
        text_add(&zst, rows[i].bytes, rows[i].n);
        check_row(rows[i].name, &zst, rows[i].state, "text", rows[i].err);
    }
    text_release(&zst);
}

/* --- frames of all kinds -------------------------------------------------- */
static void
test_ways_to_pack(void **unused)
{
    static const struct zst_how hows[] = {
        {0},
        {.level = -50},
        {.level = 1, .has_checksum = true},
        {.level = 3, .has_size = true},
        {.level = 19, .has_size = true, .has_checksum = true},
        {.level = 22, .window_log = 27},
        {.level = 3, .window_log = 10},
        {.level = 3, .block_bytes = 1},
        {.level = 3, .block_bytes = 1000, .has_checksum = true},
    };
    static const size_t rooms[] = {1, 1000, 128 << 10, 1 << 20};
    struct text text = {0}, zst = {0};
    struct result result;

    (void)unused;
    gz_real_lines(&text, 1500, 4); /* four blocks, the last not full */
    for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
        size_t n = hows[i].block_bytes == 1 ? 1000 : text.n_bytes;

        text_clear(&zst);
        zst_skipped(&zst, i * 1000);
        zst_frame_how(&zst, text.data, 77, hows[i]);
        zst_skipped(&zst, 300000);
        zst_frame_how(&zst, "", 0, hows[i]);
        zst_frame_how(&zst, text.data + 77, n - 77, hows[i]);
        for (size_t r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++) {
            read_all(&result, "zlib", zst.data, zst.n_bytes, rooms[r]);
            assert_string_equal(result.err.text, "");
            assert_int_equal(result.state, SOURCE_END);
            assert_int_equal(result.text.n_bytes, n);
            assert_true(is_prefix(&result.text, &text));
            release(&result);
        }
    }
    text_release(&text);
    text_release(&zst);
}

static void
test_no_text_at_all(void **unused)
{
    struct text zst = {0};

    (void)unused;
    zst_skipped(&zst, 10);
    check_row("a skippable frame alone", &zst, SOURCE_END, "", "");
    text_clear(&zst);
    zst_frame(&zst, "", 0);
    check_row("an empty frame", &zst, SOURCE_END, "", "");
    text_release(&zst);
}

/* --- damage --------------------------------------------------------------- */
/* Blocks of 400 bytes, borders in lines; a skippable frame and an empty one. */
struct three {
    struct text text, zst;
    size_t border[5];
};

enum { FIRST_BYTES = 300, N_FRAMES = 4 };

static void
make_three(struct three *three)
{
    static const struct zst_how how = {
        .level = 3, .has_checksum = true, .block_bytes = 400};

    *three = (struct three){0};
    gz_real_lines(&three->text, 5, 1);
    zst_frame_how(&three->zst, three->text.data, FIRST_BYTES, how);
    three->border[1] = three->zst.n_bytes;
    zst_skipped(&three->zst, 5);
    three->border[2] = three->zst.n_bytes;
    zst_frame_how(&three->zst, "", 0, how);
    three->border[3] = three->zst.n_bytes;
    zst_frame_how(&three->zst, three->text.data + FIRST_BYTES,
        three->text.n_bytes - FIRST_BYTES, how);
    three->border[4] = three->zst.n_bytes;
}

static void
release_three(struct three *three)
{
    text_release(&three->text);
    text_release(&three->zst);
}

static enum source_state
state_when_cut(const struct three *three, size_t n)
{
    if (n == 0)
        return SOURCE_NOT_GZIP;
    if (n < 4)
        return SOURCE_END; /* a short text */
    for (int i = 1; i <= N_FRAMES; i++) {
        if (n == three->border[i])
            return SOURCE_END;
        if (n > three->border[i] && n < three->border[i] + 4)
            return SOURCE_TRAILING;
    }
    return SOURCE_TRUNCATED;
}

static void
test_truncated_anywhere(void **unused)
{
    static const size_t rooms[] = {1, 3, 100, 64 << 10};
    struct result result, first;
    struct three three;

    (void)unused;
    make_three(&three);
    for (size_t n = 0; n <= three.zst.n_bytes; n += every(3)) {
        for (size_t r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++) {
            read_all(&result, "zlib", three.zst.data, n, rooms[r]);
            assert_int_equal(result.state, state_when_cut(&three, n));
            if (n >= 4)
                assert_true(is_prefix(&result.text, &three.text));
            if (n >= three.border[1] && n <= three.border[3])
                assert_int_equal(result.text.n_bytes, FIRST_BYTES);
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
    release_three(&three);
}

static void
test_any_bit_flipped(void **unused)
{
    struct three three;
    struct result result;
    size_t n_ends = 0;

    (void)unused;
    make_three(&three);
    for (size_t bit = 0; bit < three.zst.n_bytes * 8; bit += every(7)) {
        three.zst.data[bit / 8] ^= (char)(1 << bit % 8);
        read_all(&result, "zlib", three.zst.data, three.zst.n_bytes, 64 << 10);
        if (result.state == SOURCE_END) {
            assert_true(is_same(&result.text, &three.text));
            n_ends++;
        }
        release(&result);
        three.zst.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    /* what is skipped, and its number; beyond that windows that are larger,
     * bits that nobody reads, and codes for what does not occur */
    assert_in_range(n_ends, every(7) == 1 ? 5 * 8 + 4 : 1,
        three.zst.n_bytes * 8 / 20);
    release_three(&three);
}

/* The text of the blocks before it is all there. */
static void
test_text_before_a_bad_block(void **unused)
{
    static const size_t rooms[] = {7, 1000, 128 << 10, 1 << 20};
    static const struct zst_how how = {.level = 3, .block_bytes = 10000};
    struct text text = {0}, zst = {0};
    struct result result;

    (void)unused;
    gz_real_lines(&text, 300, 6);
    for (size_t n = 10000; n < text.n_bytes; n += 10000) {
        text_clear(&zst);
        zst_frame_how(&zst, text.data, n, how);
        /* the block that holds the last 10 bytes, or what ends the frame */
        zst.n_bytes -= 3;
        text_add(&zst, "\xff\xff\xff", 3);
        for (size_t r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++) {
            read_all(&result, "zlib", zst.data, zst.n_bytes, rooms[r]);
            assert_int_equal(result.state, SOURCE_CORRUPT);
            assert_true(is_prefix(&result.text, &text));
            assert_true(result.text.n_bytes >= n - 10000);
            release(&result);
        }
    }
    text_release(&text);
    text_release(&zst);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_may_follow),
        cmocka_unit_test(test_ways_to_pack),
        cmocka_unit_test(test_no_text_at_all),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_any_bit_flipped),
        cmocka_unit_test(test_text_before_a_bad_block),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
