/* The small things everyone stands on: err, log, text, mem, clock, rng. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

/* --- err ------------------------------------------------------------------*/

static void
test_err(void **state)
{
    struct err err = {0};

    (void)state;
    errno = ENOENT;
    err_set_errno(&err, ERR_IO, "cannot open %s", "a");
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.text, "cannot open a: No such file or directory");
    assert_int_equal(errno, ENOENT);
    err_wrap(&err, "file %d", 7);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.text,
        "file 7: cannot open a: No such file or directory");
    err_set(&err, ERR_PEER, "%s", "gone");
    assert_int_equal(err.code, ERR_PEER);
    assert_string_equal(err.text, "gone");
    assert_int_equal(errno, ENOENT);
}

static void
test_err_is_cut(void **state)
{
    struct err err = {0};
    char big[2000];

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    errno = EIO;
    err_set(&err, ERR_DATA, "%s", big);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    err_set_errno(&err, ERR_DATA, "%s", big);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    err_wrap(&err, "front");
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_int_equal(strncmp(err.text, "front: xxx", 10), 0);
    err_wrap(&err, "%s", big);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_int_equal(errno, EIO);
}

/* --- log ------------------------------------------------------------------*/

/* What is in the pipe now; it must be one write's. */
static size_t
read_some(int fd, char *out, size_t room)
{
    ssize_t n = read(fd, out, room - 1);

    if (n < 0)
        n = 0;
    out[n] = '\0';
    return (size_t)n;
}

static void
test_log(void **state)
{
    static const struct {
        enum log_level level;
        char letter;
    } rows[] = {{LOG_E, 'E'}, {LOG_W, 'W'}, {LOG_I, 'I'}, {LOG_D, 'D'}};
    char line[LOG_LINE_BYTES + 1];
    int fds[2];

    (void)state;
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    for (size_t limit = 0; limit < 4; limit++) {
        log_init(fds[1], rows[limit].level);
        for (size_t i = 0; i < 4; i++) {
            int year, month, day, hour, minute, second, end = 0;
            char letter, word[16];

            log_line(rows[i].level, "message %d", 42);
            assert_int_equal(log_wants(rows[i].level), i <= limit);
            if (i > limit) {
                assert_int_equal(read_some(fds[0], line, sizeof(line)), 0);
                continue;
            }
            read_some(fds[0], line, sizeof(line));
            assert_int_equal(sscanf(line,
                                 "[%4d.%2d.%2d %2d:%2d:%2d] %c %15s 42\n%n",
                                 &year, &month, &day, &hour, &minute, &second,
                                 &letter, word, &end),
                8);
            assert_int_equal(end, strlen(line));
            assert_int_equal(letter, rows[i].letter);
            assert_string_equal(word, "message");
            assert_true(year >= 2024 && month >= 1 && month <= 12);
        }
    }
    assert_int_equal(log_failed(), 0);
    log_init(STDERR_FILENO, LOG_I);
    close(fds[0]);
    close(fds[1]);
}

static void
test_log_is_cut(void **state)
{
    char big[2 * LOG_LINE_BYTES], line[2 * LOG_LINE_BYTES];
    size_t stamp = strlen("[2026.01.31 23:59:59] I ");
    int fds[2];

    (void)state;
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    log_init(fds[1], LOG_I);
    /* from what fits to what does not, byte by byte */
    for (size_t n = LOG_LINE_BYTES - 40; n < LOG_LINE_BYTES + 40; n++) {
        bool fits = stamp + n + 1 < LOG_LINE_BYTES;
        size_t got;

        memset(big, 'x', n);
        big[n] = '\0';
        log_info("%s", big);
        got = read_some(fds[0], line, sizeof(line));
        assert_true(got <= LOG_LINE_BYTES);
        assert_int_equal(line[got - 1], '\n');
        if (fits)
            assert_int_equal(got, stamp + n + 1);
        else
            assert_int_equal(got, LOG_LINE_BYTES);
    }
    log_init(STDERR_FILENO, LOG_I);
    close(fds[0]);
    close(fds[1]);
}

