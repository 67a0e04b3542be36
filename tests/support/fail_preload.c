/*
 * LD_PRELOAD: one system call or allocation fails, for tests/torture and some
 * of tests/integration.
 *
 *   MEMC_FAIL        KIND:N:ERRNO:WHO, all numbers but KIND and WHO: the Nth
 *                    call of that kind made by WHO fails with ERRNO. N+: it
 *                    and all after it. ERRNO 0: it does one byte's work only.
 *   MEMC_FAIL_CALLS  a file of zeros, of a page or more: who called what how
 *                    often, as rows of struct row; the first row counts the
 *                    failures that were made
 *
 * WHO is "supervisor", the process that main() began in; "worker" or
 * "reading", told apart by the signal that each asks for when its parent dies
 * (supervise/workers.c, audit/server_poll.c). Calls are counted over all
 * processes of the kind, from main() on, the libraries' with the program's.
 * Calls that the C library makes inside of itself are not seen, but for
 * allocations.
 *
 * Pipes that never block and eventfds are left alone: writing to one cannot
 * fail but when it is full, which wakes its reader as well.
 */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "fail_state.h"

/* -------------------------------------------------------------- memory --- */

/* dlsym() may allocate, so these are called by the names of their own */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *
malloc(size_t n)
{
    return is_hit(KIND_alloc) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t each)
{
    return is_hit(KIND_alloc) ? NULL : __libc_calloc(n, each);
}

void *
realloc(void *old, size_t n)
{
    return is_hit(KIND_alloc) ? NULL : __libc_realloc(old, n);
}

void *
aligned_alloc(size_t align, size_t n)
{
    return is_hit(KIND_alloc) ? NULL : __libc_memalign(align, n);
}

int
posix_memalign(void **out, size_t align, size_t n)
{
    void *got = is_hit(KIND_alloc) ? NULL : __libc_memalign(align, n);

    if (got)
        *out = got;
    return got ? 0 : ENOMEM;
}

void *
mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    REAL(mmap);
    return is_hit(KIND_mmap) ? MAP_FAILED
                             : real(at, n, protection, flags, fd, offset);
}

/* --------------------------------------------------------------- files --- */

static mode_t
mode_of(int flags, va_list ap)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
    REAL(open);
    mode_t mode;
    va_list ap;

    va_start(ap, flags);
    mode = mode_of(flags, ap);
    va_end(ap);
    return is_hit(KIND_open) ? -1 : real(path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
    REAL(openat);
    mode_t mode;
    va_list ap;

    va_start(ap, flags);
    mode = mode_of(flags, ap);
    va_end(ap);
    return is_hit(KIND_open) ? -1 : real(dir, path, flags, mode);
}

int
mkostemp(char *path, int flags)
{
    REAL(mkostemp);
    return is_hit(KIND_open) ? -1 : real(path, flags);
}

FILE *
fopen(const char *path, const char *mode)
{
    REAL(fopen);
    return is_hit(KIND_open) ? NULL : real(path, mode);
}

DIR *
opendir(const char *path)
{
    REAL(opendir);
    return is_hit(KIND_open) ? NULL : real(path);
}

/* It is closed all the same, as Linux does it. */
int
close(int fd)
{
    REAL(close);
    int rc;

    if (spared(fd)) {
        spare(fd, false);
        return real(fd);
    }
    if (!is_hit(KIND_close))
        return real(fd);
    rc = errno;
    real(fd);
    errno = rc;
    return -1;
}

int
stat(const char *path, struct stat *about)
{
    REAL(stat);
    return is_hit(KIND_stat) ? -1 : real(path, about);
}

int
lstat(const char *path, struct stat *about)
{
    REAL(lstat);
    return is_hit(KIND_stat) ? -1 : real(path, about);
}

int
fstat(int fd, struct stat *about)
{
    REAL(fstat);
    return is_hit(KIND_stat) ? -1 : real(fd, about);
}

ssize_t
read(int fd, void *to, size_t n)
{
    REAL(read);
    return !spared(fd) && is_hit_or_short(KIND_read, &n) ? -1 : real(fd, to, n);
}

ssize_t
pread(int fd, void *to, size_t n, off_t at)
{
    REAL(pread);
    return is_hit_or_short(KIND_read, &n) ? -1 : real(fd, to, n, at);
}

