/*
 * The contract of a source: the same text comes out, whatever holds it (gzip
 * by either inflater, zstd, plain text), whatever it comes through (file, pipe)
 * and in whatever pieces; and the same end, and the same errors.
 */
// LDFLAGS: -Wl,--wrap=read,--wrap=poll
#include "contract/odd_input.h"
#include "zst_samples.h"

/* The same text as gzip (two members), as zstd (two frames, one skipped) and
 * as it is. */
struct sample {
    struct text text, gz, zst;
};

static void
make_sample(struct sample *sample, size_t n_lines)
{
    *sample = (struct sample){0};
    gz_real_lines(&sample->text, n_lines, 11);
    text_add(&sample->text, "no end", 6);
    gz_member(&sample->gz, sample->text.data, sample->text.n_bytes / 3,
        GZ_ALL_FIELDS);
    gz_member(&sample->gz, sample->text.data + sample->text.n_bytes / 3,
        sample->text.n_bytes - sample->text.n_bytes / 3, 0);
    zst_frame(&sample->zst, sample->text.data, sample->text.n_bytes / 3);
    zst_skipped(&sample->zst, 20);
    zst_frame_how(&sample->zst, sample->text.data + sample->text.n_bytes / 3,
        sample->text.n_bytes - sample->text.n_bytes / 3,
        (struct zst_how){.block_bytes = 700, .has_checksum = true});
}

static void
release_sample(struct sample *sample)
{
    text_release(&sample->text);
    text_release(&sample->gz);
    text_release(&sample->zst);
}

/* What the suite runs over: inflaters by name, zstd and plain text. */
typedef void check(const struct sample *sample, const struct text *bytes,
    const char *inflate);

static void
over_all(size_t n_lines, check *check_one)
{
    struct sample sample;

    make_sample(&sample, n_lines);
    for (size_t way = 0; way < N_WAYS; way++) {
        for (size_t i = 0; inflaters()[i]; i++) {
            set_world(&ways[way]);
            check_one(&sample, &sample.gz, inflaters()[i]->name);
        }
        set_world(&ways[way]);
        check_one(&sample, &sample.zst, "zlib");
        set_world(&ways[way]);
        check_one(&sample, &sample.text, "zlib");
    }
    release_sample(&sample);
}

static void
check_whole(const struct sample *sample, const struct text *bytes,
    const char *inflate)
{
    static const size_t rooms[] = {1, 3, 1000, 64 << 10, 1 << 20};
    struct result result;

    for (size_t r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++) {
        read_feed(&result, bytes, inflate, world.way.is_pipe, rooms[r]);
        assert_int_equal(result.state, SOURCE_END);
        assert_text(&result, &sample->text);
        assert_int_equal(result.offset, bytes->n_bytes);
        text_release(&result.text);
    }
}

static void
test_same_text(void **unused)
{
    (void)unused;
    over_all(0, check_whole);
    over_all(40, check_whole);
}

static void
check_long(const struct sample *sample, const struct text *bytes,
    const char *inflate)
{
    struct result result;

    if (world.way.most_bytes && world.way.most_bytes < 99)
        return;
    read_feed(&result, bytes, inflate, world.way.is_pipe, 100000);
    assert_int_equal(result.state, SOURCE_END);
    assert_text(&result, &sample->text);
    text_release(&result.text);
}

static void
test_same_long_text(void **unused)
{
    (void)unused;
    over_all(3000, check_long);
}

/* Stopped before every second read, from the first byte on. */
static void
check_stops(const struct sample *sample, const struct text *bytes,
    const char *inflate)
{
    struct result result;
    unsigned n_stops = 0;

    if (!world.way.is_pipe)
        return;
    for (unsigned every = 2; every < 5; every++) {
        set_world(&world.way);
        world.stop_every = every;
        read_feed(&result, bytes, inflate, true, 500);
        assert_int_equal(result.state, SOURCE_END);
        assert_int_equal(result.n_stops, world.n_stops);
        n_stops += result.n_stops;
        assert_text(&result, &sample->text);
        text_release(&result.text);
    }
    assert_true(n_stops > 0);
}

static void
test_stopped_anywhere(void **unused)
{
    (void)unused;
    over_all(40, check_stops);
}

static void
check_unreadable(const struct sample *sample, const struct text *bytes,
    const char *inflate)
{
    static const struct {
        size_t after;
        const char *err;
    } rows[] = {
        {1, "cannot read at byte 1: Input/output error"},
        {2, "cannot read at byte 2: Input/output error"},
        {11, "cannot read at byte 11: Input/output error"},
        {1000, "cannot read at byte 1,000: Input/output error"},
    };
    struct result result;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_world(&world.way);
        world.fail_at = rows[i].after;
        read_feed(&result, bytes, inflate, world.way.is_pipe, 77);
        assert_int_equal(result.state, SOURCE_UNREADABLE);
        assert_int_equal(result.err.code, ERR_IO);
        assert_string_equal(result.err.text, rows[i].err);
        assert_true(result.text.n_bytes <= sample->text.n_bytes);
        if (result.text.n_bytes)
            assert_memory_equal(result.text.data, sample->text.data,
                result.text.n_bytes);
        text_release(&result.text);
    }
}

static void
test_unreadable(void **unused)
{
    (void)unused;
    over_all(40, check_unreadable);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_text),
        cmocka_unit_test(test_same_long_text),
        cmocka_unit_test(test_stopped_anywhere),
        cmocka_unit_test(test_unreadable),
    };

    signal(SIGPIPE, SIG_IGN);
    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