static void *
read_all(void *ctx)
{
    int fd = *(int *)ctx;
    char bytes[4096];
    size_t got = 0;
    ssize_t n;

    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        got += (size_t)n;
    return (void *)got;
}

/* A pipe that takes a part at a time, or nothing just now, is no failure. */
static void
test_log_waits(void **state)
{
    enum { MUCH = 1024 * 1024 };
    char *bytes = calloc(1, MUCH);
    pthread_t reader;
    void *got;
    int fds[2];

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &fds[0]), 0);
    log_init(fds[1], LOG_I);
    log_raw(bytes, MUCH);
    log_init(STDERR_FILENO, LOG_I);
    close(fds[1]);
    assert_int_equal(pthread_join(reader, &got), 0);
    assert_int_equal((size_t)got, MUCH);
    assert_int_equal(log_failed(), 0);
    close(fds[0]);
    free(bytes);
}

/* Last of the log's tests: a failure is remembered for good. */
static void
test_log_failed(void **state)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    pid_t pid;

    (void)state;
    assert_true(fd >= 0);
    log_init(fd, LOG_I);
    log_debug("dropped, so it cannot fail");
    assert_int_equal(log_failed(), 0);
    pid = fork(); /* a child's failure is ours as well */
    if (pid == 0) {
        log_info("a full disk");
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(log_failed(), ENOSPC);
    close(fd);
    log_info("another failure, which is not the first");
    assert_int_equal(log_failed(), ENOSPC);
    log_init(STDERR_FILENO, LOG_I);
}

/* --- text -----------------------------------------------------------------*/

