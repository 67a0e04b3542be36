/*
 * Looks for items on one server, over a connection of its own: many keys at a
 * time, and the next ones are asked for while the answers to the last are read.
 *
 * A getter asks its owner for keys when it has room for them, and tells of each
 * what the server said. It connects when there is a key to look for, asks the
 * server what it is (`version`, and `mn` where meta gets are preferred), and
 * never takes a value that it did not ask for. When the connection fails, it is
 * closed and getter_work() says so; the keys without an answer are forgotten,
 * and the owner hands them out again if it wants to try again. A connection
 * that ends while nothing is asked is opened anew when it is needed.
 *
 * What is on its way is bounded: two requests of at most ROUND_KEYS keys, or
 * about 48 KiB; one, until the server has answered one. It reads whenever it
 * may write, so a server that writes before it reads cannot block it. A value
 * is never copied.
 *
 * One thread; nothing blocks but the resolution of host names. new/free own it.
 * Nothing is logged.
 */
#ifndef MEMC_GETTER_H
#define MEMC_GETTER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/err.h"
#include "memc/get_round.h"

/* The least room to receive into. */
enum { GETTER_ROOM_BYTES = 4096 };

struct getter_config {
    const struct address *address;
    int64_t timeout_ms; /* without progress (patience.h), while asked */
    /* Room to receive into, which all getters of a thread may share. */
    char *room;
    size_t room_bytes;

    /* The next key to look for; false: none now. */
    bool (*next)(void *ctx, struct get_key *key_out);

    got_fn *got;
    void *ctx;
};

struct getter;

struct getter *getter_new(const struct getter_config *config);
void getter_free(struct getter *getter);

/* From the next connection on, asks by meta gets if the server knows them. */
void getter_prefer_meta(struct getter *getter);

/*
 * Gets on as far as it can. 1: worth calling again at once; 0: not before what
 * it wants has happened, or there are more keys; -1 with err (ERR_HOST,
 * ERR_PEER, ERR_TIMEOUT, ERR_PROTOCOL): the connection failed.
 */
int getter_work(struct getter *getter, int64_t now_ms, struct err *err);

/* What to poll for (fd -1: nothing), and when to work at the latest. */
void getter_wants(const struct getter *getter, struct pollfd *poll_out,
    int64_t *wake_at_out);

/* Is nothing on its way? */
bool getter_is_idle(const struct getter *getter);

/* Has a request been answered to its end since it last connected? */
bool getter_is_proven(const struct getter *getter);

/* Connections that were begun so far. */
uint64_t getter_connects(const struct getter *getter);

/* Forgets all keys and closes the connection. */
void getter_abandon(struct getter *getter);

#endif
