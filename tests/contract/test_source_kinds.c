/*
 * The contract of a source: what is gzip, what is text and what is neither,
 * a wait that ends when it should, and the words for all of it.
 */
// LDFLAGS: -Wl,--wrap=read,--wrap=poll
#include "contract/odd_input.h"

/* --- by content ----------------------------------------------------------- */
static void
test_kinds_of_content(void **unused)
{
    enum { LONG = 70000 };
    static const struct {
        const char *name, *bytes;
        size_t n, fill, nul_at; /* `fill` more bytes; nul_at 0: no NUL there */
        enum source_state state;
        const char *err;
    } rows[] = {
        {"empty", "", 0, 0, 0, SOURCE_NOT_GZIP,
            "neither gzip, zstd nor text: it is empty"},
        {"a letter", "a", 1, 0, 0, SOURCE_END, ""},
        {"half the magic", "\x1f", 1, 0, 0, SOURCE_END, ""},
        {"half the magic, text", "\x1f text", 6, 0, 0, SOURCE_END, ""},
        {"the other half", "\x8b\x1f", 2, 0, 0, SOURCE_END, ""},
        {"a NUL", "\0", 1, 0, 0, SOURCE_NOT_GZIP,
            "neither gzip, zstd nor text: a NUL byte at byte 0"},
        {"three bytes of zstd's magic", "\x28\xb5\x2f", 3, 0, 0, SOURCE_END,
            ""},
        {"text that begins as zstd", "\x28\xb5\x2f text", 8, 0, 0, SOURCE_END,
            ""},
        {"text that begins as a skippable frame", "Z*M", 3, 0, 0, SOURCE_END,
            ""},
        {"an older zstd's magic", "\x27\xb5\x2f\xfd\0\0", 6, 0, 0,
            SOURCE_NOT_GZIP,
            "neither gzip, zstd nor text: a NUL byte at byte 4"},
        {"zstd's magic alone", "\x28\xb5\x2f\xfd", 4, 0, 0, SOURCE_TRUNCATED,
            "the zstd data is truncated: the file ends at byte 4, inside the "
            "header of frame 1"},
        {"zstd's magic, then text", "\x28\xb5\x2f\xfdxxxxxxxxx", 13, 0, 0,
            SOURCE_CORRUPT, "the zstd data is corrupt at byte 0: bad header"},
        {"a NUL at the last byte checked", "x", 1, LONG, 65535, SOURCE_NOT_GZIP,
            "neither gzip, zstd nor text: a NUL byte at byte 65,535"},
        {"a NUL at the first one not checked", "x", 1, LONG, 65536, SOURCE_END,
            ""},
        {"a NUL at the end", "x", 1, 65534, 65534, SOURCE_NOT_GZIP,
            "neither gzip, zstd nor text: a NUL byte at byte 65,534"},
        {"the magic alone", "\x1f\x8b", 2, 0, 0, SOURCE_TRUNCATED,
            "the gzip data is truncated: the file ends at byte 2, inside the "
            "header of member 1"},
        {"the magic, then text", "\x1f\x8bxxxxxxxxxxx", 13, 0, 0,
            SOURCE_CORRUPT,
            "the gzip data is corrupt at byte 2: unknown compression method "
            "120"},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text bytes = {0};
        struct result result;

        text_add(&bytes, rows[i].bytes, rows[i].n);
        while (bytes.n_bytes < rows[i].n + rows[i].fill)
            text_add(&bytes, "y", 1);
        if (rows[i].nul_at)
            bytes.data[rows[i].nul_at] = '\0';
        for (size_t way = 0; way < N_WAYS; way++) {
            set_world(&ways[way]);
            world.stop_every = 3;
            read_feed(&result, &bytes, inflaters()[0]->name, ways[way].is_pipe,
                5000);
            if (result.state != rows[i].state ||
                strcmp(result.err.text, rows[i].err) != 0)
                fail_msg("%s, %s: state %d, '%s'", rows[i].name, ways[way].name,
                    (int)result.state, result.err.text);
            if (result.state == SOURCE_END)
                assert_text(&result, &bytes);
            else
                assert_int_equal(result.text.n_bytes, 0);
            text_release(&result.text);
        }
        text_release(&bytes);
    }
}

