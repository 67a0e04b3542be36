#include "input/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "input/dot_names.h"

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const char *
kind_of(const struct stat *found)
{
    switch (found->st_mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a pipe";
    case S_IFSOCK:
        return "a socket";
    default:
        return "a device";
    }
}

/* If it was there when the list was made, another loader may have renamed it;
 * if it was not, an earlier run may have. */
static void
settle_missing(const struct input *input, struct input_outcome *outcome)
{
    char *done = name_done(input->path);
    char to[128];
    ssize_t n_bytes = readlink(input->path, to, sizeof(to));

    if (input->at_start.st_mode)
        input_outcome_set(outcome, INPUT_END_SKIPPED, INPUT_REASON_GONE,
            "it is gone: renamed by another loader, or removed");
    else if (name_led_to_done(input->path))
        input_outcome_fail(outcome, INPUT_REASON_UNREADABLE,
            "it is a link to a file that was loaded before, and has a dot in "
            "front of its name now: mend or remove the link");
    else if (n_bytes > 0)
        input_outcome_fail(outcome, INPUT_REASON_UNREADABLE,
            "it is a link to %.*s%s, which is not there: mend or remove the "
            "link",
            (int)n_bytes, to, n_bytes == sizeof(to) ? "..." : "");
    else if (name_is_there(done))
        input_outcome_fail(outcome, INPUT_REASON_UNREADABLE,
            "it was loaded before: .%s is there, which can be loaded by that "
            "name",
            input->base);
    else
        input_outcome_fail(outcome, INPUT_REASON_UNREADABLE,
            "there is no such file: check the name");
    free(done);
}

static void
settle_unreadable(const struct input *input, int error,
    struct input_outcome *outcome)
{
    const char *advice = "mend that and run again";

    if (error == ENOENT || error == ENOTDIR) {
        settle_missing(input, outcome);
        return;
    }
    if (error == EACCES || error == EPERM)
        advice = "run as a user who may read it";
    else if (error == EMFILE || error == ENFILE)
        advice = "raise `ulimit -n` and run again";
    errno = error;
    input_outcome_fail(outcome, INPUT_REASON_UNREADABLE,
        "cannot be opened: %m: %s", advice);
}

static void
settle_kind(const struct stat *found, struct input_outcome *outcome)
{
    input_outcome_fail(outcome, INPUT_REASON_UNREADABLE,
        "it is %s: only files can be loaded%s", kind_of(found),
        S_ISDIR(found->st_mode)    ? " (name the files in it, or --pattern)"
        : S_ISFIFO(found->st_mode) ? " (for a pipe, give - and redirect it)"
                                   : "");
}

/*
 * Looked at before it is opened, since opening a device may do something; and
 * never waiting for a pipe's other end, should one take its place in between.
 */
static int
open_regular(const struct input *input, struct stat *found,
    struct input_outcome *outcome)
{
    int fd;

    if (stat(input->path, found)) {
        settle_unreadable(input, errno, outcome);
        return -1;
    }
    if (!S_ISREG(found->st_mode)) {
        settle_kind(found, outcome);
        return -1;
    }
    fd = open(input->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, found)) {
        settle_unreadable(input, errno, outcome);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (!S_ISREG(found->st_mode)) {
        settle_kind(found, outcome);
        close(fd);
        return -1;
    }
    return fd;
}

/* False when another loader has it. */
static bool
lock(const struct input *input, int fd)
{
    int rc;

    do
        rc = flock(fd, LOCK_EX | LOCK_NB);
    while (rc && errno == EINTR);
    if (rc && errno == EWOULDBLOCK)
        return false;
    /* some network filesystems lock nothing that is open for reading only */
    if (rc)
        log_warn("%s: cannot be locked: %s: make sure that no other loader "
                 "runs on it",
            input->path, strerror(errno));
    return true;
}

