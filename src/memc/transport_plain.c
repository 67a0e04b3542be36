#include "memc/transport_plain.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

void
transport_plain_keep_alive(int fd)
{
    const int one = 1, idle_s = 15, between_s = 5, probes = 4;

    /* a socket that is no TCP socket has no need of it */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between_s, sizeof(between_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
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
        conn->turn++; /* this machine may lack that address family */
        return -1;
    }
    if (to->sa_family != AF_UNIX) {
        setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        transport_plain_keep_alive(conn->fd);
    }
    conn->is_connecting = true;
    /* EAGAIN means that a unix socket's backlog is full: as good as refused */
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

static int
plain_open(struct conn *conn, const struct address *address, struct err *err)
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

static int
plain_finish(struct conn *conn, struct err *err)
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

static bool
plain_wants(const struct conn *conn, bool has_to_send, struct pollfd *poll_out)
{
    poll_out->fd = conn->fd;
    poll_out->events = conn->is_connecting ? POLLOUT : POLLIN;
    if (has_to_send)
        poll_out->events |= POLLOUT;
    return false;
}

static ssize_t
plain_send(struct conn *conn, const char *bytes, size_t n, struct err *err)
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

static ssize_t
plain_receive(struct conn *conn, char *bytes, size_t room, struct err *err)
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

static size_t
plain_unacked(const struct conn *conn)
{
    int n = 0;

    return ioctl(conn->fd, SIOCOUTQ, &n) == 0 && n > 0 ? (size_t)n : 0;
}

int64_t
transport_plain_unheard_ms(int fd)
{
    struct tcp_info info = {0};
    socklen_t n = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n))
        return -1;
    return info.tcpi_retransmits || info.tcpi_probes
               ? (int64_t)info.tcpi_last_ack_recv
               : 0;
}

static int64_t
plain_unheard_ms(const struct conn *conn)
{
    return transport_plain_unheard_ms(conn->fd);
}

void
transport_plain_cut(int fd)
{
    const struct linger now = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void
plain_cut(struct conn *conn)
{
    transport_plain_cut(conn->fd);
}

static void
plain_shut(struct conn *conn)
{
    shutdown(conn->fd, SHUT_WR);
}

static void
plain_close(struct conn *conn)
{
    close(conn->fd);
    conn->fd = -1;
}

const struct transport transport_plain = {
    .name = "plain",
    .open = plain_open,
    .finish = plain_finish,
    .wants = plain_wants,
    .send = plain_send,
    .receive = plain_receive,
    .unacked = plain_unacked,
    .unheard_ms = plain_unheard_ms,
    .cut = plain_cut,
    .shut = plain_shut,
    .close = plain_close,
};
