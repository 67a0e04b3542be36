#include "input/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "input/dot_names.h"

/* What the supervisor opens beside the files: a directory to rename in, what
 * it shares with a worker. */
enum { SPARE_FDS = 8 };

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

/* What was there when the list was made may have been loaded by another, what
 * was not, by an earlier run. */
static void
settle_missing(struct file *file)
{
    char *done = name_done(file->path);
    char to[128];
    ssize_t n_bytes = readlink(file->path, to, sizeof(to));

    if (file->at_start.st_mode)
        file_settle(file, FILE_SKIPPED, "gone",
            "it is gone: renamed by another loader, or removed");
    else if (name_led_to_done(file->path))
        file_settle(file, FILE_FAILED, "unreadable",
            "it is a link to a file that was loaded before, and has a dot in "
            "front of its name now: mend or remove the link");
    else if (n_bytes > 0)
        file_settle(file, FILE_FAILED, "unreadable",
            "it is a link to %.*s%s, which is not there: mend or remove the "
            "link",
            (int)n_bytes, to, n_bytes == sizeof(to) ? "..." : "");
    else if (name_is_there(done))
        file_settle(file, FILE_FAILED, "unreadable",
            "it was loaded before: .%s is there, which can be loaded by that "
            "name",
            file->base);
    else
        file_settle(file, FILE_FAILED, "unreadable",
            "there is no such file: check the name");
    free(done);
}

static void
settle_unreadable(struct file *file, int error)
{
    const char *advice = "mend that and run again";

    if (error == ENOENT || error == ENOTDIR) {
        settle_missing(file);
        return;
    }
    if (error == EACCES || error == EPERM)
        advice = "run as a user who may read it";
    else if (error == EMFILE || error == ENFILE)
        advice = "raise `ulimit -n` and run again";
    errno = error;
    file_settle(file, FILE_FAILED, "unreadable", "cannot be opened: %m: %s",
        advice);
}

static void
settle_kind(struct file *file, const struct stat *found)
{
    file_settle(file, FILE_FAILED, "unreadable",
        "it is %s: only files can be loaded%s", kind_of(found),
        S_ISDIR(found->st_mode)    ? " (name the files in it, or --pattern)"
        : S_ISFIFO(found->st_mode) ? " (for a pipe, give - and redirect it)"
                                   : "");
}

static bool
open_stdin(struct file *file)
{
    if (fstat(STDIN_FILENO, &file->at_start)) {
        file_settle(file, FILE_FAILED, "unreadable",
            "standard input cannot be read: %m: redirect it from a file");
        return false;
    }
    file->fd = STDIN_FILENO;
    return true;
}

/*
 * Looked at before it is opened, since opening a device may do something; and
 * never waiting for a pipe's other end, should one take its place in between.
 */
static int
open_regular(struct file *file, struct stat *found)
{
    int fd;

    if (stat(file->path, found)) {
        settle_unreadable(file, errno);
        return -1;
    }
    if (!S_ISREG(found->st_mode)) {
        settle_kind(file, found);
        return -1;
    }
    fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, found)) {
        settle_unreadable(file, errno);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (!S_ISREG(found->st_mode)) {
        settle_kind(file, found);
        close(fd);
        return -1;
    }
    return fd;
}

/* False when another loader has it. */
static bool
lock(const struct file *file, int fd)
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
            file->path, strerror(errno));
    return true;
}

static bool
is_unchanged(const struct stat *now, const struct stat *then)
{
    return is_same_file(now, then) && now->st_size == then->st_size &&
           now->st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now->st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

bool
file_open(struct file *file, const struct settings *settings)
{
    struct stat found, now = {0};
    int fd;

    must(file->fd < 0);
    if (file->is_stdin)
        return open_stdin(file);
    fd = open_regular(file, &found);
    if (fd < 0)
        return false;
    if (settings_stores(settings) && !lock(file, fd)) {
        file_settle(file, FILE_SKIPPED, "locked",
            "another loader is at it; it stays with that one");
        close(fd);
        return false;
    }
    /* the lock may have come free because the file was just renamed */
    if (stat(file->path, &now) && errno != ENOENT && errno != ENOTDIR) {
        settle_unreadable(file, errno);
        close(fd);
        return false;
    }
    if (!is_same_file(&now, &found)) {
        file_settle(file, FILE_SKIPPED, "gone",
            "it is gone: renamed by another loader, removed or replaced");
        close(fd);
        return false;
    }
    if (file->is_loaded && !is_unchanged(&found, &file->at_start)) {
        file_settle(file, FILE_FAILED, "changed",
            "it is not what was loaded any more");
        close(fd);
        return false;
    }
    file->fd = fd;
    file->at_start = found;
    return true;
}

bool
file_open_again(struct file *file)
{
    const char *path = file->renamed_to ? file->renamed_to : file->path;
    bool is_locked = file->fd >= 0;
    struct stat now;

    if (file->fd < 0)
        file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file->fd < 0)
        return false;
    if ((!is_locked && !lock(file, file->fd)) || fstat(file->fd, &now) ||
        !is_unchanged(&now, &file->at_start) ||
        lseek(file->fd, 0, SEEK_SET) != 0) {
        file_close(file);
        return false;
    }
    return true;
}

