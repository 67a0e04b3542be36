/* A file's end: checked and renamed, in order (docs/contract.md 5). */
// LDFLAGS: -Wl,--wrap=renameat2 -Wl,--wrap=flock
#include "unit/file_cases.h"

static bool was_locked;

static void
note_lock(void)
{
    was_locked = is_locked(temp_path("a.gz"));
}

static void
test_rename(void **state)
{
    struct input *file = opened("a.gz");
    char *text;

    (void)state;
    before_rename = note_lock;
    was_locked = false;
    finish(file);
    assert_settled(file, INPUT_END_DONE, "", "");
    assert_true(was_locked);
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
    struct input *file;

    (void)state;
    temp_file("a.gz", "text");
    assert_non_null(getcwd(back, sizeof(back)));
    assert_int_equal(chdir(temp_dir), 0);
    file = list_of("a.gz", NULL, NULL);
    assert_true(claim(file));
    finish(file);
    assert_int_equal(chdir(back), 0);
    assert_settled(file, INPUT_END_DONE, "", "");
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
        struct input *file = opened("a.gz");
        char *text;

        temp_file(".a.gz", "older");
        rename_errno = errors[i];
        finish(file);
        assert_settled(file, INPUT_END_FAILED, "rename",
            ".a.gz is there already");
        assert_null(file->renamed_to);
        assert_true(temp_exists(temp_path("a.gz")));
        assert_false(is_locked(temp_path("a.gz")));
        text = temp_read(temp_path(".a.gz"));
        assert_string_equal(text, "older");
        free(text);
        input_list_release(&list);
    }
}

static void
test_fallback(void **state)
{
    static const int errors[] = {EINVAL, ENOSYS};

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct input *file = opened("a.gz");
        struct stat found;

        rename_errno = errors[i];
        finish(file);
        assert_settled(file, INPUT_END_DONE, "", "");
        assert_false(temp_exists(temp_path("a.gz")));
        assert_int_equal(stat(temp_path(".a.gz"), &found), 0);
        assert_int_equal(found.st_ino, file->at_start.st_ino);
        assert_int_equal(found.st_nlink, 1);
        assert_int_equal(unlink(temp_path(".a.gz")), 0);
        input_list_release(&list);
    }
}

static void
test_rename_fails(void **state)
{
    struct input *file = opened("a.gz");

    (void)state;
    rename_errno = EROFS;
    finish(file);
    assert_settled(file, INPUT_END_FAILED, "rename", "Read-only file system");
    assert_non_null(strstr(outcome.message, "not renamed to .a.gz"));
    assert_true(temp_exists(temp_path("a.gz")));
}

static void
test_rename_forbidden(void **state)
{
    struct input *file = opened("a.gz");

    (void)state;
    assert_int_equal(chmod(temp_dir, 0555), 0);
    as_nobody(true);
    finish(file);
    as_nobody(false);
    assert_int_equal(chmod(temp_dir, 0777), 0);
    assert_settled(file, INPUT_END_FAILED, "rename", "Permission denied");
}

/* In a directory that may be written but not listed. */
static void
test_rename_unlisted(void **state)
{
    struct input *file = opened("a.gz");

    (void)state;
    assert_int_equal(chmod(temp_dir, 0333), 0);
    as_nobody(true);
    finish(file);
    as_nobody(false);
    assert_int_equal(chmod(temp_dir, 0777), 0);
    assert_settled(file, INPUT_END_DONE, "", "");
    assert_true(temp_exists(temp_path(".a.gz")));
}

static void
test_long_name(void **state)
{
    char name[256] = "";
    struct input *file;

    (void)state;
    memset(name, 'n', 255);
    file = opened(name);
    finish(file);
    assert_settled(file, INPUT_END_FAILED, "rename", "");
    assert_true(temp_exists(temp_path(name)));
}

static void
test_changed(void **state)
{
    static const char *const ways[] = {"was written to", "was written to",
        "was replaced", "was removed or renamed"};

    (void)state;
    for (int way = 0; way < 8; way++) {
        struct input *file = opened("a.gz");
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
        finish(file);
        assert_settled(file, INPUT_END_FAILED, "changed", ways[way % 4]);
        assert_null(file->renamed_to);
        assert_false(temp_exists(temp_path(".a.gz")));
        input_list_release(&list);
    }
}

static void
test_kept(void **state)
{
    struct input *file = opened(".a.gz");

    (void)state;
    assert_false(file->renames);
    finish(file);
    assert_settled(file, INPUT_END_DONE, "", "");
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
        struct input *file;

        assert_int_equal(symlink("far/target", temp_path("a.gz")), 0);
        file = list_of(temp_path("a.gz"), NULL, NULL);
        rename_errno = errors[i];
        assert_true(claim(file));
        assert_true(is_locked(temp_path("far/target")));
        finish(file);
        assert_settled(file, INPUT_END_DONE, "", "");
        assert_int_equal(lstat(temp_path(".a.gz"), &found), 0);
        assert_true(S_ISLNK(found.st_mode));
        assert_false(temp_exists(temp_path("a.gz")));
        assert_true(temp_exists(temp_path("far/target")));
        assert_int_equal(unlink(temp_path(".a.gz")), 0);
        input_list_release(&list);
    }
    /* the target changes, not the link */
    assert_int_equal(symlink("far/target", temp_path("a.gz")), 0);
    assert_true(claim(list_of(temp_path("a.gz"), NULL, NULL)));
    temp_file("far/target", "longer");
    finish(list.input);
    assert_settled(list.input, INPUT_END_FAILED, "changed", "was written to");
}

static void
test_stdin(void **state)
{
    struct input *file = list_of("-", NULL, NULL);
    int saved = dup(STDIN_FILENO);

    (void)state;
    assert_true(claim(file));
    assert_int_equal(file->fd, STDIN_FILENO);
    finish(file);
    assert_settled(file, INPUT_END_DONE, "", "");
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    close(STDIN_FILENO);
    assert_false(claim(file));
    dup2(saved, STDIN_FILENO);
    close(saved);
    assert_settled(file, INPUT_END_FAILED, "unreadable", "standard input");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    alarm(DEADLINE_S);
    log_init(STDERR_FILENO, LOG_E);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