ssize_t
write(int fd, const void *from, size_t n)
{
    REAL(write);
    return !spared(fd) && is_hit_or_short(KIND_write, &n) ? -1
                                                          : real(fd, from, n);
}

int
fsync(int fd)
{
    REAL(fsync);
    return is_hit(KIND_fsync) ? -1 : real(fd);
}

int
rename(const char *from, const char *to)
{
    REAL(rename);
    return is_hit(KIND_rename) ? -1 : real(from, to);
}

int
renameat2(int from_dir, const char *from, int to_dir, const char *to,
    unsigned flags)
{
    REAL(renameat2);
    return is_hit(KIND_rename) ? -1 : real(from_dir, from, to_dir, to, flags);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    REAL(linkat);
    return is_hit(KIND_rename) ? -1 : real(from_dir, from, to_dir, to, flags);
}

int
unlink(const char *path)
{
    REAL(unlink);
    return is_hit(KIND_unlink) ? -1 : real(path);
}

int
unlinkat(int dir, const char *path, int flags)
{
    REAL(unlinkat);
    return is_hit(KIND_unlink) ? -1 : real(dir, path, flags);
}

int
flock(int fd, int operation)
{
    REAL(flock);
    return is_hit(KIND_flock) ? -1 : real(fd, operation);
}

off_t
lseek(int fd, off_t offset, int whence)
{
    REAL(lseek);
    return is_hit(KIND_lseek) ? -1 : real(fd, offset, whence);
}

int
pipe2(int fds[2], int flags)
{
    REAL(pipe2);
    if (is_hit(KIND_pipe) || real(fds, flags))
        return -1;
    spare(fds[0], flags & O_NONBLOCK);
    spare(fds[1], flags & O_NONBLOCK);
    return 0;
}

int
eventfd(unsigned count, int flags)
{
    REAL(eventfd);
    int fd = is_hit(KIND_eventfd) ? -1 : real(count, flags);

    spare(fd, true);
    return fd;
}

/* --------------------------------------------------- processes, threads --- */

pid_t
fork(void)
{
    REAL(fork);
    pid_t pid = is_hit(KIND_fork) ? -1 : real();

    if (pid == 0)
        whoami = NOBODY; /* until it says which */
    return pid;
}

int
prctl(int option, ...)
{
    REAL(prctl);
    unsigned long args[4];
    va_list ap;

    va_start(ap, option);
    for (size_t i = 0; i < 4; i++)
        args[i] = va_arg(ap, unsigned long);
    va_end(ap);
    if (option == PR_SET_PDEATHSIG)
        whoami = (int)args[0] == SIGKILL ? READING : WORKER;
    return real(option, args[0], args[1], args[2], args[3]);
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    void *(*run)(void *), void *ctx)
{
    REAL(pthread_create);
    return is_hit(KIND_thread) ? errno : real(thread, attributes, run, ctx);
}

/* ------------------------------------------------------------- sockets --- */

int
socket(int domain, int type, int protocol)
{
    REAL(socket);
    return is_hit(KIND_socket) ? -1 : real(domain, type, protocol);
}

int
connect(int fd, const struct sockaddr *to, socklen_t n)
{
    REAL(connect);
    return is_hit(KIND_connect) ? -1 : real(fd, to, n);
}

ssize_t
send(int fd, const void *from, size_t n, int flags)
{
    REAL(send);
    return is_hit_or_short(KIND_send, &n) ? -1 : real(fd, from, n, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg);
    return is_hit(KIND_send) ? -1 : real(fd, message, flags);
}

ssize_t
recv(int fd, void *to, size_t n, int flags)
{
    REAL(recv);
    return is_hit_or_short(KIND_recv, &n) ? -1 : real(fd, to, n, flags);
}

int
poll(struct pollfd *fds, nfds_t n, int wait_ms)
{
    REAL(poll);
    return is_hit(KIND_poll) ? -1 : real(fds, n, wait_ms);
}

int
getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
    REAL(getsockopt);
    return is_hit(KIND_sockopt) ? -1 : real(fd, level, name, value, n);
}

int
setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
    REAL(setsockopt);
    return is_hit(KIND_sockopt) ? -1 : real(fd, level, name, value, n);
}
