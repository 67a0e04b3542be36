#include "base/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

int
fd_write(int fd, const char *bytes, size_t n_bytes)
{
    while (n_bytes > 0) {
        ssize_t n = write(fd, bytes, n_bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            /* a terminal or pipe that somebody we share it with made so */
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
            continue;
        }
        if (n < 0)
            return -1;
        bytes += n;
        n_bytes -= (size_t)n;
    }
    return 0;
}

static int
fail(struct err *err, const char *path)
{
    err_set_errno(err, ERR_IO, "cannot write %s", path);
    return -1;
}

/* Closes fd, whatever comes. -1 with errno. */
static int
write_and_close(int fd, const char *bytes, size_t n_bytes, int must_sync)
{
    int rc = fd_write(fd, bytes, n_bytes);
    int saved;

    if (rc == 0 && must_sync)
        rc = fsync(fd);
    saved = errno;
    if (close(fd) && rc == 0)
        return -1;
    errno = saved;
    return rc;
}

char *
file_directory(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? mem_format("%.*s", (int)(slash + 1 - path), path)
                 : mem_text(".");
}

/* May others than root and we put names into the path's directory? */
static bool
is_open_to_others(const char *path)
{
    char *dir = file_directory(path);
    struct stat found;
    bool is_so = stat(dir, &found) == 0 &&
                 ((found.st_uid != 0 && found.st_uid != geteuid()) ||
                     (found.st_mode & 022));

    free(dir);
    return is_so;
}

int
file_check_planted(const char *path, struct err *err)
{
    struct stat found;
    const char *what = NULL;

    if (lstat(path, &found) || !is_open_to_others(path))
        return 0;
    if (S_ISLNK(found.st_mode) && found.st_uid != 0 &&
        found.st_uid != geteuid())
        what = "a link that another user made";
    else if (S_ISREG(found.st_mode) && found.st_nlink > 1)
        what = "one of several names of a file, in a directory that others may "
               "write to";
    if (!what)
        return 0;
    err_set(err, ERR_IO, "cannot write %s: it is %s", path, what);
    return -1;
}

/* A reader that has just been started may not have opened it yet. */
enum { READER_MS = 2000, READER_STEP_MS = 20 };

int
file_open_for_writing(const char *path, int flags, struct err *err)
{
    int fd, tries = READER_MS / READER_STEP_MS;

    if (file_check_planted(path, err))
        return -1;
    while ((fd = open(path,
                O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | flags, 0666)) <
               0 &&
           (errno == EINTR || (errno == ENXIO && tries-- > 0)))
        poll(NULL, 0, READER_STEP_MS);
    if (fd < 0 && errno == ENXIO)
        err_set(err, ERR_IO,
            "cannot write %s: it is a pipe that nobody reads, or a socket",
            path);
    else if (fd < 0)
        err_set_errno(err, ERR_IO, "cannot write %s", path);
    else
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

static int
write_in_place(const char *path, const char *bytes, size_t n_bytes,
    struct err *err)
{
    int fd = file_open_for_writing(path, O_TRUNC, err);

    if (fd < 0)
        return -1;
    if (write_and_close(fd, bytes, n_bytes, 0))
        return fail(err, path);
    return 0;
}

/* mkostemp() lets nobody else read; a file should be as open would make it. */
static int
set_usual_mode(int fd)
{
    mode_t mask = umask(0);

    umask(mask);
    return fchmod(fd, 0666 & ~mask);
}

/* A name that is as long as names may be is cut: the rest must fit after it. */
enum { BASE_MAX_BYTES = 200 };

/*
 * A new file in the directory of `path`, open; its name into *beside, for the
 * caller to free. -1 with errno.
 */
static int
open_beside(const char *path, char **beside)
{
    const char *slash = strrchr(path, '/');
    int dir_bytes = slash ? (int)(slash + 1 - path) : 0;

    *beside = mem_format("%.*s.%.*s.XXXXXX", dir_bytes, path, BASE_MAX_BYTES,
        path + dir_bytes);
    return mkostemp(*beside, O_CLOEXEC);
}

static int
replace(const char *path, const char *bytes, size_t n_bytes, struct err *err)
{
    char *beside;
    int fd = open_beside(path, &beside);
    int rc = 0;

    if (fd < 0) {
        rc = fail(err, path);
    } else if (set_usual_mode(fd)) {
        rc = fail(err, path);
        close(fd);
    } else if (write_and_close(fd, bytes, n_bytes, 1) || rename(beside, path)) {
        rc = fail(err, path);
    }
    if (rc && fd >= 0)
        unlink(beside);
    free(beside);
    return rc;
}

/* Can a file be made there, and go away again? A signal that ends the program
 * waits until it is gone. */
static int
may_replace(const char *path, struct err *err)
{
    char *beside;
    sigset_t all, before;
    int fd, rc = 0;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    fd = open_beside(path, &beside);
    if (fd < 0) {
        rc = fail(err, path);
    } else {
        close(fd);
        if (unlink(beside))
            rc = fail(err, path);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    free(beside);
    return rc;
}

/* Without opening it: a pipe would wait for a reader. */
static int
may_write_in_place(const char *path, const struct stat *found, struct err *err)
{
    if (S_ISDIR(found->st_mode))
        errno = EISDIR;
    else if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0)
        return 0;
    return fail(err, path);
}

static bool
is_link(const char *path)
{
    struct stat itself;

    return lstat(path, &itself) == 0 && S_ISLNK(itself.st_mode);
}

/*
 * The name of the file to replace, which need not exist, for the caller to
 * free; NULL when there is none to replace: what is there is not a regular
 * file, as *found tells, or one without a name, that only a link like
 * /dev/stdout leads to, and that link must stay.
 */
static char *
regular_target(const char *path, struct stat *found)
{
    char *target;

    if (stat(path, found))
        return mem_text(path);
    if (!S_ISREG(found->st_mode))
        return NULL;
    target = realpath(path, NULL);
    return target || is_link(path) ? target : mem_text(path);
}

int
file_write(const char *path, const char *bytes, size_t n_bytes, struct err *err)
{
    struct stat found;
    char *target;
    int rc;

    if (file_check_planted(path, err))
        return -1;
    target = regular_target(path, &found);
    if (!target)
        return write_in_place(path, bytes, n_bytes, err);
    rc = replace(target, bytes, n_bytes, err);
    free(target);
    return rc;
}

int
file_may_write(const char *path, struct err *err)
{
    struct stat found;
    char *target;
    int rc;

    if (file_check_planted(path, err))
        return -1;
    target = regular_target(path, &found);
    if (!target)
        return may_write_in_place(path, &found, err);
    rc = may_replace(target, err);
    free(target);
    return rc;
}