static bool
is_unchanged(const struct stat *now, const struct stat *then)
{
    return is_same_file(now, then) && now->st_size == then->st_size &&
           now->st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now->st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

/* What was opened is what stands under its name, and what is wanted. */
static bool
is_wanted(const struct input *input, const struct stat *found,
    struct input_outcome *outcome)
{
    struct stat now = {0};

    /* the lock may have come free because the file was just renamed */
    if (stat(input->path, &now) && errno != ENOENT && errno != ENOTDIR) {
        settle_unreadable(input, errno, outcome);
        return false;
    }
    if (!is_same_file(&now, found)) {
        input_outcome_set(outcome, INPUT_END_SKIPPED, INPUT_REASON_GONE,
            "it is gone: renamed by another loader, removed or replaced");
        return false;
    }
    if (input->is_loaded && !is_unchanged(found, &input->at_start)) {
        input_outcome_fail(outcome, INPUT_REASON_CHANGED,
            "it is not what was loaded any more");
        return false;
    }
    return true;
}

static bool
file_open(struct input *input, bool claims, struct input_outcome *outcome)
{
    struct stat found;
    int fd;

    must(input->fd < 0);
    fd = open_regular(input, &found, outcome);
    if (fd < 0)
        return false;
    if (claims && !lock(input, fd)) {
        input_outcome_set(outcome, INPUT_END_SKIPPED, INPUT_REASON_LOCKED,
            "another loader is at it; it stays with that one");
        close(fd);
        return false;
    }
    if (!is_wanted(input, &found, outcome)) {
        close(fd);
        return false;
    }
    input->fd = fd;
    input->at_start = found;
    return true;
}

static void
file_close(struct input *input)
{
    if (input->fd < 0)
        return;
    /* by name, since a child may still hold the descriptor */
    flock(input->fd, LOCK_UN);
    close(input->fd);
    input->fd = -1;
}

static bool
file_open_again(struct input *input)
{
    const char *path = input->renamed_to ? input->renamed_to : input->path;
    bool is_locked = input->fd >= 0;
    struct stat now;

    if (input->fd < 0)
        input->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (input->fd < 0)
        return false;
    if ((!is_locked && !lock(input, input->fd)) || fstat(input->fd, &now) ||
        !is_unchanged(&now, &input->at_start) ||
        lseek(input->fd, 0, SEEK_SET) != 0) {
        file_close(input);
        return false;
    }
    return true;
}

static bool
file_check_unchanged(const struct input *input, struct input_outcome *outcome)
{
    const struct stat *then = &input->at_start;
    const char *what = NULL;
    struct stat now, there;
    bool is_there = stat(input->path, &there) == 0;

    if ((!is_there && errno != ENOENT && errno != ENOTDIR) ||
        fstat(input->fd, &now)) {
        input_outcome_fail(outcome, INPUT_REASON_CHANGED,
            "it cannot be looked at any more: %m: mend that and run again");
        return false;
    }
    if (!is_there)
        what = "was removed or renamed";
    else if (!is_same_file(&there, then))
        what = "was replaced";
    else if (!is_unchanged(&now, then))
        what = "was written to";
    if (!what)
        return true;
    input_outcome_fail(outcome, INPUT_REASON_CHANGED,
        "it %s while it was loaded: run again when it is complete", what);
    return false;
}

/* Never over an existing file. 0 or an errno. */
static int
rename_in(int dir, const char *from, const char *to)
{
    if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    /* this filesystem knows no such flag; a link never replaces either */
    if (linkat(dir, from, dir, to, 0))
        return errno;
    if (unlinkat(dir, from, 0)) {
        int error = errno;

        unlinkat(dir, to, 0);
        return error;
    }
    return 0;
}

/* The directory, held so that nothing moves under the rename. */
static int
open_dir(const char *path, const char *base)
{
    char *dir = base == path ? mem_text(".")
                             : mem_format("%.*s", (int)(base - path), path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    /* one that may be written but not listed can be renamed in, not synced */
    if (fd < 0 && errno == EACCES)
        fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    return fd;
}

static void
settle_rename(const char *name, int error, struct input_outcome *outcome)
{
    if (error == EEXIST) {
        input_outcome_fail(outcome, INPUT_REASON_RENAME,
            "loaded, but not renamed: %s is there already: remove one of the "
            "two",
            name);
        return;
    }
    errno = error;
    input_outcome_fail(outcome, INPUT_REASON_RENAME,
        "loaded, but not renamed to %s: %m: rename it by hand, or it is "
        "loaded again",
        name);
}

static bool
file_rename_done(struct input *input, struct input_outcome *outcome)
{
    char *name = mem_format(".%s", input->base);
    int dir = open_dir(input->path, input->base);
    int error = dir < 0 ? errno : rename_in(dir, input->base, name);

    if (error) {
        settle_rename(name, error, outcome);
    } else {
        input->renamed_to = mem_format("%.*s%s",
            (int)(input->base - input->path), input->path, name);
        if (fsync(dir) && errno != EBADF && errno != EINVAL)
            log_warn("%s: its new name may not outlive a power failure: %s",
                input->renamed_to, strerror(errno));
    }
    if (dir >= 0)
        close(dir);
    free(name);
    return !error;
}

static void
file_rename_back(struct input *input)
{
    const char *name = input->renamed_to + (input->base - input->path);
    int dir = open_dir(input->path, input->base);
    int error = dir < 0 ? errno : rename_in(dir, name, input->base);

    if (error) {
        log_warn("%s: it does not get its old name back: %s: to load it again, "
                 "name it as it is",
            input->renamed_to, strerror(error));
        input->is_stuck = true;
    } else {
        free(input->renamed_to);
        input->renamed_to = NULL;
        fsync(dir);
    }
    if (dir >= 0)
        close(dir);
}

const struct input_type input_file = {
    .name = "file",
    .can_read_again = true,
    .has_path = true,
    .has_size = true,
    .load_again = "load it again",
    .get_whole = "get it anew and load it again",
    .run_again = "run again",
    .lost = "load it again",
    .open = file_open,
    .open_again = file_open_again,
    .check_unchanged = file_check_unchanged,
    .rename_done = file_rename_done,
    .rename_back = file_rename_back,
    .close = file_close,
};
