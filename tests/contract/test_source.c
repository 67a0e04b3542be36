/*
 * The contract of a source: the same text comes out, whatever holds it (gzip
 * by either inflater, plain text), whatever it comes through (file, pipe) and
 * in whatever pieces; and the same end, and the same errors.
 */
// LDFLAGS: -Wl,--wrap=read,--wrap=poll
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gz_samples.h"
#include "source/inflater.h"
#include "source/source.h"

enum { DEADLINE_S = 300 };

/* --- system calls that do less than they could ---------------------------- */
ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

/* How the input is handed out. */
struct way {
    const char *name;
    bool is_pipe;
    size_t most_bytes; /* a read; 0: as it comes */
    bool is_random;    /* from 1 to most_bytes */
    bool is_shaky;     /* EINTR, and EAGAIN from pipes */
};

static struct {
    struct way way;
    unsigned n_polls, stop_every, n_stops; /* poll; 0: never */
    unsigned n_reads;
    size_t n_bytes, fail_at; /* EIO after so many bytes; 0: never */
    struct rng rng;
} world;

static void
set_world(const struct way *way)
{
    struct way copy = *way; /* it may be the world's own */

    memset(&world, 0, sizeof(world));
    world.way = copy;
    rng_init(&world.rng, 7);
}

ssize_t
__wrap_read(int fd, void *to, size_t n)
{
    size_t most = world.way.most_bytes;
    ssize_t got;

    world.n_reads++;
    if (world.way.is_shaky && world.n_reads % 3) {
        errno = world.n_reads % 3 == 1 || !world.way.is_pipe ? EINTR : EAGAIN;
        return -1;
    }
    if (world.fail_at && world.n_bytes >= world.fail_at) {
        errno = EIO;
        return -1;
    }
    if (most && world.way.is_random)
        most = 1 + rng_below(&world.rng, most);
    if (most && n > most)
        n = most;
    if (world.fail_at && n > world.fail_at - world.n_bytes)
        n = world.fail_at - world.n_bytes;
    got = __real_read(fd, to, n);
    if (got > 0)
        world.n_bytes += (size_t)got;
    return got;
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    world.n_polls++;
    if (world.way.is_shaky && world.n_polls % 4 == 0) {
        errno = EINTR;
        return -1;
    }
    if (world.stop_every && world.n_polls % world.stop_every == 0) {
        world.n_stops++;
        fds[0].revents = POLLIN;
        fds[1].revents = 0;
        return 1;
    }
    return __real_poll(fds, n, timeout_ms);
}

/* --- an input ------------------------------------------------------------- */
struct feed {
    const char *bytes;
    size_t n;
    int fd, to; /* `to` is written by the thread: the other end of the pipe */
    pthread_t thread;
    bool is_pipe;
};

static void *
write_all(void *arg)
{
    struct feed *feed = arg;
    size_t done = 0;
    ssize_t n;

    while (done < feed->n) {
        n = write(feed->to, feed->bytes + done, feed->n - done);
        if (n < 0)
            break; /* the reader went away */
        done += (size_t)n;
    }
    close(feed->to);
    return NULL;
}

static void
feed_open(struct feed *feed, const struct text *bytes, bool is_pipe)
{
    int ends[2];

    *feed = (struct feed){
        .bytes = bytes->data, .n = bytes->n_bytes, .is_pipe = is_pipe};
    if (!is_pipe) {
        feed->fd = gz_file(feed->bytes, feed->n);
        return;
    }
    must(pipe2(ends, O_CLOEXEC) == 0);
    feed->fd = ends[0];
    feed->to = ends[1];
    must(pthread_create(&feed->thread, NULL, write_all, feed) == 0);
}

static void
feed_close(struct feed *feed)
{
    close(feed->fd);
    if (feed->is_pipe)
        pthread_join(feed->thread, NULL);
}

/* --- a reader ------------------------------------------------------------- */
struct result {
    enum source_state state;
    struct text text;
    struct err err;
    unsigned n_stops;
    uint64_t offset;
};

