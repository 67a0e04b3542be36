/* A file's turn: opened, looked at and locked (docs/contract.md 5). */
// LDFLAGS: -Wl,--wrap=renameat2 -Wl,--wrap=flock
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "unit/file_cases.h"

static void
test_open(void **state)
{
    struct input *file = opened("a.gz");
    char text[8] = "";

    (void)state;
    assert_true(S_ISREG(file->at_start.st_mode));
    assert_int_equal(file->at_start.st_size, 4);
    assert_int_equal(read(file->fd, text, sizeof(text)), 4);
    assert_string_equal(text, "text");
    assert_true(fcntl(file->fd, F_GETFD) & FD_CLOEXEC);
    assert_true(is_locked(file->path));
    file->type->close(file);
    assert_int_equal(file->fd, -1);
    assert_false(is_locked(file->path));
    file->type->close(file);
    assert_int_equal(outcome.end, INPUT_END_DONE);
}

/* A dry run changes nothing, not even for a moment. */
static void
test_open_dry(void **state)
{
    struct input *file = list_of(temp_file("a.gz", ""), NULL, NULL);

    (void)state;
    assert_false(purpose_type(PURPOSE_DRY)->stores);
    assert_true(file->type->open(file, false, &outcome));
    assert_false(is_locked(file->path));
}

static void
make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
}

static void
test_unreadable(void **state)
{
    static const struct {
        const char *name, *says;
    } cases[] = {
        {"dir", "it is a directory"},
        {"pipe", "it is a pipe"},
        {"socket", "it is a socket"},
        {"../../dev/null", "it is a device"},
        {"nope", "there is no such file"},
        {"a.gz/below", "there is no such file"},
        {"broken", "it is a link to nothing, which is not there: mend or"},
        {"loop", "symbolic links"},
    };

    (void)state;
    temp_file("a.gz", "");
    assert_int_equal(mkdir(temp_path("dir"), 0700), 0);
    assert_int_equal(mkfifo(temp_path("pipe"), 0600), 0);
    make_socket(temp_path("socket"));
    assert_int_equal(symlink("nothing", temp_path("broken")), 0);
    assert_int_equal(symlink("loop", temp_path("loop")), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct input *file = list_of(temp_path(cases[i].name), NULL, NULL);

        assert_false(claim(file));
        assert_settled(file, INPUT_END_FAILED, "unreadable", cases[i].says);
        input_list_release(&list);
    }
}

/* Whoever runs the same command again is told where the file is. */
static void
test_loaded_before(void **state)
{
    struct input *file;

    (void)state;
    temp_file(".a.gz", "");
    file = list_of(temp_path("a.gz"), NULL, NULL);
    assert_false(claim(file));
    assert_settled(file, INPUT_END_FAILED, "unreadable",
        "it was loaded before: .a.gz is there, which can be loaded by that "
        "name");
}

static void
test_forbidden(void **state)
{
    struct input *file = list_of(temp_file("a.gz", ""), NULL, NULL);
    bool is_open;

    (void)state;
    assert_int_equal(chmod(file->path, 0), 0);
    as_nobody(true);
    is_open = claim(file);
    as_nobody(false);
    assert_false(is_open);
    assert_settled(file, INPUT_END_FAILED, "unreadable", "Permission denied");
    assert_non_null(strstr(outcome.message, "a user who may read it"));
}

static void
test_gone(void **state)
{
    struct input *file = list_of(temp_file("a.gz", ""), NULL, NULL);

    (void)state;
    assert_int_equal(rename(file->path, temp_path(".a.gz")), 0);
    assert_false(claim(file));
    assert_settled(file, INPUT_END_SKIPPED, "gone", "it is gone");
}

static void
rename_away(void)
{
    before_flock = NULL;
    rename(temp_path("a.gz"), temp_path(".a.gz"));
}

static void
replace_it(void)
{
    rename_away();
    temp_file("a.gz", "text");
}

/* Another loader renames it between our open and our lock. */
static void
test_gone_before_lock(void **state)
{
    (void)state;
    for (int replaced = 0; replaced < 2; replaced++) {
        struct input *file = list_of(temp_file("a.gz", "text"), NULL, NULL);

        before_flock = replaced ? replace_it : rename_away;
        assert_false(claim(file));
        assert_settled(file, INPUT_END_SKIPPED, "gone", "it is gone");
        input_list_release(&list);
    }
}

