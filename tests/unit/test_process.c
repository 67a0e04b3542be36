/* Children that we forked: each is reaped by its own pid, and keeps nothing of
 * the others (src/proc/process.h). */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/process.h"

enum { DEADLINE_S = 60, WAIT_MS = 20000 };

/* Waits for its end as a poll loop does. */
static void
await(struct process *process, struct process_end *end)
{
    struct pollfd fd;
    int wait_ms;

    while (!process_reap(process, end)) {
        process_wants(process, &fd, &wait_ms);
        assert_true(poll(&fd, 1, wait_ms < 0 ? WAIT_MS : wait_ms) >= 0);
    }
    assert_false(process_is_running(process));
}

static void
test_ends(void **state)
{
    struct process process = {0};
    struct process_end end;

    (void)state;
    if (process_start(&process, PROCESS_IS_ASKED) == 0)
        _exit(0);
    await(&process, &end);
    assert_true(process_ended_well(&end));
    if (process_start(&process, PROCESS_IS_ASKED) == 0)
        _exit(3);
    await(&process, &end);
    assert_false(process_ended_well(&end));
    assert_int_equal(WEXITSTATUS(end.wait_status), 3);
    if (process_start(&process, PROCESS_IS_KILLED) == 0)
        for (;;)
            pause();
    assert_false(process_reap(&process, &end));
    process_signal(&process, SIGTERM); /* which it ignores */
    process_signal(&process, SIGKILL);
    await(&process, &end);
    assert_int_equal(WTERMSIG(end.wait_status), SIGKILL);
    process_signal(&process, SIGKILL); /* nothing runs: nothing happens */
}

/* A child of somebody else in this process stays theirs. */
static void
test_others_are_left_alone(void **state)
{
    struct process process = {0};
    struct process_end end;
    pid_t other = fork();
    int status;

    (void)state;
    if (other == 0)
        _exit(7);
    if (process_start(&process, PROCESS_IS_ASKED) == 0)
        _exit(0);
    await(&process, &end);
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(WEXITSTATUS(status), 7);
}

/* One that somebody else has waited for is gone, and nothing is known of it. */
static void
test_taken_by_another(void **state)
{
    struct process process = {0};
    struct process_end end;
    pid_t pid = process_start(&process, PROCESS_IS_ASKED);

    (void)state;
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(process_reap(&process, &end));
    assert_false(process_ended_well(&end));
}

static void
test_a_child_keeps_nothing_of_others(void **state)
{
    struct process first = {0}, second = {0}, third = {0};
    struct process_end end;
    bool is_kept;

    (void)state;
    if (process_start(&first, PROCESS_IS_KILLED) == 0)
        for (;;)
            pause();
    if (process_start(&second, PROCESS_IS_KILLED) == 0)
        for (;;)
            pause();
    if (process_start(&third, PROCESS_IS_ASKED) == 0) {
        is_kept = fcntl(first.exit_fd, F_GETFD) >= 0 ||
                  fcntl(second.exit_fd, F_GETFD) >= 0;
        _exit(is_kept ? 1 : 0);
    }
    await(&third, &end);
    assert_true(process_ended_well(&end));
    /* in any order */
    process_signal(&first, SIGKILL);
    process_signal(&second, SIGKILL);
    await(&first, &end);
    await(&second, &end);
    if (process_start(&first, PROCESS_IS_ASKED) == 0)
        _exit(0);
    await(&first, &end);
    assert_true(process_ended_well(&end));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_others_are_left_alone),
        cmocka_unit_test(test_taken_by_another),
        cmocka_unit_test(test_a_child_keeps_nothing_of_others),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
