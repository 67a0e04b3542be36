/*
 * A terminal as far as progress needs one: a pty, and what it shows. Our end
 * is what terminal_out() returns; screen() says what is to be seen by now.
 */
#ifndef UNIT_TERMINAL_H
#define UNIT_TERMINAL_H

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 30, COLUMNS = 100 };

static struct {
    int master;
    char cell[ROWS][COLUMNS + 1];
    size_t row, column, width;
    size_t wraps; /* rows that were too long */
} terminal;

static inline int
terminal_out(unsigned short width, unsigned short height)
{
    struct winsize size = {.ws_row = height, .ws_col = width};
    int fd;

    memset(&terminal, 0, sizeof(terminal));
    for (size_t i = 0; i < ROWS; i++)
        memset(terminal.cell[i], ' ', COLUMNS);
    terminal.width = width;
    terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(terminal.master >= 0);
    assert_int_equal(grantpt(terminal.master), 0);
    assert_int_equal(unlockpt(terminal.master), 0);
    fd = open(ptsname(terminal.master), O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
    return fd;
}

static inline void
erase(size_t row, size_t from)
{
    memset(terminal.cell[row] + from, ' ', COLUMNS - from);
}

/* "ESC [ number letter", behind the bracket; returns what follows. */
static inline const char *
obey(const char *at)
{
    char *end;
    size_t n = strtoul(at, &end, 10);

    switch (*end) {
    case 'A':
        assert_true(n > 0 && n <= terminal.row);
        terminal.row -= n;
        break;
    case 'K':
        erase(terminal.row, terminal.column);
        break;
    case 'J':
        erase(terminal.row, terminal.column);
        for (size_t i = terminal.row + 1; i < ROWS; i++)
            erase(i, 0);
        break;
    case 'm':
        break;
    default:
        fail_msg("what is ESC [ %s", at);
    }
    return end + 1;
}

static inline void
print(const char *at)
{
    while (*at) {
        char c = *at++;

        if (c == '\033') {
            assert_int_equal(*at, '[');
            at = obey(at + 1);
        } else if (c == '\r') {
            terminal.column = 0;
        } else if (c == '\n') {
            terminal.row++;
            assert_true(terminal.row < ROWS);
        } else {
            terminal.wraps += terminal.column >= terminal.width;
            terminal.cell[terminal.row][terminal.column++ % COLUMNS] = c;
        }
    }
}

/* All that is shown, row by row, without blanks at their ends. */
static inline const char *
screen(void)
{
    static char text[ROWS * (COLUMNS + 1) + 1];
    char bytes[16384];
    struct pollfd fd = {.fd = terminal.master, .events = POLLIN};
    size_t n = 0, end = 0;
    ssize_t got;

    while (poll(&fd, 1, 0) == 1 &&
           (got = read(terminal.master, bytes, sizeof(bytes) - 1)) > 0) {
        bytes[got] = '\0';
        print(bytes);
    }
    assert_int_equal(terminal.wraps, 0);
    for (size_t i = 0; i < ROWS; i++) {
        size_t columns = COLUMNS;

        while (columns && terminal.cell[i][columns - 1] == ' ')
            columns--;
        memcpy(text + n, terminal.cell[i], columns);
        n += columns;
        text[n++] = '\n';
        if (columns)
            end = n;
    }
    text[end] = '\0';
    return text;
}

/* Makes it narrower, as most do: what no longer fits moves to a next row. */
static inline void
fold(size_t width)
{
    char was[ROWS][COLUMNS + 1];
    size_t n_rows = terminal.row, to = 0;

    memcpy(was, terminal.cell, sizeof(was));
    terminal.width = width;
    for (size_t i = 0; i < ROWS; i++)
        erase(i, 0);
    for (size_t i = 0; i < n_rows; i++) {
        size_t columns = COLUMNS, at = 0;

        while (columns && was[i][columns - 1] == ' ')
            columns--;
        do {
            memcpy(terminal.cell[to++], was[i] + at, width);
            at += width;
        } while (at < columns);
    }
    terminal.row = to;
}

#endif
