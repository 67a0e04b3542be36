#include "memc/conn.h"

void
conn_init(struct conn *conn, const struct transport *transport)
{
    *conn = (struct conn){.transport = transport, .fd = -1};
}

int
conn_open(struct conn *conn, const struct address *address, struct err *err)
{
    return conn->transport->open(conn, address, err);
}

int
conn_finish(struct conn *conn, struct err *err)
{
    return conn->transport->finish(conn, err);
}

bool
conn_wants(const struct conn *conn, bool has_to_send, struct pollfd *poll_out)
{
    *poll_out = (struct pollfd){.fd = -1};
    return conn->fd >= 0 && conn->transport->wants(conn, has_to_send, poll_out);
}

ssize_t
conn_send(struct conn *conn, const char *bytes, size_t n, struct err *err)
{
    return conn->transport->send(conn, bytes, n, err);
}

ssize_t
conn_receive(struct conn *conn, char *bytes, size_t room, struct err *err)
{
    return conn->transport->receive(conn, bytes, room, err);
}

size_t
conn_unacked(const struct conn *conn)
{
    return conn->fd >= 0 ? conn->transport->unacked(conn) : 0;
}

int64_t
conn_unheard_ms(const struct conn *conn)
{
    return conn->fd >= 0 ? conn->transport->unheard_ms(conn) : -1;
}

void
conn_shut(struct conn *conn)
{
    if (conn->fd >= 0)
        conn->transport->shut(conn);
}

void
conn_close(struct conn *conn)
{
    if (conn->fd >= 0)
        conn->transport->close(conn);
    /* it failed or took too long, so another address is next */
    conn->turn += conn->is_connecting;
    conn->is_connecting = false;
}

void
conn_abort(struct conn *conn)
{
    if (conn->fd >= 0)
        conn->transport->cut(conn);
    conn_close(conn);
}
