#include "bench/floor_send.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

enum { WINDOW_BYTES = 256 << 10, TIMEOUT_S = 60, REPLY_BYTES = 512 };

/* ----------------------------------------------------------- connecting --- */

static int
connect_unix(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int
connect_host(const struct address *address)
{
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM};
    int fd = -1, on = 1;
    char port[8];

    snprintf(port, sizeof(port), "%u", (unsigned)address->port);
    if (getaddrinfo(address->host, port, &hints, &found))
        return -1;
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    if (fd >= 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static int
dial(const struct address *address, struct err *err)
{
    struct timeval timeout = {.tv_sec = TIMEOUT_S};
    int fd =
        address->is_unix ? connect_unix(address->host) : connect_host(address);

    if (fd < 0) {
        err_set_errno(err, ERR_PEER, "%s does not answer", address->text);
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    return fd;
}

/* -------------------------------------------------------------- sending --- */

static int
send_all(int fd, const char *bytes, size_t n_bytes,
    const struct address *address, struct err *err)
{
    while (n_bytes > 0) {
        ssize_t n = send(fd, bytes, n_bytes, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            err_set_errno(err, ERR_PEER, "cannot send to %s", address->text);
            return -1;
        }
        bytes += n;
        n_bytes -= (size_t)n;
    }
    return 0;
}

/* Waits until every request was processed: the fence's reply is the only one.
 */
static int
fence(int fd, const struct server *server, struct err *err)
{
    const char *ask = server->facts.has_meta ? "mn\r\n" : "version\r\n";
    const char *want = server->facts.has_meta ? "MN" : "VERSION";
    char reply[REPLY_BYTES] = "";
    size_t n_bytes = 0;
    ssize_t n;

    if (send_all(fd, ask, strlen(ask), server->address, err))
        return -1;
    while (n_bytes < sizeof(reply) - 1 && !memchr(reply, '\n', n_bytes)) {
        n = recv(fd, reply + n_bytes, sizeof(reply) - 1 - n_bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            err_set(err, ERR_PEER, "%s no longer answers",
                server->address->text);
            return -1;
        }
        n_bytes += (size_t)n;
    }
    if (strncmp(reply, want, strlen(want)) == 0)
        return 0;
    err_set(err, ERR_PEER, "%s refused a request: %.*s", server->address->text,
        (int)strcspn(reply, "\r\n"), reply);
    return -1;
}

/* A window to each server in turn, as the lines of a file fill them. */
static int
send_windows(const int *fds, const struct requests *requests,
    const struct shards *shards, struct err *err)
{
    bool is_more = true;

    for (size_t at = 0; is_more; at += WINDOW_BYTES) {
        is_more = false;
        for (size_t i = 0; i < shards->n_servers; i++) {
            size_t n = requests[i].n > at ? requests[i].n - at : 0;

            is_more |= n > WINDOW_BYTES;
            n = n < WINDOW_BYTES ? n : WINDOW_BYTES;
            if (n && send_all(fds[i], requests[i].bytes + at, n,
                         shards->server[i].address, err))
                return -1;
        }
    }
    return 0;
}

int
floor_send_file(const struct requests *requests, const struct shards *shards,
    struct err *err)
{
    size_t n = shards->n_servers, n_open = 0;
    int *fds = mem_new(n * sizeof(*fds)), status = 0;

    for (; status == 0 && n_open < n; n_open++) {
        fds[n_open] = dial(shards->server[n_open].address, err);
        if (fds[n_open] < 0)
            status = -1;
    }
    if (status == 0)
        status = send_windows(fds, requests, shards, err);
    for (size_t i = 0; status == 0 && i < n; i++)
        status = fence(fds[i], &shards->server[i], err);
    for (size_t i = 0; i < n_open; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(fds);
    return status;
}
