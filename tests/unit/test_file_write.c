/* Files written whole or not at all. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/file_write.h"
#include "unit/temp_dir.h"

enum { DEADLINE_S = 60 };

static struct err err;

static void
assert_text(const char *path, const char *wanted)
{
    char *text = temp_read(path);

    assert_non_null(text);
    assert_string_equal(text, wanted);
    free(text);
}

static size_t
n_names(void)
{
    DIR *dir = opendir(temp_dir);
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

static void
test_new_and_old(void **state)
{
    mode_t mask = umask(027);
    const char *path = temp_path("out");
    struct stat found;

    (void)state;
    assert_int_equal(file_write(path, "one\n", 4, &err), 0);
    umask(mask);
    assert_text(path, "one\n");
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0640);
    assert_int_equal(file_write(path, "2", 1, &err), 0);
    assert_text(path, "2");
    assert_int_equal(file_write(path, "", 0, &err), 0);
    assert_text(path, "");
    assert_int_equal(n_names(), 1);
}

static void
test_here(void **state)
{
    char back[512];

    (void)state;
    assert_non_null(getcwd(back, sizeof(back)));
    assert_int_equal(chdir(temp_dir), 0);
    assert_int_equal(file_write("out", "x", 1, &err), 0);
    assert_int_equal(chdir(back), 0);
    assert_text(temp_path("out"), "x");
}

static void
test_symlink(void **state)
{
    struct stat found;

    (void)state;
    temp_file("target", "old");
    assert_int_equal(symlink("target", temp_path("link")), 0);
    assert_int_equal(file_write(temp_path("link"), "new", 3, &err), 0);
    assert_int_equal(lstat(temp_path("link"), &found), 0);
    assert_true(S_ISLNK(found.st_mode));
    assert_text(temp_path("target"), "new");
}

/* As /dev/stdout is, where that was redirected to a file which is gone. */
static void
test_link_to_a_file_without_a_name(void **state)
{
    char *gone = temp_file("gone", "old and longer"), link[32], text[8] = "";
    struct stat found;
    int fd = open(gone, O_RDWR);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(unlink(gone), 0);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    assert_int_equal(symlink(link, temp_path("link")), 0);
    assert_int_equal(file_may_write(temp_path("link"), &err), 0);
    assert_int_equal(file_write(temp_path("link"), "new", 3, &err), 0);
    assert_int_equal(lstat(temp_path("link"), &found), 0);
    assert_true(S_ISLNK(found.st_mode));
    assert_int_equal(pread(fd, text, sizeof(text), 0), 3);
    assert_string_equal(text, "new");
    close(fd);
}

/* A device or a pipe is never replaced by a file. */
static void
test_special(void **state)
{
    const char *path = temp_path("pipe");
    struct stat found;
    char text[4] = "";
    int fd;

    (void)state;
    assert_int_equal(file_write("/dev/null", "x", 1, &err), 0);
    assert_int_equal(stat("/dev/null", &found), 0);
    assert_true(S_ISCHR(found.st_mode));
    assert_int_equal(mkfifo(path, 0600), 0);
    fd = open(path, O_RDONLY | O_NONBLOCK);
    assert_int_equal(file_write(path, "abc", 3, &err), 0);
    assert_int_equal(read(fd, text, sizeof(text)), 3);
    assert_memory_equal(text, "abc", 3);
    close(fd);
    assert_int_equal(stat(path, &found), 0);
    assert_true(S_ISFIFO(found.st_mode));
}

static void
test_failures(void **state)
{
    static const struct {
        const char *path, *says;
    } cases[] = {
        {"/dev/full", "No space left"},
        {"/nowhere/at/all", "No such file"},
        {"/", "Is a directory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        err = (struct err){0};
        assert_int_equal(file_write(cases[i].path, "x", 1, &err), -1);
        assert_int_equal(err.code, ERR_IO);
        assert_non_null(strstr(err.text, cases[i].path));
        assert_non_null(strstr(err.text, cases[i].says));
    }
}

/* Asked beforehand: the same errors, and no trace. */
static void
test_may_write(void **state)
{
    static const struct {
        const char *path, *says;
    } refused[] = {
        {"/nowhere/at/all", "No such file"},
        {"/", "Is a directory"},
        {"/dev/null/x", "Not a directory"},
    };
    const char *old = temp_file("old", "as it was"), *pipe = temp_path("pipe");
    struct stat before, after;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        err = (struct err){0};
        assert_int_equal(file_may_write(refused[i].path, &err), -1);
        assert_int_equal(err.code, ERR_IO);
        assert_non_null(strstr(err.text, refused[i].path));
        assert_non_null(strstr(err.text, refused[i].says));
    }
    assert_int_equal(stat(old, &before), 0);
    assert_int_equal(file_may_write(old, &err), 0);
    assert_int_equal(stat(old, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_text(old, "as it was");
    assert_int_equal(file_may_write(temp_path("new"), &err), 0);
    assert_int_equal(symlink("old", temp_path("link")), 0);
    assert_int_equal(file_may_write(temp_path("link"), &err), 0);
    /* nobody reads it yet: no reason to wait */
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(file_may_write(pipe, &err), 0);
    assert_int_equal(file_may_write("/dev/null", &err), 0);
    assert_int_equal(n_names(), 3);
}

/* A name as long as names may be leaves no room for one beside it. */
static void
test_long_name(void **state)
{
    char name[256];
    const char *path;

    (void)state;
    memset(name, 'n', 255);
    name[255] = '\0';
    path = temp_path(name);
    assert_int_equal(file_may_write(path, &err), 0);
    assert_int_equal(file_write(path, "x", 1, &err), 0);
    assert_text(path, "x");
    assert_int_equal(n_names(), 1);
}

/* Where it fails in the middle, the old file stays and nothing else. */
static void
test_too_large(void **state)
{
    const char *path = temp_file("out", "old");
    struct rlimit limit, few = {4096, RLIM_INFINITY};
    char *much = calloc(1, 1 << 20);

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    few.rlim_max = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    int rc = file_write(path, much, 1 << 20, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    free(much);
    assert_int_equal(rc, -1);
    assert_non_null(strstr(err.text, "File too large"));
    assert_text(path, "old");
    assert_int_equal(n_names(), 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, temp_dir_make, temp_dir_remove)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_and_old),
        TEST(test_here),
        TEST(test_symlink),
        TEST(test_link_to_a_file_without_a_name),
        TEST(test_special),
        TEST(test_failures),
        TEST(test_may_write),
        TEST(test_long_name),
        TEST(test_too_large),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
