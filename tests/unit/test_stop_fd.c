/* SIGTERM as a descriptor, in a child process each. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/stop_fd.h"

enum { DEADLINE_S = 60 };

static bool
is_readable(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};

    return poll(&entry, 1, 0) == 1;
}

static int
no_stop(void)
{
    return is_readable(stop_fd_open()) ? 1 : 0;
}

static int
stop_after(void)
{
    int fd = stop_fd_open();

    if (is_readable(fd))
        return 1;
    raise(SIGTERM);
    raise(SIGTERM);
    return is_readable(fd) && is_readable(fd) ? 0 : 2;
}

/* As between the fork and the call. */
static int
stop_before(void)
{
    raise(SIGTERM);
    return is_readable(stop_fd_open()) ? 0 : 1;
}

/* Who has the descriptor may ask for a stop, and the handler adds to it. */
static int
stop_by_hand(void)
{
    int fd = stop_fd_open();

    eventfd_write(fd, UINT64_MAX - 1); /* full: more cannot be written */
    raise(SIGTERM);
    return is_readable(fd) ? 0 : 1;
}

static void
test_each_in_a_child(void **state)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } cases[] = {
        {"no stop", no_stop},
        {"a stop after the call", stop_after},
        {"a stop before the call", stop_before},
        {"a stop by hand", stop_by_hand},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status;
        sigset_t term;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            alarm(DEADLINE_S);
            sigemptyset(&term);
            sigaddset(&term, SIGTERM);
            sigprocmask(SIG_BLOCK, &term, NULL);
            _exit(cases[i].run());
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail_msg("%s: status %x", cases[i].name, (unsigned)status);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_in_a_child),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
