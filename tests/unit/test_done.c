/* Opening, locking, checking and renaming files (DESIGN A.5). */
// LDFLAGS: -Wl,--wrap=renameat2 -Wl,--wrap=flock
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/log.h"
#include "super/done.h"
#include "unit/temp_dir.h"

enum { DEADLINE_S = 60, NOBODY = 65534 };

int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to,
    unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to,
    unsigned flags);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

/* What the wrapped calls do besides; 0 and NULL: nothing. */
static int rename_errno, flock_errno;
static void (*before_rename)(void);
static void (*before_flock)(void);

int
__wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to,
    unsigned flags)
{
    if (before_rename)
        before_rename();
    if (rename_errno) {
        errno = rename_errno;
        return -1;
    }
    return __real_renameat2(from_dir, from, to_dir, to, flags);
}

int
__wrap_flock(int fd, int operation)
{
    if (before_flock)
        before_flock();
    if (flock_errno) {
        errno = flock_errno;
        return -1;
    }
    return __real_flock(fd, operation);
}

static const struct job usual = {.rename = true};
static struct file_list list;

static int
set_up(void **state)
{
    rename_errno = flock_errno = 0;
    before_rename = before_flock = NULL;
    return temp_dir_make(state) || chmod(temp_dir, 0777);
}

static int
tear_down(void **state)
{
    for (size_t i = 0; i < list.n; i++)
        file_close(&list.file[i]);
    file_list_release(&list);
    return temp_dir_remove(state);
}

/* A list of these paths, "" ends it. */
static struct file *
list_of(const char *first, const char *second, const char *third)
{
    char *items[3];
    struct job job = {.rename = true, .files = {items, 0}};
    const char *given[] = {first, second, third};
    struct err err;

    for (size_t i = 0; i < 3 && given[i]; i++)
        items[job.files.n++] = (char *)(uintptr_t)given[i];
    assert_int_equal(file_list_make(&list, &job, &err), 0);
    return list.file;
}

static struct file *
opened(const char *name)
{
    struct file *file = list_of(temp_file(name, "text"), NULL, NULL);

    assert_true(file_open(file, &usual));
    return file;
}

static void
assert_settled(const struct file *file, enum file_status status,
    const char *reason, const char *says)
{
    assert_int_equal(file->status, status);
    assert_string_equal(file->reason, reason);
    if (!strstr(file->message, says))
        fail_msg("\"%s\" does not say \"%s\"", file->message, says);
    assert_int_equal(file->fd, -1);
}

static bool
is_locked(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_free;

    assert_true(fd >= 0);
    is_free = __real_flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return !is_free;
}

static void
test_open(void **state)
{
    struct file *file = opened("a.gz");
    char text[8] = "";

    (void)state;
    assert_true(S_ISREG(file->at_start.st_mode));
    assert_int_equal(file->at_start.st_size, 4);
    assert_int_equal(read(file->fd, text, sizeof(text)), 4);
    assert_string_equal(text, "text");
    assert_true(fcntl(file->fd, F_GETFD) & FD_CLOEXEC);
    assert_true(is_locked(file->path));
    file_close(file);
    assert_int_equal(file->fd, -1);
    assert_false(is_locked(file->path));
    file_close(file);
    assert_string_equal(file->reason, "");
}

/* A dry run changes nothing, not even for a moment. */
static void
test_open_dry(void **state)
{
    struct job dry = {.dry = true};
    struct file *file = list_of(temp_file("a.gz", ""), NULL, NULL);

    (void)state;
    assert_true(file_open(file, &dry));
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
        {"broken", "there is no such file"},
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
        struct file *file = list_of(temp_path(cases[i].name), NULL, NULL);

        assert_false(file_open(file, &usual));
        assert_settled(file, FILE_FAILED, "unreadable", cases[i].says);
        file_list_release(&list);
    }
}

/* Root may do everything, so the calls are made as nobody. */
static void
as_nobody(bool yes)
{
    static bool was_root;

    if (yes)
        was_root = geteuid() == 0;
    if (was_root)
        assert_int_equal(seteuid(yes ? NOBODY : 0), 0);
}

static void
test_forbidden(void **state)
{
    struct file *file = list_of(temp_file("a.gz", ""), NULL, NULL);
    bool is_open;

    (void)state;
    assert_int_equal(chmod(file->path, 0), 0);
    as_nobody(true);
    is_open = file_open(file, &usual);
    as_nobody(false);
    assert_false(is_open);
    assert_settled(file, FILE_FAILED, "unreadable", "Permission denied");
    assert_non_null(strstr(file->message, "a user who may read it"));
}

