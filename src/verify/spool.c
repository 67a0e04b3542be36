#include "verify/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fit.h"
#include "base/mem.h"

enum { FAILURE_NONE, FAILURE_BEING_SET, FAILURE_SET };

/* In memory that all processes share. */
struct shared {
    _Atomic uint64_t n_bytes; /* reserved so far */
    _Atomic int failure;
    char why[512]; /* once it is FAILURE_SET */
};

struct spool {
    struct shared *shared;
    const char *directory;
    uint64_t memory_bytes;
    int memory_fd, disk_fd;
};

const char *
spool_directory(void)
{
    const char *directory = getenv("TMPDIR");

    return directory && *directory ? directory : "/tmp";
}

/* Where the file system has no O_TMPFILE, the name is removed again. */
static int
open_unnamed(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
    char *path;

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    path = mem_format("%s/memc_load.XXXXXX", directory);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    free(path);
    return fd;
}

struct spool *
spool_new(uint64_t memory_bytes, const char *directory, struct err *err)
{
    struct spool *spool;
    int disk_fd = open_unnamed(directory);

    if (disk_fd < 0) {
        err_set_errno(err, ERR_IO,
            "cannot make a temporary file in %s for what is read back (set "
            "TMPDIR to name another directory)",
            directory);
        return NULL;
    }
    spool = mem_zero(1, sizeof(*spool));
    spool->disk_fd = disk_fd;
    spool->directory = directory;
    spool->memory_bytes = memory_bytes;
    spool->memory_fd = memfd_create("memc_load", MFD_CLOEXEC);
    if (spool->memory_fd < 0)
        die("cannot get shared memory: %s", strerror(errno));
    spool->shared = mmap(NULL, sizeof(*spool->shared), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (spool->shared == MAP_FAILED)
        die("cannot get shared memory: %s", strerror(errno));
    return spool;
}

void
spool_free(struct spool *spool)
{
    if (!spool)
        return;
    munmap(spool->shared, sizeof(*spool->shared));
    close(spool->memory_fd);
    close(spool->disk_fd);
    free(spool);
}

uint64_t
spool_bytes(const struct spool *spool)
{
    return atomic_load(&spool->shared->n_bytes);
}

bool
spool_is_on_disk(const struct spool *spool)
{
    return spool_bytes(spool) > spool->memory_bytes;
}

/* --------------------------------------------------------------- failing ---
 */

bool
spool_has_failed(const struct spool *spool, struct err *err)
{
    int failure = atomic_load(&spool->shared->failure);

    if (failure == FAILURE_NONE)
        return false;
    err_set(err, ERR_IO, "%s",
        failure == FAILURE_SET ? spool->shared->why
                               : "what was read back cannot be kept");
    return true;
}

/* The first failure is the one that is reported. */
static void
fail(struct spool *spool, const struct err *err)
{
    int none = FAILURE_NONE;

    if (!atomic_compare_exchange_strong(&spool->shared->failure, &none,
            FAILURE_BEING_SET))
        return;
    fit(spool->shared->why, sizeof(spool->shared->why), err->text);
    atomic_store(&spool->shared->failure, FAILURE_SET);
}

/* --------------------------------------------------------------- moving --- */

/* How many of n bytes at `at` lie in the same file as the first of them; that
 * file and the offset in it. */
static size_t
locate(const struct spool *spool, uint64_t at, size_t n_bytes, int *fd_out,
    off_t *at_out)
{
    uint64_t in_memory;

    if (at >= spool->memory_bytes) {
        *fd_out = spool->disk_fd;
        *at_out = (off_t)(at - spool->memory_bytes);
        return n_bytes;
    }
    *fd_out = spool->memory_fd;
    *at_out = (off_t)at;
    in_memory = spool->memory_bytes - at;
    return n_bytes < in_memory ? n_bytes : (size_t)in_memory;
}

static int
write_at(const struct spool *spool, uint64_t at, const char *bytes,
    size_t n_bytes, struct err *err)
{
    while (n_bytes) {
        off_t offset;
        int fd;
        size_t part = locate(spool, at, n_bytes, &fd, &offset);
        ssize_t n = pwrite(fd, bytes, part, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_set_errno(err, ERR_IO,
                "cannot write what was read back to a temporary file in %s "
                "(%s)",
                fd == spool->disk_fd ? spool->directory : "memory",
                errno == EFBIG
                    ? "raise `ulimit -f`"
                    : "make room, or set TMPDIR to name another directory");
            return -1;
        }
        at += (uint64_t)n;
        bytes += n;
        n_bytes -= (size_t)n;
    }
    return 0;
}

int
spool_append(struct spool *spool, const void *bytes, size_t n_bytes,
    struct err *err)
{
    uint64_t at;

    if (spool_has_failed(spool, err))
        return -1;
    at = atomic_fetch_add(&spool->shared->n_bytes, n_bytes);
    if (write_at(spool, at, bytes, n_bytes, err) == 0)
        return 0;
    fail(spool, err);
    return -1;
}

int
spool_read(const struct spool *spool, uint64_t at, void *to, size_t n_bytes,
    struct err *err)
{
    char *next = to;

    must(at <= spool_bytes(spool) && n_bytes <= spool_bytes(spool) - at);
    while (n_bytes) {
        off_t offset;
        int fd;
        size_t part = locate(spool, at, n_bytes, &fd, &offset);
        ssize_t n = pread(fd, next, part, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_set_errno(err, ERR_IO, "cannot read a temporary file in %s",
                spool->directory);
            return -1;
        }
        if (n == 0) { /* reserved, never written */
            memset(next, 0, part);
            n = (ssize_t)part;
        }
        at += (uint64_t)n;
        next += n;
        n_bytes -= (size_t)n;
    }
    return 0;
}
