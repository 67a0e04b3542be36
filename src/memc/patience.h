/*
 * How long to wait for a server that is to answer: the clock behind --timeout.
 *
 * It counts from the last progress, and progress is what the server does: a
 * whole reply, much of a long one, or bytes of the oldest request without an
 * answer that its kernel acknowledges. What our own kernel took is none, since
 * a black hole takes that, too; nor are later requests, or a server that hangs
 * would never be found as long as they trickle in. So a request may take longer
 * than --timeout on a slow link, but each --timeout must see PATIENCE_BYTES of
 * it, or its end.
 *
 * Part of what holds the connection, of its one thread; told of what happens on
 * it. Times in ms of clock_ms().
 */
#ifndef MEMC_PATIENCE_H
#define MEMC_PATIENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memc/conn.h"

/* The least that counts as progress: a packet, but no byte now and then. */
enum { PATIENCE_BYTES = 1024 };

struct patience {
    int64_t since_ms; /* the last progress, or the start of work */
    int64_t look_at;  /* when to look for progress next */
    uint64_t sent;    /* bytes that this connection's socket took */
    uint64_t acked;   /* of them, those that were last counted as progress */
    size_t received;  /* of a reply, since the last progress */
};

/* A new connection. */
void patience_begin(struct patience *patience, int64_t now_ms);

/* A reply came; or the server has answered all, and is asked again. */
static inline void
patience_renew(struct patience *patience, int64_t now_ms)
{
    patience->since_ms = now_ms;
    patience->received = 0;
}

/* A piece of a long reply came. */
static inline void
patience_receive(struct patience *patience, size_t n_bytes, int64_t now_ms)
{
    patience->received += n_bytes;
    if (patience->received >= PATIENCE_BYTES)
        patience_renew(patience, now_ms);
}

/*
 * Is it over? Looks at the connection now and then. goal: how many bytes the
 * oldest request without an answer ends at, UINT64_MAX while it is not sent
 * whole.
 */
bool patience_is_over(struct patience *patience, const struct conn *conn,
    uint64_t goal, int64_t timeout_ms, int64_t now_ms);

/* When to ask. */
int64_t patience_wake_at(const struct patience *patience, int64_t timeout_ms);

#endif
