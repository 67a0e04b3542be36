/* Where and when progress is shown: on a terminal, and elsewhere. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "super/output.h"
#include "unit/fake_run.h"

enum { DEADLINE_S = 60, ROWS = 30, COLUMNS = 100 };

static struct fake_run fake;
static struct progress *progress;

/* What our standard error is while something is drawn. */
static int stream, saved_stderr;

static void
set_stderr(int fd)
{
    saved_stderr = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
}

static void
restore_stderr(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
}

/* The first two files run. */
static void
make_run(void)
{
    fake_run_init(&fake);
    for (size_t i = 0; i < 2; i++) {
        struct worker *worker = &fake.workers[i];

        fake_run_wait(&fake, i);
        worker->pid = 1;
        worker->file = &fake.files[i];
        worker->slot = slot_new(FAKE_SERVERS);
        worker->file->status = FILE_RUNNING;
        worker->file->started_ns = FAKE_START_NS;
    }
}

static int
tear_down(void **state)
{
    (void)state;
    progress_free(progress);
    fake_run_release(&fake);
    close(stream);
    return 0;
}

static int
draw(double at_s)
{
    int ms;

    set_stderr(stream);
    ms = progress_draw(
        progress, &fake.run, FAKE_START_NS + (int64_t)(at_s * 1e9));
    restore_stderr();
    return ms;
}

static void
begin(int fd)
{
    make_run();
    stream = fd;
    set_stderr(stream);
    progress = progress_new(&fake.job);
    restore_stderr();
}

/* ------------------------------------------------------------- elsewhere */

static int taken; /* the other end of the pipe */

static int
pipe_out(void)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    taken = ends[0];
    return ends[1];
}

/* What was written since the last time. */
static const char *
take(void)
{
    static char text[4096];
    ssize_t n = read(taken, text, sizeof(text) - 1);

    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void
test_lines(void **state)
{
    (void)state;
    begin(pipe_out());
    assert_false(progress_is_live(progress));
    assert_int_equal(draw(0.001), 4999);
    assert_int_equal(draw(4.9995), 1); /* never too early */
    assert_string_equal(take(), "");
    assert_int_equal(draw(5), 5000);
    assert_string_equal(take(),
        "3 files: 1 done, 2 running; 33 %, 1,000,000 lines, 200,000 lines/s, "
        "12 rejected, 0 failed, about 10 s to go\n");
    assert_int_equal(draw(7), 3000);
    assert_string_equal(take(), "");
    assert_int_equal(draw(11), 5000);
    assert_non_null(strstr(take(), "3 files: 1 done"));
    set_stderr(stream);
    progress_clear(progress);
    restore_stderr();
    assert_string_equal(take(), "");
    close(taken);
}

static void
test_silence(void **state)
{
    (void)state;
    for (int quiet = 0; quiet < 2; quiet++) {
        begin(pipe_out());
        progress_free(progress);
        fake.job.quiet = quiet;
        fake.job.progress = quiet ? PROGRESS_ALWAYS : PROGRESS_NEVER;
        progress = progress_new(&fake.job);
        assert_false(progress_is_live(progress));
        assert_int_equal(draw(100), -1);
        assert_string_equal(take(), "");
        close(taken);
        if (!quiet)
            tear_down(state);
    }
}

/* A reader that is gone does not end us, and nothing waits for one. */
static void
test_closed(void **state)
{
    (void)state;
    begin(pipe_out());
    close(taken);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(draw(5), 5000);
}

/* -------------------------------------------------------- on a terminal */

/* A terminal as far as progress needs one; what it shows is `screen`. */
static struct {
    int master;
    char cell[ROWS][COLUMNS + 1];
    size_t row, column, width;
    size_t wraps; /* rows that were too long */
} terminal;

static int
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

static void
erase(size_t row, size_t from)
{
    memset(terminal.cell[row] + from, ' ', COLUMNS - from);
}

/* "ESC [ number letter", behind the bracket; returns what follows. */
static const char *
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

static void
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
static const char *
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

static void
clear(void)
{
    set_stderr(stream);
    progress_clear(progress);
    restore_stderr();
}

static const char two_bars[] =
    "file                                done       read       lines  lines/s  "
    "errors\n";

static void
test_terminal(void **state)
{
    (void)state;
    begin(terminal_out(80, 24));
    assert_true(progress_is_live(progress));
    assert_int_equal(draw(0.01), 100); /* at once */
    assert_non_null(strstr(screen(), "a.tsv.gz"));
    assert_int_equal(draw(0.05), 60);
    atomic_store(&fake.workers[0].slot->gauges.offset, 50 << 20);
    atomic_store(&fake.workers[0].slot->gauges.lines, 500000);
    draw(2);
    assert_string_equal(screen(), two_bars);
    clear();
}
int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_lines, tear_down),
        cmocka_unit_test_teardown(test_silence, tear_down),
        cmocka_unit_test_teardown(test_closed, tear_down),
        cmocka_unit_test_teardown(test_terminal, tear_down),
    };

    alarm(DEADLINE_S);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