static void
test_directory(void **unused)
{
    static const struct way as_it_comes = {.name = "directory"};
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct source *source;
    struct err err;
    char buffer[10];
    size_t got;

    (void)unused;
    set_world(&as_it_comes);
    assert_true(fd >= 0);
    source = source_open(fd, -1, "zlib");
    assert_int_equal(source_read(source, buffer, sizeof(buffer), &got, &err),
        SOURCE_UNREADABLE);
    assert_string_equal(err.text, "cannot read at byte 0: Is a directory");
    source_close(source);
    close(fd);
}

/* --- a real wait_fd ------------------------------------------------------- */
static void *
ring(void *arg)
{
    must(write(*(int *)arg, "!", 1) == 1);
    return NULL;
}

static enum source_state
read_on(struct source *source, struct text *out)
{
    struct err err;
    char buffer[100];
    size_t got;
    enum source_state state =
        source_read(source, buffer, sizeof(buffer), &got, &err);

    text_add(out, buffer, got);
    return state;
}

/* Nothing more comes through the pipe, and the wait ends all the same. */
static void
check_wait(struct source *source, int wait[2], struct text *out)
{
    pthread_t thread;
    char byte;

    must(pthread_create(&thread, NULL, ring, &wait[1]) == 0);
    assert_int_equal(read_on(source, out), SOURCE_STOPPED);
    pthread_join(thread, NULL);
    assert_int_equal(read_on(source, out), SOURCE_STOPPED);
    assert_int_equal(__real_read(wait[0], &byte, 1), 1);
}

static void
test_wait_ends(void **unused)
{
    static const struct way as_it_comes = {.name = "pipe"};
    static const size_t before[] = {0, 1, 2, 12, 20, 1 << 20};
    struct text gz = {0}, text = {0}, out = {0};
    int data[2], wait[2];

    (void)unused;
    set_world(&as_it_comes);
    text_add(&text, "some text", 9);
    gz_member(&gz, text.data, text.n_bytes, 0);
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        size_t n = before[i] < gz.n_bytes ? before[i] : gz.n_bytes;
        struct source *source;

        text_clear(&out);
        must(pipe(data) == 0 && pipe(wait) == 0);
        source = source_open(data[0], wait[0], inflaters()[0]->name);
        must(write(data[1], gz.data, n) == (ssize_t)n);
        check_wait(source, wait, &out);
        must(write(data[1], gz.data + n, gz.n_bytes - n) ==
             (ssize_t)(gz.n_bytes - n));
        close(data[1]);
        assert_int_equal(read_on(source, &out), SOURCE_END);
        assert_string_equal(out.data, text.data);
        source_close(source);
        close(data[0]);
        close(wait[0]);
        close(wait[1]);
    }
    text_release(&gz);
    text_release(&text);
    text_release(&out);
}

static void
test_reasons(void **unused)
{
    static const struct {
        enum source_state state;
        const char *reason;
    } rows[] = {
        {SOURCE_MORE, NULL},
        {SOURCE_END, NULL},
        {SOURCE_STOPPED, NULL},
        {SOURCE_NOT_GZIP, "not_gzip"},
        {SOURCE_TRUNCATED, "truncated"},
        {SOURCE_CORRUPT, "corrupt"},
        {SOURCE_TRAILING, "trailing"},
        {SOURCE_UNREADABLE, "unreadable"},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].reason)
            assert_string_equal(source_state_reason(rows[i].state),
                rows[i].reason);
        else
            assert_null(source_state_reason(rows[i].state));
    }
    source_close(NULL);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_of_content),
        cmocka_unit_test(test_directory),
        cmocka_unit_test(test_wait_ends),
        cmocka_unit_test(test_reasons),
    };

    signal(SIGPIPE, SIG_IGN);
    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
