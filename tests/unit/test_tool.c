/* Other programs: what they leave behind is ended with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/tool.h"

enum { LONG_MS = 60000, SHORT_MS = 300 };

static struct text out, said;
static struct err err;

static int
run(const char *script, int64_t timeout_ms)
{
    const char *argv[] = {"sh", "-c", script, NULL};

    text_clear(&out);
    text_clear(&said);
    return tool_run(argv, NULL, timeout_ms, &out, &said, &err);
}

static int
tear_down(void **state)
{
    (void)state;
    text_release(&out);
    text_release(&said);
    return 0;
}

/* We are its parent now: it is told of by waitpid(2), killed. */
static void
assert_killed(pid_t pid)
{
    int64_t until = clock_ms() + LONG_MS;
    int status = 0;

    while (waitpid(pid, &status, WNOHANG) != pid) {
        assert_true(clock_ms() < until);
        usleep(1000);
    }
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static pid_t
printed_pid(void)
{
    pid_t pid = (pid_t)strtol(out.data, NULL, 10);

    assert_true(pid > 1);
    return pid;
}

static void
test_too_late(void **state)
{
    (void)state;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    assert_int_equal(run("sleep 1000 & echo $!; wait", SHORT_MS), -1);
    assert_int_equal(err.code, ERR_TIMEOUT);
    assert_killed(printed_pid());
}

static void
test_left_behind(void **state)
{
    (void)state;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    assert_int_equal(run("sleep 1000 & echo $!", LONG_MS), 0);
    assert_killed(printed_pid());
}

/* A control: what ends by itself. */
static void
test_in_time(void **state)
{
    (void)state;
    assert_int_equal(run("echo 1; echo 2 >&2", LONG_MS), 0);
    assert_string_equal(out.data, "1\n");
    assert_string_equal(said.data, "2\n");
    assert_int_equal(run("kill -9 $$", LONG_MS), -1);
    assert_int_equal(run("exit 3", LONG_MS), -1);
    assert_string_equal(err.text, "sh ended with status 3");
}

/* Asked to end while it waits: the program goes first, then we. */
static void
test_stopped(void **state)
{
    int64_t started_ms = clock_ms();
    int status, ends[2];
    char text[32] = "";
    pid_t pid;

    (void)state;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char script[64];

        snprintf(script, sizeof(script), "echo $$ >/proc/%d/fd/%d; sleep 1000",
            (int)getpid(), ends[1]);
        run(script, LONG_MS);
        _exit(0);
    }
    close(ends[1]);
    assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
    close(ends[0]);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_int_equal(kill((pid_t)strtol(text, NULL, 10), 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_true(clock_ms() - started_ms < LONG_MS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_late),
        cmocka_unit_test(test_left_behind),
        cmocka_unit_test(test_in_time),
        cmocka_unit_test(test_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
