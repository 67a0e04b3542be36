/*
 * A non-blocking stream connection to one server.
 *
 * A connection that conn_init() made is closed. It belongs to one thread.
 * Nothing here blocks but the resolution of host names, which numeric addresses
 * do not need. Calls return a number of bytes or one of the states below; what
 * to do about an error is up to the caller.
 *
 * How the bytes travel is the transport's business: transport_plain.h is TCP
 * and unix sockets, and another one wraps it in a layer of its own. So callers
 * ask conn_wants() what to poll for instead of deriving it from what they mean
 * to do: a layer may have to read before it can write.
 */
#ifndef MEMC_CONN_H
#define MEMC_CONN_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/address.h"
#include "base/err.h"

/* Beside a number of bytes > 0. */
enum {
    CONN_AGAIN = 0,   /* nothing can be done now: poll for what it wants */
    CONN_CLOSED = -1, /* end of file, reset or any other error: see err */
};

struct conn {
    const struct transport *transport;
    int fd;             /* -1: closed */
    bool is_connecting; /* from open() until finish() returns 1 */
    unsigned turn;      /* which of the host's addresses, modulo n_turns */
    unsigned n_turns;   /* how many the host has; known after conn_open() */
};

/*
 * One row for each way that bytes travel. All functions are required, none
 * blocks, and all of them are called with an open connection unless it says
 * otherwise. Callers use the conn_ functions below.
 */
struct transport {
    const char *name;

    /* Sets fd, n_turns and is_connecting of a closed connection. 0, or -1 with
     * err and the connection closed. */
    int (*open)(struct conn *conn, const struct address *address,
        struct err *err);

    /* Gets on with connecting, a handshake included. 1: connected, and
     * is_connecting is false; 0: not yet, poll for what it wants and call
     * again; -1 with err: failed, to be closed by the caller. */
    int (*finish)(struct conn *conn, struct err *err);

    /* Sets fd and events of *poll_out to what it waits for. While connecting
     * that is up to the transport; afterwards it is to read, and to write when
     * the caller has something to send, unless a layer has to do the other
     * first. True: it holds bytes that poll() does not know of, so the caller
     * must call receive() instead of waiting. */
    bool (*wants)(const struct conn *conn, bool has_to_send,
        struct pollfd *poll_out);

    /* > 0: so many bytes were taken, maybe not all. CONN_AGAIN: none now; the
     * next call must begin with the same bytes. CONN_CLOSED with err. */
    ssize_t (*send)(struct conn *conn, const char *bytes, size_t n,
        struct err *err);

    /* > 0: so many bytes were read. CONN_AGAIN: none now. CONN_CLOSED with err,
     * after all bytes that came before. */
    ssize_t (*receive)(struct conn *conn, char *bytes, size_t room,
        struct err *err);

    /* How many bytes that send() took the peer has not acknowledged yet. 0
     * where that is not known. */
    size_t (*unacked)(const struct conn *conn);

    /* For how many ms the peer's kernel has been silent, although it was sent
     * what it has to acknowledge more than once. -1: that cannot be known. */
    int64_t (*unheard_ms)(const struct conn *conn);

    /* Nothing more is sent. The peer reads what was, then end of file. */
    void (*shut)(struct conn *conn);

    /* What was not acknowledged is not sent any more; close() comes next. */
    void (*cut)(struct conn *conn);

    /* Frees what open() took. fd is -1 afterwards. */
    void (*close)(struct conn *conn);
};

void conn_init(struct conn *conn, const struct transport *transport);

/*
 * Begins to connect to the next of the host's addresses, counted from the one
 * that last failed or was closed before it was connected. -1 when that fails at
 * once: with ERR_PEER, or with ERR_HOST when the name does not resolve.
 */
int conn_open(struct conn *conn, const struct address *address,
    struct err *err);

/* 1 connected, 0 not yet, -1 failed. */
int conn_finish(struct conn *conn, struct err *err);

/* What to poll for; a closed connection wants nothing (fd -1). True: do not
 * wait, there is something to receive. */
bool conn_wants(const struct conn *conn, bool has_to_send,
    struct pollfd *poll_out);

ssize_t conn_send(struct conn *conn, const char *bytes, size_t n,
    struct err *err);
ssize_t conn_receive(struct conn *conn, char *bytes, size_t room,
    struct err *err);

size_t conn_unacked(const struct conn *conn);
int64_t conn_unheard_ms(const struct conn *conn);

/* All do nothing to a closed connection. */
void conn_shut(struct conn *conn);
void conn_close(struct conn *conn);
/* Closes it; unlike conn_close(), drops what the peer has not acknowledged. */
void conn_abort(struct conn *conn);

#endif
