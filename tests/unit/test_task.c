/* How a task ends its inputs: names in order, names given back, skips. */
// LDFLAGS: -Wl,--wrap=renameat2 -Wl,--wrap=flock
#include <sys/resource.h>
#include <sys/wait.h>

#include "run/task.h"
#include "unit/file_cases.h"

static struct task task;

/* Three inputs a, b, c, each open and under way. */
static void
begin(void)
{
    list_of(temp_file("a", "text"), temp_file("b", "text"),
        temp_file("c", "text"));
    task = (struct task){0};
    task_take(&task, &list);
    assert_int_equal(task.n, 3);
    assert_int_equal(list.n, 0); /* it is the task's now */
    for (size_t i = 0; i < 3; i++) {
        struct run_input *at = &task.inputs[i];

        assert_ptr_equal(at->input, &task.list.input[i]);
        assert_int_equal(at->status.state, INPUT_WAITING);
        assert_true(claim(at->input));
        input_happened(&at->status, INPUT_STARTED);
    }
}

static int
end(void **state)
{
    task_release(&task);
    return tear_down(state);
}

static void
settle(size_t i, enum input_end how, enum input_reason reason)
{
    struct input_outcome of;

    input_outcome_set(&of, how, reason, "%s", reason ? "why" : "");
    input_settle(&task.inputs[i].status, &of);
}

static void
done(size_t i)
{
    settle(i, INPUT_END_DONE, INPUT_REASON_NONE);
}

static void
assert_state(size_t i, enum input_state state, enum input_reason reason)
{
    assert_string_equal(input_state_word(task.inputs[i].status.state),
        input_state_word(state));
    assert_int_equal(task.inputs[i].status.state, state);
    assert_int_equal(task.inputs[i].status.reason, reason);
}

/* Names appear in order, though files end in another. */
static void
names_appear_in_order(void **state)
{
    (void)state;
    begin();
    done(2);
    task_finish_settled(&task);
    assert_true(temp_exists(temp_path("c")));
    assert_true(is_locked(temp_path("c")));
    assert_state(2, INPUT_DONE, INPUT_REASON_NONE);
    settle(1, INPUT_END_FAILED, INPUT_REASON_CORRUPT);
    task_finish_settled(&task);
    /* free for the next try at once */
    assert_int_equal(task.inputs[1].input->fd, -1);
    assert_false(is_locked(temp_path("b")));
    assert_true(temp_exists(temp_path("c")));
    assert_int_equal(task_done(&task), 1);
    done(0);
    task_finish_settled(&task);
    assert_true(temp_exists(temp_path(".a")));
    assert_true(temp_exists(temp_path("b")));
    assert_true(temp_exists(temp_path(".c")));
    assert_false(temp_exists(temp_path("a")));
    assert_false(temp_exists(temp_path("c")));
    task_finish_settled(&task); /* changes nothing any more */
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(task.inputs[i].input->fd, -1);
    assert_state(0, INPUT_FINISHED, INPUT_REASON_NONE);
    assert_state(1, INPUT_FAILED, INPUT_REASON_CORRUPT);
    assert_state(2, INPUT_FINISHED, INPUT_REASON_NONE);
    assert_string_equal(task.inputs[2].input->renamed_to, temp_path(".c"));
    assert_int_equal(task_done(&task), 2);
}

/* What is read waits for the servers, and those behind it with it. */
static void
one_that_is_read_is_not_settled(void **state)
{
    (void)state;
    begin();
    input_happened(&task.inputs[0].status, INPUT_WAS_READ);
    done(1);
    settle(2, INPUT_END_INTERRUPTED, INPUT_REASON_INTERRUPTED);
    task_finish_settled(&task);
    assert_true(is_locked(temp_path("a")));
    assert_true(is_locked(temp_path("b")));
    assert_false(is_locked(temp_path("c")));
    assert_state(1, INPUT_DONE, INPUT_REASON_NONE);
    done(0);
    task_finish_settled(&task);
    assert_state(0, INPUT_FINISHED, INPUT_REASON_NONE);
    assert_state(1, INPUT_FINISHED, INPUT_REASON_NONE);
    assert_true(temp_exists(temp_path(".b")));
}

