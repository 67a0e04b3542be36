/*
 * A real memcached for a test: started on a unix socket in a directory of its
 * own, asked in its own protocol, stopped by its pid. Every wait has a
 * deadline; what goes wrong ends the test program.
 */
#ifndef SERVER_MEMCACHED_H
#define SERVER_MEMCACHED_H

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/mem.h"

enum { DEADLINE_MS = 20000 };

struct memcached {
    char dir[64], path[96];
    struct address address;
    pid_t pid;
    int fd; /* our own connection */
};

static inline int
memcached_dial(const struct memcached *server)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(to.sun_path, sizeof(to.sun_path), "%s", server->path);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* `args` as execvp() wants them, memcached's name and socket left out; log:
 * where its standard error goes, NULL = where ours does. */
static inline void
memcached_start_as(struct memcached *server, const char *const *args,
    const char *log)
{
    int64_t end_at = clock_ms() + DEADLINE_MS;
    const char *words[32] = {
        "memcached", "-u", "nobody", "-a", "0777", "-s", server->path};
    struct err err;
    char text[128];
    size_t n = 7;

    snprintf(server->dir, sizeof(server->dir), "/tmp/memc_load.XXXXXX");
    must(mkdtemp(server->dir));
    must(chmod(server->dir, 0777) == 0);
    snprintf(server->path, sizeof(server->path), "%s/s", server->dir);
    snprintf(text, sizeof(text), "unix:%s", server->path);
    must(address_parse(&server->address, text, strlen(text), &err) == 0);
    for (; *args; args++) {
        must(n + 1 < sizeof(words) / sizeof(words[0]));
        words[n++] = *args;
    }
    server->pid = fork();
    must(server->pid >= 0);
    if (server->pid == 0) {
        if (log && !freopen(log, "w", stderr))
            _exit(126);
        execvp(words[0], (char *const *)words);
        _exit(127);
    }
    while ((server->fd = memcached_dial(server)) < 0) {
        must(clock_ms() < end_at);
        must(waitpid(server->pid, NULL, WNOHANG) == 0);
        poll(NULL, 0, 5);
    }
}

static inline void
memcached_start(struct memcached *server, const char *memory_mib,
    const char *item_max)
{
    const char *args[] = {"-m", memory_mib, "-I", item_max, "-M", NULL};

    memcached_start_as(server, args, NULL);
}

static inline void
memcached_stop(struct memcached *server)
{
    /* it holds nothing worth a second of saying goodbye to its threads */
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    close(server->fd);
    unlink(server->path);
    rmdir(server->dir);
    address_release(&server->address);
}

/* Sends a request and reads until the answer ends in `end`. */
static inline char *
memcached_ask(struct memcached *server, const char *request, const char *end)
{
    static char answer[3 << 20];
    struct pollfd ready = {.fd = server->fd, .events = POLLIN};
    size_t n = 0, tail = strlen(end);
    ssize_t got;

    must(write(server->fd, request, strlen(request)) ==
         (ssize_t)strlen(request));
    do {
        must(poll(&ready, 1, DEADLINE_MS) == 1);
        got = read(server->fd, answer + n, sizeof(answer) - 1 - n);
        must(got > 0);
        n += (size_t)got;
        answer[n] = '\0';
    } while (n < tail || memcmp(answer + n - tail, end, tail) != 0);
    return answer;
}

#endif
