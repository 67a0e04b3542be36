/*
 * What the tests of opening and renaming files share: a list of files in a
 * directory of the test's own, and the calls that they make fail. A test that
 * includes this links with --wrap=renameat2 and --wrap=flock.
 */
#ifndef UNIT_FILE_CASES_H
#define UNIT_FILE_CASES_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>

#include <cmocka.h>

#include "base/log.h"
#include "input/list.h"
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

static struct input_list list;

/* What the last claim() or finish() said. */
static struct input_outcome outcome;

static inline int
set_up(void **state)
{
    rename_errno = flock_errno = 0;
    before_rename = before_flock = NULL;
    return temp_dir_make(state) || chmod(temp_dir, 0777);
}

static inline int
tear_down(void **state)
{
    for (size_t i = 0; i < list.n; i++)
        list.input[i].type->close(&list.input[i]);
    input_list_release(&list);
    return temp_dir_remove(state);
}

/* A list of these paths, "" ends it. */
static inline struct input *
list_of(const char *first, const char *second, const char *third)
{
    char *items[3];
    struct settings settings = {
        .input.rename = true, .input.files = {items, 0}};
    const char *given[] = {first, second, third};
    struct err err;

    for (size_t i = 0; i < 3 && given[i]; i++)
        items[settings.input.files.n++] = (char *)(uintptr_t)given[i];
    assert_int_equal(input_list_make(&list, &settings, &err), 0);
    return list.input;
}

/* Opens it to load it. */
static inline bool
claim(struct input *file)
{
    input_outcome_done(&outcome);
    return file->type->open(file, true, &outcome);
}

/* It was loaded: the check and the rename. */
static inline void
finish(struct input *file)
{
    bool is_fine;

    input_outcome_done(&outcome);
    is_fine = input_finish(file, &outcome);
    assert_int_equal(is_fine, outcome.end == INPUT_END_DONE);
}

static inline struct input *
opened(const char *name)
{
    struct input *file = list_of(temp_file(name, "text"), NULL, NULL);

    assert_true(claim(file));
    return file;
}

static inline void
assert_settled(const struct input *file, enum input_end end, const char *reason,
    const char *says)
{
    assert_int_equal(outcome.end, end);
    assert_string_equal(input_reason_word(outcome.reason), reason);
    if (!strstr(outcome.message, says))
        fail_msg("\"%s\" does not say \"%s\"", outcome.message, says);
    assert_int_equal(file->fd, -1);
}

static inline bool
is_locked(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_free;

    assert_true(fd >= 0);
    is_free = __real_flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return !is_free;
}

/* Root may do everything, so the calls are made as nobody. */
static inline void
as_nobody(bool yes)
{
    static bool was_root;

    if (yes)
        was_root = geteuid() == 0;
    if (was_root)
        assert_int_equal(seteuid(yes ? NOBODY : 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