void
file_close(struct file *file)
{
    if (file->fd < 0)
        return;
    if (!file->is_stdin) {
        /* by name, since a child may still hold the descriptor */
        flock(file->fd, LOCK_UN);
        close(file->fd);
    }
    file->fd = -1;
}

/* Is it still what was loaded? */
static bool
check_unchanged(struct file *file)
{
    const struct stat *then = &file->at_start;
    const char *what = NULL;
    struct stat now, there;
    bool is_there = stat(file->path, &there) == 0;

    if ((!is_there && errno != ENOENT && errno != ENOTDIR) ||
        fstat(file->fd, &now)) {
        file_settle(file, FILE_FAILED, "changed",
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
    file_settle(file, FILE_FAILED, "changed",
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
settle_rename(struct file *file, const char *name, int error)
{
    if (error == EEXIST) {
        file_settle(file, FILE_FAILED, "rename",
            "loaded, but not renamed: %s is there already: remove one of the "
            "two",
            name);
        return;
    }
    errno = error;
    file_settle(file, FILE_FAILED, "rename",
        "loaded, but not renamed to %s: %m: rename it by hand, or it is "
        "loaded again",
        name);
}

static void
rename_done(struct file *file)
{
    char *name = mem_format(".%s", file->base);
    int dir = open_dir(file->path, file->base);
    int error = dir < 0 ? errno : rename_in(dir, file->base, name);

    if (error) {
        settle_rename(file, name, error);
    } else {
        file->renamed_to = mem_format("%.*s%s", (int)(file->base - file->path),
            file->path, name);
        if (fsync(dir) && errno != EBADF && errno != EINVAL)
            log_warn("%s: its new name may not outlive a power failure: %s",
                file->renamed_to, strerror(errno));
    }
    if (dir >= 0)
        close(dir);
    free(name);
}

void
file_rename_back(struct file *file)
{
    const char *name = file->renamed_to + (file->base - file->path);
    int dir = open_dir(file->path, file->base);
    int error = dir < 0 ? errno : rename_in(dir, name, file->base);

    if (error) {
        log_warn("%s: it does not get its old name back: %s: to load it again, "
                 "name it as it is",
            file->renamed_to, strerror(error));
        file->is_stuck = true;
    } else {
        free(file->renamed_to);
        file->renamed_to = NULL;
        fsync(dir);
    }
    if (dir >= 0)
        close(dir);
}

void
file_finish(struct file *file)
{
    must(file->status == FILE_DONE && !file->is_renamed_or_kept);
    if (file->is_stdin || check_unchanged(file)) {
        if (file->renames)
            rename_done(file);
    }
    file->is_renamed_or_kept = true;
    file_close(file);
}

/* All below the lowest that is free are taken. */
static bool
are_descriptors_short(void)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    struct rlimit limit;

    if (fd < 0)
        return errno == EMFILE;
    close(fd);
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           (rlim_t)fd + SPARE_FDS >= limit.rlim_cur;
}

bool
files_must_wait(const struct file_list *list)
{
    if (!are_descriptors_short())
        return false;
    for (size_t i = 0; i < list->n; i++) {
        const struct file *file = &list->file[i];

        if (file->status == FILE_RUNNING ||
            (file->status == FILE_READ && !file->again))
            return true;
    }
    return false;
}

void
files_rename_settled(struct file_list *list)
{
    bool is_first = true; /* nothing unsettled before it */

    for (size_t i = 0; i < list->n; i++) {
        struct file *file = &list->file[i];

        if (!file_is_settled(file)) {
            is_first = false;
        } else if (file->status != FILE_DONE) {
            if (file->renamed_to && !file->is_stuck)
                file_rename_back(file);
            file_close(file);
        } else if (file->is_renamed_or_kept) {
            file_close(file);
        } else if (is_first) {
            file_finish(file);
        }
    }
}
