/* Messages that are too long, or hold what a terminal would act on. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fit.h"
#include "base/log.h"

static void
test_fit(void **state)
{
    static const struct {
        const char *text;
        size_t room;
        const char *wanted;
    } cases[] = {
        {"", 16, ""},
        {"0123456789abcde", 16, "0123456789abcde"},
        {"0123456789abcdef", 16, "012345...abcdef"},
        {"0123456789abcdef", 17, "0123456789abcdef"},
        {"0123456789abcdefg", 17, "012345...abcdefg"},
        /* no half of a character, at either end */
        {"01234\303\2446789ab\303\244cdefg", 16, "01234...cdefg"},
        {"0123\342\202\254789ab\342\202\254def", 16, "0123...\342\202\254def"},
        /* no characters at all: bytes are cut */
        {"\200\200\200\200\200\200\200\200\200\200\200\200\200\200\200\200", 16,
            "\200\200\200...\200\200\200"},
    };
    char to[32];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(to, '#', sizeof(to));
        fit(to, cases[i].room, cases[i].text);
        assert_string_equal(to, cases[i].wanted);
        assert_int_equal(to[cases[i].room], '#');
        fit_format(to, cases[i].room, "%s", cases[i].text);
        assert_string_equal(to, cases[i].wanted);
    }
    errno = EACCES;
    fit_format(to, 24, "%s: %m", "a long name, as names may be");
    assert_string_equal(to, "a long nam...ion denied");
    assert_int_equal(errno, EACCES);
}

/* The reason and the place are never what is cut. */
static void
test_err(void **state)
{
    struct err err;
    char name[4000];

    (void)state;
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    errno = EROFS;
    err_set_errno(&err, ERR_IO, "cannot write %s", name);
    assert_int_equal(strncmp(err.text, "cannot write nnn", 16), 0);
    assert_non_null(strstr(err.text, "nnn: Read-only file system"));
    err_wrap(&err, "the summary");
    assert_int_equal(strncmp(err.text, "the summary: cannot write nnn", 29), 0);
    assert_non_null(strstr(err.text, "nnn: Read-only file system"));
    err_set(&err, ERR_USAGE, "%s:1:2: unknown key", name);
    err_wrap(&err, "%s", name);
    assert_non_null(strstr(err.text, "n...n"));
    assert_non_null(strstr(err.text, "nnn:1:2: unknown key"));
    assert_int_equal(errno, EROFS);
}

static const char *
read_line(int fd)
{
    static char line[2 * LOG_LINE_BYTES];
    ssize_t n = read(fd, line, sizeof(line) - 1);

    assert_true(n > 0 && n <= LOG_LINE_BYTES);
    line[n] = '\0';
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
    return line + strlen("[2026.01.31 23:59:59] ");
}

static void
test_log(void **state)
{
    char name[4097];
    const char *line;
    int fds[2];

    (void)state;
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    log_init(fds[1], LOG_I);
    log_info("%s: read", "a\nE b\033[31m\177\r\t\\");
    assert_string_equal(read_line(fds[0]),
        "I a\\nE b\\x1b[31m\\x7f\\r\\t\\: read\n");
    log_warn("%s", "\303\244 \303 \302\205 \342\200\256");
    assert_string_equal(read_line(fds[0]),
        "W \303\244 \\xc3 \\xc2\\x85 \\xe2\\x80\\xae\n");
    log_error("%s", "");
    assert_string_equal(read_line(fds[0]), "E \n");
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    log_error("start %s: the reason: what to do", name);
    line = read_line(fds[0]);
    assert_int_equal(strncmp(line, "E start nnn", 11), 0);
    assert_non_null(strstr(line, "n...n"));
    assert_non_null(strstr(line, "nnn: the reason: what to do\n"));
    /* escapes make a line longer; it is cut behind them */
    memset(name, '\001', sizeof(name) - 1);
    log_error("%s: the reason", name);
    assert_non_null(strstr(read_line(fds[0]), "\\x01: the reason\n"));
    log_init(STDERR_FILENO, LOG_I);
    close(fds[0]);
    close(fds[1]);
}

static void
test_complain(void **state)
{
    int saved = dup(STDERR_FILENO), fds[2];
    char line[200] = "";

    (void)state;
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    dup2(fds[1], STDERR_FILENO);
    complain("\"%s\" is no key", "a\033\n");
    dup2(saved, STDERR_FILENO);
    assert_true(read(fds[0], line, sizeof(line) - 1) > 0);
    assert_string_equal(line, "memc_load: \"a\\x1b\\n\" is no key\n");
    close(saved);
    close(fds[0]);
    close(fds[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_err),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_complain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
