#include "load/reject_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

enum {
    BUFFER_BYTES = 64 << 10, /* a write */
    PIECE_BYTES = 16 << 10,  /* of a long text, into the buffer at a time */
};

/* --------------------------------------------------------------- names --- */

static const char *const kind_words[N_REJECTS_KINDS] = {"jsonl", "tsv", "csv"};

char *
rejects_name(const char *stem, enum rejects_kind kind, enum rejects_state state)
{
    const char *slash = strrchr(stem, '/');
    const char *base = slash ? slash + 1 : stem;

    switch (state) {
    case REJECTS_WHOLE:
        return mem_format("%s.rejects.%s", stem, kind_words[kind]);
    case REJECTS_PARTIAL:
        return mem_format("%s.rejects.partial.%s", stem, kind_words[kind]);
    case REJECTS_WORKING:
    case REJECTS_DRY:
        break;
    }
    /* the ending keeps it apart from the whole one of an input called .NAME */
    return mem_format("%.*s.%s.rejects.%s.%s", (int)(base - stem), stem, base,
        kind_words[kind], state == REJECTS_DRY ? "dry" : "tmp");
}

static int
check_name(const char *path, enum rejects_state state)
{
    struct stat found;

    /* what replaces a link does not follow it; what is opened must not */
    if (lstat(path, &found))
        return errno == ENAMETOOLONG ? errno : 0;
    if (S_ISREG(found.st_mode) ||
        (S_ISLNK(found.st_mode) && state == REJECTS_WHOLE))
        return 0;
    return EEXIST;
}

int
rejects_find_bad_name(const char *stem, bool is_csv, bool is_dry, char **name)
{
    const enum rejects_kind kinds[] = {
        REJECTS_JSONL, is_csv ? REJECTS_CSV : REJECTS_TSV};
    const enum rejects_state states[] = {
        is_dry ? REJECTS_DRY : REJECTS_WORKING, REJECTS_WHOLE};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (size_t j = 0; j < sizeof(states) / sizeof(states[0]); j++) {
            char *path = rejects_name(stem, kinds[i], states[j]);
            int error = check_name(path, states[j]);

            if (error) {
                *name = path;
                return error;
            }
            free(path);
        }
    return 0;
}

size_t
rejects_suffix(const char *name)
{
    static const char *const suffixes[] = {".rejects.jsonl", ".rejects.tsv",
        ".rejects.csv", ".rejects.partial.jsonl", ".rejects.partial.tsv",
        ".rejects.partial.csv"};
    size_t n_bytes = strlen(name), n;

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        n = strlen(suffixes[i]);
        if (n < n_bytes && strcmp(name + n_bytes - n, suffixes[i]) == 0)
            return n;
    }
    return 0;
}

static enum rejects_state
working_state(bool is_dry)
{
    return is_dry ? REJECTS_DRY : REJECTS_WORKING;
}

/* --------------------------------------------------------------- locks --- */

/* False: another process holds it (EWOULDBLOCK). A filesystem without locks is
 * accepted: the lock of the input keeps most loaders apart. */
static bool
lock(int fd)
{
    int rc;

    do
        rc = flock(fd, LOCK_EX | LOCK_NB);
    while (rc && errno == EINTR);
    return rc == 0 || errno != EWOULDBLOCK;
}

