#include "memc/conn.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

void
conn_init(struct conn *conn)
{
    *conn = (struct conn){.fd = -1};
}

static int
start(struct conn *conn, const struct sockaddr *to, socklen_t n_bytes,
    struct err *err)
{
    const int one = 1;

    conn->fd =
        socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->fd < 0) {
        err_set_errno(err, ERR_PEER, "no socket");
        conn->turn++; /* there may be none of this address family */
        return -1;
    }
    if (to->sa_family != AF_UNIX)
        setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    conn->is_connecting = true;
    /* EAGAIN is a unix socket's full backlog: as good as refused */
    if (connect(conn->fd, to, n_bytes) == 0 || errno == EINPROGRESS)
        return 0;
    err_set_errno(err, ERR_PEER, "cannot connect");
    conn_close(conn);
    return -1;
}

static int
open_unix(struct conn *conn, const char *path, struct err *err)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    return start(conn, (const struct sockaddr *)&to, sizeof(to), err);
}

int
conn_open(struct conn *conn, const struct address *address, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL, *to;
    char port[8];
    int code, result;

    conn->n_turns = 1;
    if (address->is_unix)
        return open_unix(conn, address->host, err);
    snprintf(port, sizeof(port), "%u", address->port);
    code = getaddrinfo(address->host, port, &hints, &list);
    if (code) {
        err_set(err, ERR_HOST, "its host name does not resolve: %s",
            gai_strerror(code));
        return -1;
    }
    must(list);
    conn->n_turns = 0;
    for (to = list; to; to = to->ai_next)
        conn->n_turns++;
    to = list;
    for (unsigned i = conn->turn % conn->n_turns; i; i--)
        to = to->ai_next;
    result = start(conn, to->ai_addr, to->ai_addrlen, err);
    freeaddrinfo(list);
    return result;
}

int
conn_finish(struct conn *conn, struct err *err)
{
    struct pollfd ready = {.fd = conn->fd, .events = POLLOUT};
    int error = 0;
    socklen_t n = sizeof(error);

    if (poll(&ready, 1, 0) <= 0)
        return 0;
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &n) || error) {
        errno = error ? error : errno;
        err_set_errno(err, ERR_PEER, "cannot connect");
        return -1;
    }
    conn->is_connecting = false;
    return 1;
}

/* To one of the host's addresses, for its part of the time; as conn_finish(),
 * 0 when that is up. */
static int
try_one(struct conn *conn, const struct address *address, int64_t wait_ms,
    struct err *err)
{
    int64_t now, end_at;
    struct pollfd ready;

    if (conn_open(conn, address, err))
        return -1;
    now = clock_ms();
    end_at = now + wait_ms / conn->n_turns;
    ready = (struct pollfd){.fd = conn->fd, .events = POLLOUT};
    while (now < end_at && poll(&ready, 1, clock_poll_ms(end_at, now)) <= 0)
        now = clock_ms();
    return conn_finish(conn, err);
}

int
conn_try(const struct address *address, int64_t wait_ms, struct err *err)
{
    struct conn conn;
    unsigned tries = 0;
    int result;

    conn_init(&conn);
    do {
        result = try_one(&conn, address, wait_ms, err);
        conn_close(&conn);
        if (result == 0)
            err_set(err, ERR_TIMEOUT, "no answer to connect");
    } while (result <= 0 && ++tries < conn.n_turns);
    return result > 0 ? 0 : -1;
}

ssize_t
conn_send(struct conn *conn, const char *bytes, size_t n, struct err *err)
{
    ssize_t sent;

    do
        sent = send(conn->fd, bytes, n, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return sent;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return CONN_AGAIN;
    err_set_errno(err, ERR_PEER, "cannot send");
    return CONN_CLOSED;
}

ssize_t
conn_receive(struct conn *conn, char *bytes, size_t room, struct err *err)
{
    ssize_t got;

    do
        got = recv(conn->fd, bytes, room, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return CONN_AGAIN;
    if (got == 0)
        err_set(err, ERR_PEER, "the server closed the connection");
    else
        err_set_errno(err, ERR_PEER, "cannot receive");
    return CONN_CLOSED;
}

void
conn_shut(struct conn *conn)
{
    if (conn->fd >= 0)
        shutdown(conn->fd, SHUT_WR);
}

void
conn_close(struct conn *conn)
{
    if (conn->fd >= 0)
        close(conn->fd);
    /* it failed, or took too long */
    conn->turn += conn->is_connecting;
    conn->fd = -1;
    conn->is_connecting = false;
}
