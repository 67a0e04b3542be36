/*
 * Which call fails, of what fail_preload.c wraps: the wish read, the calls
 * counted. Included there alone.
 */
#ifndef SUPPORT_FAIL_STATE_H
#define SUPPORT_FAIL_STATE_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KINDS(X) \
    X(alloc)     \
    X(mmap)      \
    X(open)      \
    X(close)     \
    X(stat)      \
    X(read)      \
    X(write)     \
    X(fsync)     \
    X(rename)    \
    X(unlink)    \
    X(flock)     \
    X(lseek)     \
    X(pipe)      \
    X(eventfd)   \
    X(fork)      \
    X(thread)    \
    X(socket)    \
    X(connect)   \
    X(send)      \
    X(recv)      \
    X(poll)      \
    X(sockopt)

enum kind {
#define X(name) KIND_##name,
    KINDS(X)
#undef X
        N_KINDS
};

enum who { SUPERVISOR, WORKER, READING, NOBODY };

struct row {
    char name[16];
    _Atomic uint64_t calls[NOBODY];
};

/* What is beyond is not remembered, and fails like any other. */
enum { FDS_MOST = 1024 };

static const char *const names[] = {
#define X(name) #name,
    KINDS(X)
#undef X
};

static struct row *rows; /* NULL: nothing is counted, nothing fails */
static enum who whoami = NOBODY;
static struct {
    enum kind kind;
    enum who who;
    uint64_t at;
    bool goes_on;
    int error;
} wanted = {.kind = N_KINDS};
static _Atomic bool is_spared[FDS_MOST];

/* The next library's function of the same name as the one it is used in. */
#define REAL(name)                 \
    static __typeof__(name) *real; \
    if (!real)                     \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

/* errno is set when this call is to fail. */
static bool
is_hit(enum kind kind)
{
    uint64_t n;

    if (!rows || whoami == NOBODY)
        return false;
    n = atomic_fetch_add(&rows[1 + kind].calls[whoami], 1) + 1;
    if (kind != wanted.kind || whoami != wanted.who || n < wanted.at ||
        (n > wanted.at && !wanted.goes_on))
        return false;
    atomic_fetch_add(&rows[0].calls[whoami], 1);
    errno = wanted.error;
    return true;
}

/* The same for a transfer: what is left of n_bytes when it is to be short. */
static bool
is_hit_or_short(enum kind kind, size_t *n_bytes)
{
    int saved = errno;

    if (!is_hit(kind))
        return false;
    if (wanted.error)
        return true;
    errno = saved;
    if (*n_bytes > 1)
        *n_bytes = 1;
    return false;
}

static void
spare(int fd, bool is_so)
{
    if (fd >= 0 && fd < FDS_MOST)
        is_spared[fd] = is_so;
}

static bool
spared(int fd)
{
    return fd >= 0 && fd < FDS_MOST && is_spared[fd];
}

static void
read_wish(const char *sizing)
{
    char kind[16], who[16], plus;
    unsigned long long at;
    int error;

    if (sscanf(sizing, "%15[a-z]:%llu:%d:%15[a-z]", kind, &at, &error, who) ==
        4) {
        wanted.goes_on = false;
    } else if (sscanf(sizing, "%15[a-z]:%llu%c:%d:%15[a-z]", kind, &at, &plus,
                   &error, who) == 5 &&
               plus == '+') {
        wanted.goes_on = true;
    } else {
        fprintf(stderr, "fail_preload: MEMC_FAIL=%s: KIND:N[+]:ERRNO:WHO\n",
            sizing);
        abort();
    }
    for (size_t i = 0; i < N_KINDS; i++)
        if (strcmp(kind, names[i]) == 0)
            wanted.kind = (enum kind)i;
    wanted.who = who[0] == 's' ? SUPERVISOR : who[0] == 'w' ? WORKER : READING;
    wanted.at = at;
    wanted.error = error;
}

static void
begin(void)
{
    const char *path = getenv("MEMC_FAIL_CALLS"), *sizing = getenv("MEMC_FAIL");
    size_t n_bytes = (1 + N_KINDS) * sizeof(*rows);
    void *map;
    int fd;

    if (!path)
        return;
    fd = open(path, O_RDWR | O_CLOEXEC);
    map = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        perror(path);
        abort();
    }
    close(fd);
    if (sizing && *sizing)
        read_wish(sizing);
    whoami = SUPERVISOR;
    rows = map;
    memcpy(rows[0].name, "failures", sizeof("failures"));
    for (size_t i = 0; i < N_KINDS; i++)
        memcpy(rows[1 + i].name, names[i], strlen(names[i]));
}

static int (*the_main)(int, char **, char **);

static int
main_after_begin(int argc, char **argv, char **envp)
{
    begin();
    return the_main(argc, argv, envp);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
    void *stack_end);

int
__libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
    void *stack_end)
{
    REAL(__libc_start_main);
    the_main = main;
    return real(main_after_begin, argc, argv, init, fini, rtld_fini, stack_end);
}

#endif
