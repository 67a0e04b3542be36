/*
 * The keys of one request, and which of them are answered.
 *
 * A round is filled key by key while its request is written, then told of the
 * replies (get_protocol.h) in the order they come. It never takes a value that
 * was not asked for, or twice. When it is over, every key was answered once.
 *
 * Pure; one thread. Zero-initialised and round_begin() make it ready.
 */
#ifndef MEMC_GET_ROUND_H
#define MEMC_GET_ROUND_H

#include <stdbool.h>
#include <stddef.h>

#include "memc/get_protocol.h"

/*
 * The most keys of a request, and the bytes it ends at. A server takes about
 * 1 KiB for each key that it has not answered, however small the value.
 */
enum { ROUND_KEYS = 1000, ROUND_BYTES = 48 * 1024 };

/* What a request takes at most. */
enum { ROUND_MOST_BYTES = ROUND_BYTES + GET_REQUEST_KEY_BYTES };

/* Its bytes stay where they are until it is answered or the connection fails.
 * 1 to GET_KEY_BYTES of them, none <= 0x20 and none 0x7f. */
struct get_key {
    const char *bytes;
    size_t n_bytes;
    void *tag; /* the owner's name for it */
};

/*
 * What the server said of a key: of an item that is there once or more, in the
 * order of its bytes, with is_last in the end. NULL: it is not there.
 */
typedef void got_fn(void *ctx, void *tag, const struct get_reply *reply);

struct get_round {
    enum get_form form;
    size_t n;
    size_t at; /* behind the last one answered */
    void *tag; /* of the value at hand */
    struct {
        struct get_key key;
        bool is_answered;
    } asked[ROUND_KEYS];
};

void round_begin(struct get_round *round, enum get_form form);

/* Is there room for a key, when the request has so many bytes? */
bool round_has_room(const struct get_round *round, size_t n_bytes);

/* Writes what asks for the key; returns the number of bytes. */
size_t round_add(struct get_round *round, const struct get_key *key,
    char to[GET_REQUEST_KEY_BYTES]);

/*
 * Takes GET_VALUE, GET_MISS or GET_END. 1: it was the last one of the round; 0:
 * more must come; -1: nobody asked for it.
 */
int round_take(struct get_round *round, enum get_kind kind,
    const struct get_reply *reply, got_fn *got, void *ctx);

#endif
