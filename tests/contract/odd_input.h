/*
 * A source whose input comes in odd ways: from a file or a pipe, in pieces, by
 * calls that are interrupted, stopped or fail. Whoever includes it links with
 * --wrap=read,--wrap=poll. What fails stops the test at once.
 */
#ifndef CONTRACT_ODD_INPUT_H
#define CONTRACT_ODD_INPUT_H

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

static inline void
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

static inline void *
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

static inline void
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

static inline void
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

static inline void
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

static inline void
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

#endif
