/*
 * Connecting to a host of several addresses: one after the other, each for its
 * part of the time, until one of them takes the connection.
 *
 * The time as a whole is kept by the caller, who has other things to wait for.
 * Part of what holds the connection; one thread; does not block but in
 * conn_open().
 */
#ifndef MEMC_DIAL_H
#define MEMC_DIAL_H

#include <stdint.h>

#include "memc/conn.h"

struct dial {
    struct conn *conn; /* the caller's */
    const struct address *address;
    int64_t timeout_ms;   /* of all addresses together */
    unsigned failures;    /* of the host's addresses */
    int64_t turn_ends_at; /* then it is the next one's turn */
};

/* Begins with a closed connection. 0, or -1 when none of the addresses can be
 * tried; err is that of the last one. */
int dial_begin(struct dial *dial, struct conn *conn,
    const struct address *address, int64_t timeout_ms, struct err *err);

/* 1 connected; 0 not yet: poll for what the connection wants; -1 with err of
 * the last address: none is left, the connection is closed. */
int dial_work(struct dial *dial, int64_t now_ms, struct err *err);

/* When to call dial_work() at the latest. CLOCK_NEVER: the last address may
 * take what is left of the time. */
int64_t dial_wake_at(const struct dial *dial);

#endif
