/* Where and when progress is shown: on a terminal, and elsewhere. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/progress.h"
#include "unit/fake_run.h"
#include "unit/terminal.h"

enum { DEADLINE_S = 60 };

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
        fake_run_wait(&fake, i);
        fake_run_begin(&fake, i, i, FAKE_START_NS);
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
    ms = progress_draw(progress, &fake.run.task,
        FAKE_START_NS + (int64_t)(at_s * 1e9));
    restore_stderr();
    return ms;
}

static void
begin(int fd)
{
    make_run();
    stream = fd;
    set_stderr(stream);
    progress = progress_new(&fake.settings);
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
        fake.settings.output.quiet = quiet;
        fake.settings.output.progress =
            quiet ? PROGRESS_ALWAYS : PROGRESS_NEVER;
        progress = progress_new(&fake.settings);
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

static void
clear(void)
{
    set_stderr(stream);
    progress_clear(progress);
    restore_stderr();
}

static void
say(const char *text)
{
    assert_int_equal(write(stream, text, strlen(text)), strlen(text));
}

/* Drawn over and over, taken away, put back below what came in between. */
static void
test_bars(void **state)
{
    (void)state;
    begin(terminal_out(80, 24));
    assert_true(progress_is_live(progress));
    say("a line\n");
    assert_int_equal(draw(0.01), 100); /* at once */
    assert_int_equal(draw(0.05), 60);
    assert_non_null(strstr(screen(), "a.tsv.gz"));
    for (int i = 2; i <= 20; i++) {
        atomic_store(&fake.places[0].slot->gauges.offset,
            (uint64_t)i * 2500 << 10);
        atomic_store(&fake.places[0].slot->gauges.lines, (uint64_t)i * 25000);
        draw(i / 10.0);
    }
    assert_string_equal(screen(),
        "a line\n"
        "file                        done       read       lines  lines/s"
        "  errors   left\n"
        "a.tsv.gz   [#####.......]   48 %   48.8 MiB     500,000  250,000"
        "       0    2 s\n"
        "b.tsv.gz   [............]    0 %        0 B           0        0"
        "       0\n"
        "total 1/3  [#####.......]   49 %  148.8 MiB   1,500,000  750,000"
        "      12    2 s\n");
    /* a bar less: nothing of it stays */
    fake_settle(&fake.at[1], INPUT_FAILED, INPUT_REASON_CORRUPT, "");
    fake.places[1].at = NULL;
    draw(2.1);
    assert_null(strstr(screen(), "b.tsv.gz"));
    clear();
    assert_string_equal(screen(), "a line\n");
    clear();
    say("another line\n");
    assert_int_equal(draw(2.11), 100); /* back at once */
    assert_int_equal(strncmp(screen(), "a line\nanother line\nfile ", 25), 0);
    assert_non_null(strstr(screen(), "total 2/3"));
    clear();
    assert_string_equal(screen(), "a line\nanother line\n");
    close(terminal.master);
}

/* It is asked for its size each time. */
static void
test_resized(void **state)
{
    struct winsize size = {.ws_row = 3, .ws_col = 30};

    (void)state;
    begin(terminal_out(80, 24));
    say("a line\n");
    draw(1);
    assert_non_null(strstr(screen(), "lines/s"));
    assert_int_equal(ioctl(stream, TIOCSWINSZ, &size), 0);
    fold(30);
    draw(2);
    assert_string_equal(screen(), "a line\nfile                     done\n"
                                  "total 1/3  [###......]   33 %\n");
    clear();
    assert_string_equal(screen(), "a line\n");
    close(terminal.master);
}

static void
test_environment(void **state)
{
    static const struct {
        const char *term, *no_color;
        bool is_live, has_colours;
    } cases[] = {
        {"xterm", NULL, true, true},
        {"xterm", "", true, true},
        {"xterm", "1", true, false},
        {"dumb", NULL, false, false},
        {"", NULL, false, false},
        {NULL, NULL, false, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char bytes[8192];
        ssize_t n;

        if (i)
            tear_down(state);
        unsetenv("TERM");
        unsetenv("NO_COLOR");
        if (cases[i].term)
            setenv("TERM", cases[i].term, 1);
        if (cases[i].no_color)
            setenv("NO_COLOR", cases[i].no_color, 1);
        begin(terminal_out(80, 24));
        assert_int_equal(progress_is_live(progress), cases[i].is_live);
        draw(5);
        n = read(terminal.master, bytes, sizeof(bytes) - 1);
        assert_true(n > 0);
        bytes[n] = '\0';
        assert_int_equal(strstr(bytes, "\033[2m") != NULL,
            cases[i].has_colours);
        assert_int_equal(strstr(bytes, "\033[K") != NULL, cases[i].is_live);
        close(terminal.master);
    }
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
}

/* A terminal that hung up takes nothing; the load goes on. */
static void
test_hung_up(void **state)
{
    (void)state;
    begin(terminal_out(80, 24));
    draw(1);
    close(terminal.master);
    assert_int_equal(draw(2), 100);
    clear();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_lines, tear_down),
        cmocka_unit_test_teardown(test_silence, tear_down),
        cmocka_unit_test_teardown(test_closed, tear_down),
        cmocka_unit_test_teardown(test_bars, tear_down),
        cmocka_unit_test_teardown(test_resized, tear_down),
        cmocka_unit_test_teardown(test_environment, tear_down),
        cmocka_unit_test_teardown(test_hung_up, tear_down),
    };

    alarm(DEADLINE_S);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