static void
test_gone(void **state)
{
    struct file *file = list_of(temp_file("a.gz", ""), NULL, NULL);

    (void)state;
    assert_int_equal(rename(file->path, temp_path(".a.gz")), 0);
    assert_false(file_open(file, &usual));
    assert_settled(file, FILE_SKIPPED, "gone", "it is gone");
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
        struct file *file = list_of(temp_file("a.gz", "text"), NULL, NULL);

        before_flock = replaced ? replace_it : rename_away;
        assert_false(file_open(file, &usual));
        assert_settled(file, FILE_SKIPPED, "gone", "it is gone");
        file_list_release(&list);
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
        struct file file = {.path = strdup(path), .fd = -1};

        alarm(DEADLINE_S);
        close(told[1]);
        byte = file_open(&file, &usual) ? 'y' : 'n';
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
    struct file *file = list_of(temp_file("a.gz", ""), NULL, NULL);
    int end, status;
    pid_t pid = start_holder(file->path, &end);

    (void)state;
    assert_false(file_open(file, &usual));
    assert_settled(file, FILE_SKIPPED, "locked", "another loader");
    close(end);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(file_open(file, &usual)); /* the lock died with it */
}

/* Where files cannot be locked there is a warning, and loading. */
static void
test_no_locks(void **state)
{
    struct file *file = list_of(temp_file("a.gz", ""), NULL, NULL);
    int fd = open(temp_path("log"), O_RDWR | O_CREAT | O_APPEND, 0600);
    char *log;

    (void)state;
    flock_errno = ENOLCK;
    log_init(fd, LOG_I);
    assert_true(file_open(file, &usual));
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
    struct file *file = opened("a.gz");
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
    file_close(file);
    assert_false(is_locked(file->path));
    close(hold[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool was_locked;

static void
note_lock(void)
{
    was_locked = is_locked(temp_path("a.gz"));
}

static void
test_rename(void **state)
{
    struct file *file = opened("a.gz");
    char *text;

    (void)state;
    before_rename = note_lock;
    was_locked = false;
    file_settle(file, FILE_DONE, "", "%s", "");
    file_finish(file);
    assert_settled(file, FILE_DONE, "", "");
    assert_true(was_locked);
    assert_true(file->is_renamed_or_kept);
    assert_string_equal(file->renamed_to, temp_path(".a.gz"));
    assert_false(temp_exists(temp_path("a.gz")));
    text = temp_read(temp_path(".a.gz"));
    assert_string_equal(text, "text");
    free(text);
    assert_false(is_locked(temp_path(".a.gz")));
}

static void
test_rename_here(void **state)
{
    char back[512];
    struct file *file;

    (void)state;
    temp_file("a.gz", "text");
    assert_non_null(getcwd(back, sizeof(back)));
    assert_int_equal(chdir(temp_dir), 0);
    file = list_of("a.gz", NULL, NULL);
    assert_true(file_open(file, &usual));
    file_settle(file, FILE_DONE, "", "%s", "");
    file_finish(file);
    assert_int_equal(chdir(back), 0);
    assert_settled(file, FILE_DONE, "", "");
    assert_string_equal(file->renamed_to, ".a.gz");
    assert_true(temp_exists(temp_path(".a.gz")));
}

/* With and without a filesystem that can rename without replacing. */
static void
test_rename_over(void **state)
{
    static const int errors[] = {0, EINVAL, ENOSYS};

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct file *file = opened("a.gz");
        char *text;

        temp_file(".a.gz", "older");
        rename_errno = errors[i];
        file_settle(file, FILE_DONE, "", "%s", "");
        file_finish(file);
        assert_settled(file, FILE_FAILED, "rename", ".a.gz is there already");
        assert_null(file->renamed_to);
        assert_true(temp_exists(temp_path("a.gz")));
        assert_false(is_locked(temp_path("a.gz")));
        text = temp_read(temp_path(".a.gz"));
        assert_string_equal(text, "older");
        free(text);
        file_list_release(&list);
    }
}

static void
test_fallback(void **state)
{
    static const int errors[] = {EINVAL, ENOSYS};

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct file *file = opened("a.gz");
        struct stat found;

        rename_errno = errors[i];
        file_settle(file, FILE_DONE, "", "%s", "");
        file_finish(file);
        assert_settled(file, FILE_DONE, "", "");
        assert_false(temp_exists(temp_path("a.gz")));
        assert_int_equal(stat(temp_path(".a.gz"), &found), 0);
        assert_int_equal(found.st_ino, file->at_start.st_ino);
        assert_int_equal(found.st_nlink, 1);
        assert_int_equal(unlink(temp_path(".a.gz")), 0);
        file_list_release(&list);
    }
}

static void
test_rename_fails(void **state)
{
    struct file *file = opened("a.gz");

    (void)state;
    rename_errno = EROFS;
    file_settle(file, FILE_DONE, "", "%s", "");
    file_finish(file);
    assert_settled(file, FILE_FAILED, "rename", "Read-only file system");
    assert_non_null(strstr(file->message, "not renamed to .a.gz"));
    assert_true(temp_exists(temp_path("a.gz")));
}

static void
test_rename_forbidden(void **state)
{
    struct file *file = opened("a.gz");

    (void)state;
    file_settle(file, FILE_DONE, "", "%s", "");
    assert_int_equal(chmod(temp_dir, 0555), 0);
    as_nobody(true);
    file_finish(file);
    as_nobody(false);
    assert_int_equal(chmod(temp_dir, 0777), 0);
    assert_settled(file, FILE_FAILED, "rename", "Permission denied");
}

/* In a directory that may be written but not listed. */
static void
test_rename_unlisted(void **state)
{
    struct file *file = opened("a.gz");

    (void)state;
    file_settle(file, FILE_DONE, "", "%s", "");
    assert_int_equal(chmod(temp_dir, 0333), 0);
    as_nobody(true);
    file_finish(file);
    as_nobody(false);
    assert_int_equal(chmod(temp_dir, 0777), 0);
    assert_settled(file, FILE_DONE, "", "");
    assert_true(temp_exists(temp_path(".a.gz")));
}

static void
test_long_name(void **state)
{
    char name[256] = "";
    struct file *file;

    (void)state;
    memset(name, 'n', 255);
    file = opened(name);
    file_settle(file, FILE_DONE, "", "%s", "");
    file_finish(file);
    assert_settled(file, FILE_FAILED, "rename", "");
    assert_true(temp_exists(temp_path(name)));
}

static void
test_changed(void **state)
{
    static const char *const ways[] = {"was written to", "was written to",
        "was replaced", "was removed or renamed"};

    (void)state;
    for (int way = 0; way < 8; way++) {
        struct file *file = opened("a.gz");
        struct timespec times[2] = {
            file->at_start.st_atim, file->at_start.st_mtim};
        int fd;

        times[1].tv_nsec ^= 1;
        file->renames = way < 4; /* those that keep their name as well */
        switch (way % 4) {
        case 0: /* longer, under the old time */
            fd = open(file->path, O_WRONLY | O_APPEND);
            assert_int_equal(write(fd, "x", 1), 1);
            times[1].tv_nsec ^= 1;
            assert_int_equal(futimens(fd, times), 0);
            close(fd);
            break;
        case 1: /* as long, at another time */
            assert_int_equal(utimensat(AT_FDCWD, file->path, times, 0), 0);
            break;
        case 2:
            assert_int_equal(rename(temp_file("new", "text"), file->path), 0);
            break;
        default:
            assert_int_equal(unlink(file->path), 0);
        }
        file_settle(file, FILE_DONE, "", "%s", "");
        file_finish(file);
        assert_settled(file, FILE_FAILED, "changed", ways[way % 4]);
        assert_true(file->is_renamed_or_kept);
        assert_null(file->renamed_to);
        assert_false(temp_exists(temp_path(".a.gz")));
        file_list_release(&list);
    }
}

static void
test_kept(void **state)
{
    struct file *file = opened(".a.gz");

    (void)state;
    assert_false(file->renames);
    file_settle(file, FILE_DONE, "", "%s", "");
    file_finish(file);
    assert_settled(file, FILE_DONE, "", "");
    assert_true(file->is_renamed_or_kept);
    assert_null(file->renamed_to);
    assert_true(temp_exists(temp_path(".a.gz")));
}

static void
test_symlink(void **state)
{
    static const int errors[] = {0, EINVAL};
    struct stat found;

    (void)state;
    assert_int_equal(mkdir(temp_path("far"), 0700), 0);
    temp_file("far/target", "text");
    for (size_t i = 0; i < 2; i++) {
        struct file *file;

        assert_int_equal(symlink("far/target", temp_path("a.gz")), 0);
        file = list_of(temp_path("a.gz"), NULL, NULL);
        rename_errno = errors[i];
        assert_true(file_open(file, &usual));
        assert_true(is_locked(temp_path("far/target")));
        file_settle(file, FILE_DONE, "", "%s", "");
        file_finish(file);
        assert_settled(file, FILE_DONE, "", "");
        assert_int_equal(lstat(temp_path(".a.gz"), &found), 0);
        assert_true(S_ISLNK(found.st_mode));
        assert_false(temp_exists(temp_path("a.gz")));
        assert_true(temp_exists(temp_path("far/target")));
        assert_int_equal(unlink(temp_path(".a.gz")), 0);
        file_list_release(&list);
    }
    /* the target changes, not the link */
    assert_int_equal(symlink("far/target", temp_path("a.gz")), 0);
    assert_true(file_open(list_of(temp_path("a.gz"), NULL, NULL), &usual));
    temp_file("far/target", "longer");
    file_settle(list.file, FILE_DONE, "", "%s", "");
    file_finish(list.file);
    assert_settled(list.file, FILE_FAILED, "changed", "was written to");
}

static void
test_stdin(void **state)
{
    struct file *file = list_of("-", NULL, NULL);
    int saved = dup(STDIN_FILENO);

    (void)state;
    assert_true(file_open(file, &usual));
    assert_int_equal(file->fd, STDIN_FILENO);
    file_settle(file, FILE_DONE, "", "%s", "");
    file_finish(file);
    assert_settled(file, FILE_DONE, "", "");
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    close(STDIN_FILENO);
    assert_false(file_open(file, &usual));
    dup2(saved, STDIN_FILENO);
    close(saved);
    assert_settled(file, FILE_FAILED, "unreadable", "standard input");
}

/* Names appear in order, though files end in another. */
static void
test_order(void **state)
{
    struct file *file;

    (void)state;
    temp_file("a", "");
    temp_file("b", "");
    file = list_of(temp_path("a"), temp_path("b"), temp_file("c", ""));
    for (int i = 0; i < 3; i++)
        assert_true(file_open(&file[i], &usual));
    file_settle(&file[2], FILE_DONE, "", "%s", "");
    files_rename_settled(&list);
    assert_true(temp_exists(temp_path("c")));
    assert_true(is_locked(temp_path("c")));
    file_settle(&file[1], FILE_FAILED, "corrupt", "%s", "");
    files_rename_settled(&list);
    assert_int_equal(file[1].fd, -1); /* free for the next try at once */
    assert_true(temp_exists(temp_path("c")));
    file_settle(&file[0], FILE_DONE, "", "%s", "");
    files_rename_settled(&list);
    assert_true(temp_exists(temp_path(".a")));
    assert_true(temp_exists(temp_path("b")));
    assert_true(temp_exists(temp_path(".c")));
    files_rename_settled(&list);
    for (int i = 0; i < 3; i++)
        assert_int_equal(file[i].fd, -1);
    assert_int_equal(file[2].status, FILE_DONE);
}

enum { RACERS = 4, RACED_FILES = 40 };

/* Loads what it gets: each load leaves one byte in NUMBER.loads. */
static void
race(int ready, int start)
{
    char pattern[512], name[32], byte;
    char *patterns[] = {pattern};
    struct job job = {.rename = true, .patterns = {patterns, 1}};
    struct file_list mine;
    struct err err;

    snprintf(pattern, sizeof(pattern), "%s/*.gz", temp_dir);
    alarm(DEADLINE_S);
    if (file_list_make(&mine, &job, &err) || write(ready, "r", 1) != 1 ||
        read(start, &byte, 1) != 0)
        _exit(1);
    for (size_t i = 0; i < mine.n; i++) {
        struct file *file = &mine.file[i];
        int fd;

        if (!file_open(file, &job)) {
            if (file->status != FILE_SKIPPED)
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
        file_settle(file, FILE_DONE, "", "%s", "");
        file_finish(file);
        if (file->status != FILE_DONE)
            _exit(4);
    }
    file_list_release(&mine);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_open),
        TEST(test_open_dry),
        TEST(test_unreadable),
        TEST(test_forbidden),
        TEST(test_gone),
        TEST(test_gone_before_lock),
        TEST(test_locked),
        TEST(test_no_locks),
        TEST(test_lock_and_child),
        TEST(test_rename),
        TEST(test_rename_here),
        TEST(test_rename_over),
        TEST(test_fallback),
        TEST(test_rename_fails),
        TEST(test_rename_forbidden),
        TEST(test_rename_unlisted),
        TEST(test_long_name),
        TEST(test_changed),
        TEST(test_kept),
        TEST(test_symlink),
        TEST(test_stdin),
        TEST(test_order),
        TEST(test_race),
    };

    alarm(DEADLINE_S);
    log_init(STDERR_FILENO, LOG_E);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