/* What is read back has its name settled: it is let go at once, whatever became
 * of the file since it was opened. */
static void
read_back_and_gone(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < 3; i++)
        task.inputs[i].input->is_loaded = true;
    assert_int_equal(unlink(temp_path("b")), 0);
    done(1);
    task_finish_settled(&task);
    assert_state(1, INPUT_FINISHED, INPUT_REASON_NONE);
    assert_int_equal(task.inputs[1].input->fd, -1);
    done(0);
    task_finish_settled(&task);
    assert_state(0, INPUT_FINISHED, INPUT_REASON_NONE);
    assert_true(temp_exists(temp_path("a")));
    assert_null(task.inputs[0].input->renamed_to);
}

/* One that is done keeps its name where that is wanted; it is checked. */
static void
kept_and_changed(void **state)
{
    (void)state;
    begin();
    task.inputs[0].input->renames = false;
    done(0);
    assert_int_equal(unlink(temp_path("b")), 0);
    done(1);
    temp_file(".c", "older");
    done(2);
    task_finish_settled(&task);
    assert_state(0, INPUT_FINISHED, INPUT_REASON_NONE);
    assert_null(task.inputs[0].input->renamed_to);
    assert_true(temp_exists(temp_path("a")));
    assert_state(1, INPUT_FAILED, INPUT_REASON_CHANGED);
    assert_non_null(strstr(task.inputs[1].status.message, "was removed"));
    assert_state(2, INPUT_FAILED, INPUT_REASON_RENAME);
    assert_non_null(strstr(task.inputs[2].status.message, "is there already"));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(task.inputs[i].input->fd, -1);
    assert_int_equal(task_done(&task), 1);
}

static void
finish_first(void)
{
    done(0);
    task_finish_settled(&task);
    assert_true(temp_exists(temp_path(".a")));
}

/* A server lost what was loaded of it, for good. */
static void
a_name_is_given_back(void **state)
{
    struct input_outcome lost;

    (void)state;
    begin();
    finish_first();
    input_outcome_fail(&lost, INPUT_REASON_LOST, "%s", "gone");
    input_lost_for_good(&task.inputs[0].status, &lost);
    task_finish_settled(&task);
    assert_state(0, INPUT_FAILED, INPUT_REASON_LOST);
    assert_true(temp_exists(temp_path("a")));
    assert_false(temp_exists(temp_path(".a")));
    assert_null(task.inputs[0].input->renamed_to);
}

static unsigned n_renames;

static void
count_rename(void)
{
    n_renames++;
}

/* It is told once, not at every turn. */
static void
a_name_that_cannot_be_given_back(void **state)
{
    struct input_outcome lost;

    (void)state;
    begin();
    finish_first();
    temp_file("a", "another");
    input_outcome_fail(&lost, INPUT_REASON_LOST, "%s", "gone");
    input_lost_for_good(&task.inputs[0].status, &lost);
    before_rename = count_rename;
    n_renames = 0;
    log_init(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_E);
    task_finish_settled(&task);
    task_finish_settled(&task);
    log_init(STDERR_FILENO, LOG_E);
    assert_int_equal(n_renames, 1);
    assert_true(task.inputs[0].input->is_stuck);
    assert_string_equal(task.inputs[0].input->renamed_to, temp_path(".a"));
    assert_true(temp_exists(temp_path(".a")));
    assert_true(temp_exists(temp_path("a")));
}

/* Loaded again under its new name: finished again at once, out of turn. */
static void
one_loaded_again_keeps_its_new_name(void **state)
{
    (void)state;
    begin();
    done(1);
    finish_first();
    assert_false(temp_exists(temp_path("b")));
    input_happened(&task.inputs[1].status, INPUT_WAS_LOST);
    assert_true(task.inputs[1].input->type->open_again(task.inputs[1].input));
    input_happened(&task.inputs[1].status, INPUT_STARTED);
    input_happened(&task.inputs[0].status, INPUT_WAS_LOST);
    task_finish_settled(&task);
    assert_true(is_locked(temp_path(".b")));
    input_happened(&task.inputs[1].status, INPUT_WAS_READ);
    done(1);
    before_rename = count_rename;
    n_renames = 0;
    task_finish_settled(&task);
    assert_int_equal(n_renames, 0);
    assert_state(1, INPUT_FINISHED, INPUT_REASON_NONE);
    assert_int_equal(task.inputs[1].input->fd, -1);
    assert_string_equal(task.inputs[1].input->renamed_to, temp_path(".b"));
}

