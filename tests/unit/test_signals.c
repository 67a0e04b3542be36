/* Signals as readable bytes, for as long as their owner wants
 * (src/proc/signals.h). */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/signals.h"

enum { DEADLINE_S = 60, WAIT_MS = 20000, APART_MS = 300 };

static volatile sig_atomic_t n_own;

static void
on_own(int number)
{
    (void)number;
    n_own = n_own + 1;
}

static void
open_signals(int *fd_out)
{
    struct err err;

    *fd_out = signals_open("", 4, &err);
    assert_true(*fd_out >= 0);
    signals_begun();
}

static void
wait_readable(int fd)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&readable, 1, WAIT_MS), 1);
}

static void (*handler_of(int number))(int)
{
    struct sigaction now;

    sigaction(number, NULL, &now);
    return now.sa_handler;
}

static void
test_stops_are_counted(void **state)
{
    int fd;

    (void)state;
    open_signals(&fd);
    assert_int_equal(signals_take_stops(), 0);
    /* within a moment they are one */
    raise(SIGINT);
    raise(SIGTERM);
    wait_readable(fd);
    assert_int_equal(signals_take_stops(), 1);
    assert_int_equal(signals_take_stops(), 0);
    poll(NULL, 0, APART_MS);
    raise(SIGINT);
    wait_readable(fd);
    assert_int_equal(signals_take_stops(), 1);
    signals_close();
}

/* Once they are closed, everything is as it was; and they can be opened again,
 * where an earlier stop says nothing. */
static void
test_all_is_as_before(void **state)
{
    sigset_t blocked, now;
    int fd;

    (void)state;
    signal(SIGINT, on_own);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    for (int i = 0; i < 2; i++) {
        open_signals(&fd);
        assert_ptr_equal(handler_of(SIGPIPE), SIG_IGN);
        assert_int_equal(signals_take_stops(), 0);
        raise(SIGINT);
        wait_readable(fd);
        assert_int_equal(signals_take_stops(), 1);
        assert_int_equal(n_own, i);
        signals_close();
        assert_ptr_equal(handler_of(SIGINT), on_own);
        assert_ptr_equal(handler_of(SIGPIPE), SIG_DFL);
        assert_ptr_equal(handler_of(SIGCHLD), SIG_DFL);
        sigprocmask(SIG_SETMASK, NULL, &now);
        assert_true(sigismember(&now, SIGTERM));
        assert_false(sigismember(&now, SIGINT));
        raise(SIGINT);
        assert_int_equal(n_own, i + 1);
    }
    sigemptyset(&blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    signal(SIGINT, SIG_DFL);
}

/* As nohup(1) and a shell's background leave them. SIGTERM is always heard. */
static void
test_ignored_ones_stay_so(void **state)
{
    int fd;

    (void)state;
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    open_signals(&fd);
    raise(SIGHUP);
    assert_int_equal(signals_take_stops(), 0);
    raise(SIGTERM);
    wait_readable(fd);
    assert_int_equal(signals_take_stops(), 1);
    signals_close();
    assert_ptr_equal(handler_of(SIGHUP), SIG_IGN);
    signal(SIGHUP, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

/* What is left takes no time, and is not cut off. */
static void
test_ignored_for_good(void **state)
{
    int status, fd;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        open_signals(&fd);
        signals_ignore();
        raise(SIGINT);
        raise(SIGTERM);
        raise(SIGHUP);
        _exit(9);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 9);
}

/* Before anything is begun a second stop ends the program there and then. */
static void
test_a_second_early_stop(void **state)
{
    struct err err;
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        if (signals_open("", 4, &err) < 0)
            _exit(1);
        raise(SIGINT);
        poll(NULL, 0, APART_MS);
        raise(SIGINT);
        _exit(9);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stops_are_counted),
        cmocka_unit_test(test_all_is_as_before),
        cmocka_unit_test(test_ignored_ones_stay_so),
        cmocka_unit_test(test_ignored_for_good),
        cmocka_unit_test(test_a_second_early_stop),
    };

    /* a shell's background leaves them ignored */
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
