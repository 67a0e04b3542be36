/*
 * A server at the other end of a blocking connection, for the support
 * programs: they end, with a message, at the first surprise. One thread a
 * peer. Knows nothing of src/.
 */
#ifndef SUPPORT_PEER_H
#define SUPPORT_PEER_H

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

enum { PEER_REPLY_ROOM = 4 << 20, PEER_TIMEOUT_S = 30 };

struct peer {
    const char *address; /* host:port, [v6]:port or unix:/path */
    int fd;
    char *replies; /* those from `at` to `n` are not yet used */
    size_t at, n;
};

static inline _Noreturn void
fail(const char *what, const char *about)
{
    fflush(stdout);
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, about, what);
    exit(2);
}

static inline int
dial_unix(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
        fail("does not answer", path);
    return fd;
}

static inline int
dial_host(const char *address)
{
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(address, ':');
    int fd, on = 1, has_brackets = *address == '[';
    char host[256];

    snprintf(host, sizeof(host), "%.*s",
        colon ? (int)(colon - address) - 2 * has_brackets : 0,
        address + has_brackets);
    if (!colon || getaddrinfo(host, colon + 1, &hints, &found))
        fail("is no address", address);
    fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen))
        fail("does not answer", address);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    freeaddrinfo(found);
    return fd;
}

static inline void
peer_dial(struct peer *peer, const char *address)
{
    struct timeval timeout = {.tv_sec = PEER_TIMEOUT_S};

    *peer = (struct peer){.address = address};
    peer->fd = strncmp(address, "unix:", 5) == 0 ? dial_unix(address + 5)
                                                 : dial_host(address);
    setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(peer->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

static inline void
peer_close(struct peer *peer)
{
    close(peer->fd);
    free(peer->replies);
}

static inline void
peer_send(struct peer *peer, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(peer->fd, bytes, n, MSG_NOSIGNAL);

        if (sent <= 0)
            fail("takes no requests", peer->address);
        bytes += sent;
        n -= (size_t)sent;
    }
}

/* Waits until n bytes of replies are there, and says where; peer->at stays. */
static inline char *
peer_need(struct peer *peer, size_t n)
{
    if (!peer->replies)
        peer->replies = malloc(PEER_REPLY_ROOM);
    if (!peer->replies || n > PEER_REPLY_ROOM)
        fail("a reply is too long", peer->address);
    if (peer->at + n > PEER_REPLY_ROOM) {
        memmove(peer->replies, peer->replies + peer->at, peer->n - peer->at);
        peer->n -= peer->at;
        peer->at = 0;
    }
    while (peer->n - peer->at < n) {
        ssize_t got = recv(peer->fd, peer->replies + peer->n,
            PEER_REPLY_ROOM - peer->n, 0);

        if (got <= 0)
            fail("the connection broke off", peer->address);
        peer->n += (size_t)got;
    }
    return peer->replies + peer->at;
}

/* The next line, CR LF off; valid until the next call. */
static inline char *
peer_line(struct peer *peer)
{
    for (size_t n = 2;; n++) {
        char *line = peer_need(peer, n);

        if (line[n - 1] != '\n')
            continue;
        line[n - 2] = '\0';
        peer->at += n;
        return line;
    }
}

/* Everything sent was processed when this returns. */
static inline void
peer_fence(struct peer *peer)
{
    peer_send(peer, "mn\r\n", 4);
    if (strcmp(peer_line(peer), "MN") != 0)
        fail("says what is not MN", peer->address);
}

#endif