static void
the_rest_is_skipped(void **state)
{
    (void)state;
    begin();
    for (size_t i = 1; i < 3; i++)
        input_status_init(&task.inputs[i].status);
    task_skip(&task, 1, INPUT_REASON_NO_SERVER);
    assert_state(0, INPUT_LOADING, INPUT_REASON_NONE);
    for (size_t i = 1; i < 3; i++) {
        assert_state(i, INPUT_SKIPPED, INPUT_REASON_NO_SERVER);
        assert_string_equal(task.inputs[i].status.message, "it was not begun");
    }
    task_finish_settled(&task);
    assert_false(is_locked(temp_path("c")));
}

/* A child that leaves the task holds no descriptor but its own input's. */
static void
a_child_leaves(void **state)
{
    (void)state;
    for (int own = 0; own < 2; own++) {
        int status;
        pid_t pid;

        begin();
        pid = fork();
        if (pid == 0) {
            int ours = task.inputs[1].input->fd, is_good;

            task_leave(&task, own ? task.inputs[1].input : NULL);
            is_good = fcntl(task.inputs[0].input->fd, F_GETFD) < 0 &&
                      fcntl(task.inputs[2].input->fd, F_GETFD) < 0 &&
                      (fcntl(ours, F_GETFD) >= 0) == own &&
                      fcntl(STDIN_FILENO, F_GETFD) >= 0;
            _exit(!is_good);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        for (size_t i = 0; i < 3; i++)
            assert_true(is_locked(task.inputs[i].input->path));
        task_release(&task);
    }
}

/* Where descriptors are short and some are under way, the rest waits. */
static void
waits_for_descriptors(void **state)
{
    struct rlimit old, few;

    (void)state;
    begin();
    assert_false(task_must_wait(&task));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    few = old;
    few.rlim_cur = (rlim_t)task.inputs[2].input->fd + 2;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_true(task_must_wait(&task));
    input_happened(&task.inputs[0].status, INPUT_WAS_READ);
    done(1);
    done(2);
    assert_true(task_must_wait(&task));
    done(0);
    assert_false(task_must_wait(&task)); /* nothing will become free */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void
places(void **state)
{
    (void)state;
    begin();
    task_make_places(&task, 2, 3);
    assert_int_equal(task.n_places, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_null(task.places[i].at);
        assert_int_equal(task.places[i].slot->n_servers, 3);
        assert_int_equal(task.places[i].periods[2], 0);
        assert_int_equal(task.places[i].sample_fd, -1);
    }
    task.purpose = PURPOSE_READBACK;
    task_release(&task);
    assert_int_equal(task.purpose, PURPOSE_READBACK);
    assert_int_equal(task.n + task.n_places, 0);
}

static void
how_long_it_took(void **state)
{
    struct run_input at = {0};

    (void)state;
    assert_true(run_input_elapsed_s(&at) == 0);
    at.started_ns = 1000000000;
    assert_true(run_input_elapsed_s(&at) == 0);
    at.ended_ns = 1000000000;
    assert_true(run_input_elapsed_s(&at) == 0);
    at.ended_ns = 3500000000;
    assert_true(run_input_elapsed_s(&at) == 2.5);
}

#define TASK(name) cmocka_unit_test_setup_teardown(name, set_up, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TASK(names_appear_in_order),
        TASK(one_that_is_read_is_not_settled),
        TASK(read_back_and_gone),
        TASK(kept_and_changed),
        TASK(a_name_is_given_back),
        TASK(a_name_that_cannot_be_given_back),
        TASK(one_loaded_again_keeps_its_new_name),
        TASK(the_rest_is_skipped),
        TASK(a_child_leaves),
        TASK(waits_for_descriptors),
        TASK(places),
        cmocka_unit_test(how_long_it_took),
    };

    alarm(DEADLINE_S);
    log_init(STDERR_FILENO, LOG_E);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
