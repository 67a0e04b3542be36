/*
 * A non-blocking stream connection to one address, TCP or unix.
 *
 * Zero-initialised with fd -1 (conn_init) is closed. One thread. Nothing here
 * blocks but conn_try() and name resolution, which numeric addresses do not
 * need. Errors are the caller's to judge: calls return bytes, or a state below.
 */
#ifndef MEMC_CONN_H
#define MEMC_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/address.h"
#include "base/err.h"

/* Beside a number of bytes > 0. */
enum {
    CONN_AGAIN = 0,   /* would block */
    CONN_CLOSED = -1, /* end of file, reset, any other error; see err */
};

struct conn {
    int fd;
    bool is_connecting; /* wait for it to be writable */
    unsigned turn;      /* which of the host's addresses, modulo how many */
    unsigned n_turns;   /* how many the host has; known after conn_open() */
};

void conn_init(struct conn *conn);

/*
 * Starts to connect, to the next of the host's addresses after one that
 * failed or was closed before it was connected. -1 with ERR_PEER when it failed
 * at once, ERR_HOST when the host's name does not resolve.
 */
int conn_open(struct conn *conn, const struct address *address,
    struct err *err);

/* 1 connected, 0 not yet, -1 failed. */
int conn_finish(struct conn *conn, struct err *err);

/*
 * Connects and closes again, for at most wait_ms, each address its part of it:
 * why a connection cannot be had. 0, or -1 with ERR_PEER of the host's last
 * address, ERR_HOST, ERR_TIMEOUT.
 */
int conn_try(const struct address *address, int64_t wait_ms, struct err *err);

ssize_t conn_send(struct conn *conn, const char *bytes, size_t n,
    struct err *err);
ssize_t conn_receive(struct conn *conn, char *bytes, size_t room,
    struct err *err);

/* No more from us: the peer reads what it has, then end of file. */
void conn_shut(struct conn *conn);
void conn_close(struct conn *conn);

#endif