/* Is the descriptor, locked now, still that of the file of this name? */
static bool
is_there(int fd, const char *path)
{
    struct stat ours, there;

    return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* Removes what a killed loader left. -1 with errno; EWOULDBLOCK: that loader is
 * alive. */
static int
remove_working(const char *path)
{
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rc = -1, saved;

    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    if (lock(fd))
        rc = is_there(fd, path) ? unlink(path) : 0;
    saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

void
rejects_remove_working(const char *stem, bool is_dry)
{
    for (enum rejects_kind kind = 0; kind < N_REJECTS_KINDS; kind++) {
        char *path = rejects_name(stem, kind, working_state(is_dry));

        remove_working(path);
        free(path);
    }
}

/* ------------------------------------------------------------- writing --- */

/* Those of a pipe mean nothing. */
static struct rights
rights_of(int fd)
{
    mode_t mask = umask(0);
    struct stat found;

    umask(mask);
    if (fstat(fd, &found) || !S_ISREG(found.st_mode))
        return (struct rights){(gid_t)-1, 0666 & ~mask};
    return (struct rights){
        found.st_gid, (0600 | (found.st_mode & 0666)) & ~mask};
}

/*
 * It is created for its owner alone, and gets its rights before its first byte:
 * a descriptor that somebody opened meanwhile would read all that follows.
 * Access lists that a directory hands down would be rights, too. A filesystem
 * that knows no such rights leaves it as it is.
 */
static void
set_rights(int fd, const struct rights *rights)
{
    mode_t mode = rights->mode, both;
    struct stat found;

    fremovexattr(fd, "system.posix_acl_access"); /* there is mostly none */
    if (rights->group != (gid_t)-1 &&
        (fstat(fd, &found) || found.st_gid != rights->group) &&
        fchown(fd, (uid_t)-1, rights->group)) {
        /* whoever was of the one group may be of the others now, and the other
         * way round */
        both = mode >> 3 & mode & 06;
        mode = (mode & 0600) | both << 3 | both;
    }
    (void)!fchmod(fd, mode);
}

void
reject_file_init(struct reject_file *file, const char *stem,
    enum rejects_kind kind, bool is_dry, int input_fd)
{
    *file = (struct reject_file){
        .stem = stem,
        .kind = kind,
        .path = rejects_name(stem, kind, working_state(is_dry)),
        .name = rejects_name(stem, kind, REJECTS_WHOLE),
        .rights = rights_of(input_fd),
        .fd = -1,
    };
}

void
reject_file_release(struct reject_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    free(file->name);
    text_release(&file->buffer);
    *file = (struct reject_file){.fd = -1};
}

static int
fail_to_write(const struct reject_file *file, struct err *err)
{
    err_set_errno(err, ERR_IO, "cannot write %s", file->name);
    return -1;
}

/* What the earlier load wrote, if anything. */
static int
copy_old(struct reject_file *file, struct err *err)
{
    char bytes[PIECE_BYTES];
    int from = open(file->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n;

    if (from < 0)
        return errno == ENOENT ? 0 : fail_to_write(file, err);
    while ((n = read(from, bytes, sizeof(bytes))) > 0) {
        file->has_text = true;
        if (fd_write(file->fd, bytes, (size_t)n)) {
            n = -1;
            break;
        }
    }
    if (n < 0)
        fail_to_write(file, err);
    close(from);
    return n < 0 ? -1 : 0;
}

/* Its working file, locked. */
static int
open_working(struct reject_file *file, struct err *err)
{
    for (;;) {
        file->fd =
            open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file->fd >= 0) {
            if (lock(file->fd) && is_there(file->fd, file->path)) {
                set_rights(file->fd, &file->rights);
                return 0;
            }
            /* before it was locked, another loader took it for a leftover */
            close(file->fd);
            file->fd = -1;
        } else if (errno != EEXIST) {
            return fail_to_write(file, err);
        } else if (remove_working(file->path)) {
            break;
        }
    }
    if (errno != EWOULDBLOCK)
        return fail_to_write(file, err);
    err_set(err, ERR_IO, "cannot write %s: another memc_load is at it",
        file->name);
    return -1;
}

int
reject_file_begin(struct reject_file *file, struct err *err)
{
    if (open_working(file, err))
        return -1;
    return file->continues ? copy_old(file, err) : 0;
}

static int
flush(struct reject_file *file, struct err *err)
{
    if (fd_write(file->fd, file->buffer.data, file->buffer.n_bytes))
        return fail_to_write(file, err);
    text_clear(&file->buffer);
    return 0;
}

int
reject_file_add(struct reject_file *file, const char *bytes, size_t n_bytes,
    struct err *err)
{
    size_t n;

    for (; n_bytes; bytes += n, n_bytes -= n) {
        n = n_bytes < PIECE_BYTES ? n_bytes : (size_t)PIECE_BYTES;
        text_add(&file->buffer, bytes, n);
        if (file->buffer.n_bytes >= BUFFER_BYTES && flush(file, err))
            return -1;
    }
    return 0;
}

int
reject_file_add_json(struct reject_file *file, const char *bytes,
    size_t n_bytes, bool is_raw, struct err *err)
{
    size_t n;

    for (; n_bytes; bytes += n, n_bytes -= n) {
        n = n_bytes < PIECE_BYTES ? n_bytes : (size_t)PIECE_BYTES;
        json_add(&file->buffer, bytes, n, is_raw);
        if (file->buffer.n_bytes >= BUFFER_BYTES && flush(file, err))
            return -1;
    }
    return 0;
}

/* ----------------------------------------------------------------- end --- */

int
reject_file_sync(struct reject_file *file, struct err *err)
{
    if (file->fd < 0)
        return 0;
    if (flush(file, err))
        return -1;
    return fsync(file->fd) ? fail_to_write(file, err) : 0;
}

/* On a read-only disk, removing a file that does not exist fails, too, so this
 * looks first. */
void
reject_file_remove_old(const struct reject_file *file, enum rejects_state state)
{
    char *path = rejects_name(file->stem, file->kind, state);
    struct stat found;

    if (lstat(path, &found) == 0 && unlink(path) && errno != ENOENT)
        log_warn("%s cannot be removed: %s: it is of an earlier load", path,
            strerror(errno));
    free(path);
}

/* The name should survive a power failure as well; where the directory cannot
 * be synced, nothing can be done. */
static void
sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? mem_format("%.*s", (int)(slash + 1 - path), path)
                      : mem_text(".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    free(dir);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int
reject_file_rename(struct reject_file *file, enum rejects_state state,
    struct err *err)
{
    char *name;
    int rc;

    if (file->fd < 0) {
        remove_working(file->path); /* a killed loader's */
        if (!file->continues)
            reject_file_remove_old(file, state);
        return 0;
    }
    name = rejects_name(file->stem, file->kind, state);
    rc = rename(file->path, name);
    if (rc)
        err_set_errno(err, ERR_IO, "cannot rename %s to %s", file->path, name);
    else
        sync_directory(name);
    free(name);
    return rc;
}

void
reject_file_drop(struct reject_file *file)
{
    if (file->fd >= 0 && is_there(file->fd, file->path))
        unlink(file->path);
}