/* Starts a process that holds the lock until it is told to end. */
static pid_t
start_holder(const char *path, int *end)
{
    int told[2], ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct input file = {
            .type = &input_file, .path = strdup(path), .fd = -1};

        alarm(DEADLINE_S);
        close(told[1]);
        byte = claim(&file) ? 'y' : 'n';
        if (write(ready[1], &byte, 1) != 1 || read(told[0], &byte, 1))
            _exit(1);
        free(file.path);
        _exit(0);
    }
    close(told[0]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(ready[0]);
    *end = told[1];
    return pid;
}

static void
test_locked(void **state)
{
    struct input *file = list_of(temp_file("a.gz", ""), NULL, NULL);
    int end, status;
    pid_t pid = start_holder(file->path, &end);

    (void)state;
    assert_false(claim(file));
    assert_settled(file, INPUT_END_SKIPPED, "locked", "another loader");
    close(end);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(claim(file)); /* the lock died with it */
}

/* Where files cannot be locked there is a warning, and loading. */
static void
test_no_locks(void **state)
{
    struct input *file = list_of(temp_file("a.gz", ""), NULL, NULL);
    int fd = open(temp_path("log"), O_RDWR | O_CREAT | O_APPEND, 0600);
    char *log;

    (void)state;
    flock_errno = ENOLCK;
    log_init(fd, LOG_I);
    assert_true(claim(file));
    log_init(STDERR_FILENO, LOG_E);
    close(fd);
    log = temp_read(temp_path("log"));
    assert_non_null(strstr(log, "a.gz: cannot be locked: No locks available"));
    free(log);
}

/* A child that has the descriptor too does not keep the lock. */
static void
test_lock_and_child(void **state)
{
    struct input *file = opened("a.gz");
    int hold[2];
    char byte;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(hold), 0);
    pid = fork();
    if (pid == 0) {
        close(hold[1]);
        _exit(read(hold[0], &byte, 1) != 0);
    }
    close(hold[0]);
    assert_true(is_locked(file->path));
    file->type->close(file);
    assert_false(is_locked(file->path));
    close(hold[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

enum { RACERS = 4, RACED_FILES = 40 };

/* Loads what it gets: each load leaves one byte in NUMBER.loads. */
static void
race(int ready, int start)
{
    char pattern[512], name[32], byte;
    char *patterns[] = {pattern};
    struct settings settings = {
        .input.rename = true, .input.patterns = {patterns, 1}};
    struct input_list mine;
    struct err err;

    snprintf(pattern, sizeof(pattern), "%s/*.gz", temp_dir);
    alarm(DEADLINE_S);
    if (input_list_make(&mine, &settings, &err) || write(ready, "r", 1) != 1 ||
        read(start, &byte, 1) != 0)
        _exit(1);
    for (size_t i = 0; i < mine.n; i++) {
        struct input *file = &mine.input[i];
        int fd;

        if (!claim(file)) {
            if (outcome.end != INPUT_END_SKIPPED)
                _exit(2);
            continue;
        }
        snprintf(name, sizeof(name), "%.2s.loads", file->base);
        fd = open(temp_path(name), O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd < 0 || write(fd, "x", 1) != 1)
            _exit(3);
        close(fd);
        /* so that the others come by while it is at it */
        for (int turn = 0; turn < 200; turn++)
            sched_yield();
        finish(file);
        if (outcome.end != INPUT_END_DONE)
            _exit(4);
    }
    input_list_release(&mine);
    _exit(0);
}

static void
test_race(void **state)
{
    pid_t pids[RACERS];
    char name[32], byte;
    int ready[2], start[2], status;

    (void)state;
    for (int i = 0; i < RACED_FILES; i++) {
        snprintf(name, sizeof(name), "%02d.gz", i);
        temp_file(name, "text");
    }
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(start), 0);
    for (int i = 0; i < RACERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            close(start[1]);
            race(ready[1], start[0]);
        }
    }
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(read(ready[0], &byte, 1), 1);
    close(start[0]);
    close(start[1]);
    close(ready[0]);
    close(ready[1]);
    for (int i = 0; i < RACERS; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < RACED_FILES; i++) {
        char *loads;

        snprintf(name, sizeof(name), "%02d.loads", i);
        loads = temp_read(temp_path(name));
        assert_non_null(loads);
        assert_string_equal(loads, "x");
        free(loads);
        snprintf(name, sizeof(name), ".%02d.gz", i);
        assert_true(temp_exists(temp_path(name)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_open),
        TEST(test_open_dry),
        TEST(test_unreadable),
        TEST(test_loaded_before),
        TEST(test_forbidden),
        TEST(test_gone),
        TEST(test_gone_before_lock),
        TEST(test_locked),
        TEST(test_no_locks),
        TEST(test_lock_and_child),
        TEST(test_race),
    };

    alarm(DEADLINE_S);
    log_init(STDERR_FILENO, LOG_E);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