static void
read_feed(struct result *result, const struct text *bytes, const char *inflate,
    bool is_pipe, size_t room)
{
    struct feed feed;
    struct source *source;
    char *buffer = mem_new(room);
    size_t got;
    uint64_t before = 0;

    *result = (struct result){0};
    feed_open(&feed, bytes, is_pipe);
    source = source_open(feed.fd, -1, inflate);
    do {
        result->state = source_read(source, buffer, room, &got, &result->err);
        text_add(&result->text, buffer, got);
        result->n_stops += result->state == SOURCE_STOPPED;
        result->offset = source_offset(source);
        assert_in_range(result->offset, before, bytes->n_bytes);
        before = result->offset;
    } while (result->state == SOURCE_MORE || result->state == SOURCE_STOPPED);
    for (int i = 0; i < 2; i++) {
        struct err again = {0};

        assert_int_equal(source_read(source, buffer, room, &got, &again),
            result->state);
        assert_int_equal(got, 0);
        assert_string_equal(again.text, result->err.text);
        assert_int_equal(again.code, result->err.code);
    }
    source_close(source);
    feed_close(&feed);
    free(buffer);
}

static void
assert_text(const struct result *result, const struct text *want)
{
    assert_int_equal(result->text.n_bytes, want->n_bytes);
    if (want->n_bytes)
        assert_memory_equal(result->text.data, want->data, want->n_bytes);
}

/* --- the suite ------------------------------------------------------------ */
static const struct way ways[] = {
    {.name = "file"},
    {.name = "file, a byte a read", .most_bytes = 1},
    {.name = "file, odd reads", .most_bytes = 37, .is_random = true},
    {.name = "file, shaky", .most_bytes = 1000, .is_shaky = true},
    {.name = "pipe", .is_pipe = true},
    {.name = "pipe, a byte a read", .is_pipe = true, .most_bytes = 1},
    {.name = "pipe, 7 bytes a read", .is_pipe = true, .most_bytes = 7},
    {.name = "pipe, odd reads",
        .is_pipe = true,
        .most_bytes = 1000,
        .is_random = true},
    {.name = "pipe, shaky",
        .is_pipe = true,
        .most_bytes = 99,
        .is_shaky = true},
};

enum { N_WAYS = sizeof(ways) / sizeof(ways[0]) };

/* The same text as gzip (two members) and as it is. */
struct sample {
    struct text text, gz;
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
}

static void
release_sample(struct sample *sample)
{
    text_release(&sample->text);
    text_release(&sample->gz);
}

/* What the suite runs over: inflaters by name, and plain text. */
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
test_same_long_text(void **unused)
{
    struct sample sample;

    (void)unused;
    make_sample(&sample, 3000);
    for (size_t way = 0; way < N_WAYS; way++) {
        struct result result;

        if (ways[way].most_bytes && ways[way].most_bytes < 99)
            continue;
        for (size_t i = 0; inflaters()[i]; i++) {
            set_world(&ways[way]);
            read_feed(&result, &sample.gz, inflaters()[i]->name,
                ways[way].is_pipe, 100000);
            assert_int_equal(result.state, SOURCE_END);
            assert_text(&result, &sample.text);
            text_release(&result.text);
        }
        set_world(&ways[way]);
        read_feed(&result, &sample.text, "zlib", ways[way].is_pipe, 100000);
        assert_int_equal(result.state, SOURCE_END);
        assert_text(&result, &sample.text);
        text_release(&result.text);
    }
    release_sample(&sample);
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
            "neither gzip nor text: it is empty"},
        {"a letter", "a", 1, 0, 0, SOURCE_END, ""},
        {"half the magic", "\x1f", 1, 0, 0, SOURCE_END, ""},
        {"half the magic, text", "\x1f text", 6, 0, 0, SOURCE_END, ""},
        {"the other half", "\x8b\x1f", 2, 0, 0, SOURCE_END, ""},
        {"a NUL", "\0", 1, 0, 0, SOURCE_NOT_GZIP,
            "neither gzip nor text: a NUL byte at byte 0"},
        {"zstd", "\x28\xb5\x2f\xfd\0\0", 6, 0, 0, SOURCE_NOT_GZIP,
            "neither gzip nor text: a NUL byte at byte 4"},
        {"a NUL at the last byte checked", "x", 1, LONG, 65535, SOURCE_NOT_GZIP,
            "neither gzip nor text: a NUL byte at byte 65,535"},
        {"a NUL at the first one not checked", "x", 1, LONG, 65536, SOURCE_END,
            ""},
        {"a NUL at the end", "x", 1, 65534, 65534, SOURCE_NOT_GZIP,
            "neither gzip nor text: a NUL byte at byte 65,534"},
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
        cmocka_unit_test(test_same_text),
        cmocka_unit_test(test_same_long_text),
        cmocka_unit_test(test_stopped_anywhere),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_kinds_of_content),
        cmocka_unit_test(test_directory),
        cmocka_unit_test(test_wait_ends),
        cmocka_unit_test(test_reasons),
    };

    signal(SIGPIPE, SIG_IGN);
    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