static void
test_text(void **state)
{
    struct text text = {0};
    size_t n = 0;
    char big[1000];

    (void)state;
    text_clear(&text); /* of nothing */
    for (int i = 0; i < 1000; i++) {
        text_add(&text, "a\0b", 3);
        text_format(&text, "%03d", i);
        n += 6;
        assert_int_equal(text.n_bytes, n);
        assert_int_equal(text.data[n], '\0');
        assert_int_equal(memcmp(text.data + n - 6, "a\0b", 3), 0);
        assert_int_equal(strlen(text.data + n - 3), 3);
    }
    assert_int_equal(memcmp(text.data, "a\0b000a\0b001", 12), 0);
    text_clear(&text);
    assert_int_equal(text.n_bytes, 0);
    assert_string_equal(text.data, "");
    /* one format longer than what it tries first */
    memset(big, 'y', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    text_format(&text, "<%s>", big);
    text_format(&text, "<%s>", big);
    assert_int_equal(text.n_bytes, 2 * (sizeof(big) + 1));
    assert_int_equal(text.data[text.n_bytes - 1], '>');
    text_release(&text);
    assert_null(text.data);
    text_release(&text);
}

/* --- mem ------------------------------------------------------------------*/

static void
test_mem(void **state)
{
    char *text = mem_format("%d-%s", 7, "x"), *copy = mem_text(text);
    unsigned char *zero = mem_zero(100, 3), *pages = mem_pages(5000);

    (void)state;
    assert_string_equal(text, "7-x");
    assert_string_equal(copy, "7-x");
    assert_ptr_not_equal(text, copy);
    for (int i = 0; i < 300; i++)
        assert_int_equal(zero[i], 0);
    zero[299] = 9;
    zero = mem_grow(zero, 1000, 3);
    assert_int_equal(zero[299], 9);
    assert_int_equal((uintptr_t)pages % 4096, 0);
    pages[4999] = 1;
    mem_pages_free(pages, 5000);
    mem_pages_free(NULL, 5000);
    free(zero);
    free(copy);
    free(text);
}

/* Runs it in a child; the exit status, and what it said. */
static int
in_child(void (*run)(void), char *said, size_t room)
{
    int fds[2], status;
    size_t n = 0;
    ssize_t got;
    pid_t pid;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        run();
        _exit(0);
    }
    close(fds[1]);
    while ((got = read(fds[0], said + n, room - 1 - n)) > 0)
        n += (size_t)got;
    said[n] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
die_short(void)
{
    die("number %d", 5);
}

static void
die_long(void)
{
    die("%01000d", 5);
}

static void
must_not(void)
{
    must(1 == 1);
    must(1 == 2);
}

static void
grow_too_far(void)
{
    free(mem_grow(NULL, SIZE_MAX / 2, 4));
}

static void
test_die(void **state)
{
    char said[2000];

    (void)state;
    assert_int_equal(in_child(die_short, said, sizeof(said)), EXIT_FAULT);
    assert_string_equal(said, "memc_load: fault: number 5\n");
    assert_int_equal(in_child(die_long, said, sizeof(said)), EXIT_FAULT);
    assert_int_equal(said[strlen(said) - 1], '\n');
    assert_int_equal(in_child(must_not, said, sizeof(said)), EXIT_FAULT);
    assert_non_null(strstr(said, "this must hold: 1 == 2"));
    assert_int_equal(in_child(grow_too_far, said, sizeof(said)), EXIT_FAULT);
    assert_non_null(strstr(said, "out of memory"));
}

/* --- clock, rng, hash -----------------------------------------------------*/

static void
test_clock(void **state)
{
    static const struct {
        int64_t wake_at, now_ms;
        int poll_ms;
    } rows[] = {
        {CLOCK_NEVER, 5, -1},
        {5, 5, 0},
        {4, 5, 0},
        {0, INT64_MAX - 1, 0},
        {6, 5, 1},
        {5 + (int64_t)INT_MAX, 5, INT_MAX},
        {6 + (int64_t)INT_MAX, 5, INT_MAX},
        {CLOCK_NEVER - 1, 5, INT_MAX},
    };
    int64_t first_ns = clock_ns(), first_ms = clock_ms();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(clock_poll_ms(rows[i].wake_at, rows[i].now_ms),
            rows[i].poll_ms);
    assert_true(clock_ns() >= first_ns && clock_ms() >= first_ms);
    assert_true(first_ms - first_ns / 1000000 <= 1000);
    assert_true(clock_wall_s() > 1700000000);
}

static void
test_rng(void **state)
{
    struct rng a, b;
    int seen[10] = {0};

    (void)state;
    rng_init(&a, 0);
    /* the first of splitmix64 from 0, by its authors */
    assert_true(rng_next(&a) == 0xe220a8397b1dcdafu);
    assert_true(rng_next(&a) == 0x6e789e6aa1b965f4u);
    rng_init(&a, 42);
    rng_init(&b, 42);
    for (int i = 0; i < 1000; i++) {
        uint64_t n = rng_below(&a, 10);

        assert_true(n < 10);
        assert_true(n == rng_below(&b, 10));
        seen[n]++;
    }
    for (int i = 0; i < 10; i++)
        assert_true(seen[i] > 50);
    assert_int_equal(rng_below(&a, 0), 0);
    assert_int_equal(rng_below(&a, 1), 0);
}

static void
test_hash(void **state)
{
    (void)state;
    /* XXH3_64bits of nothing and of "abc", as its specification has them:
     * a key keeps its connection from one version to the next */
    assert_true(hash_bytes("", 0) == 0x2d06800538d394c2u);
    assert_true(hash_bytes("abc", 3) == 0x78af5f94892f3950u);
    assert_true(hash_bytes("abcd", 3) == hash_bytes("abc", 3));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err),
        cmocka_unit_test(test_err_is_cut),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_log_is_cut),
        cmocka_unit_test(test_log_waits),
        cmocka_unit_test(test_log_failed),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_mem),
        cmocka_unit_test(test_die),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_rng),
        cmocka_unit_test(test_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
