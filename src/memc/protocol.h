/*
 * memcached's text protocol, as far as the loader speaks it: bytes, no socket.
 *
 * Requests are encoded piecewise: an item's request is a function of the item,
 * the form and the terms alone, so the bytes from any offset on can be made
 * again after a short write, and no sent byte needs to be kept. Replies are
 * parsed a line at a time from whatever pieces arrive; after the first reply
 * that is none of the known ones the parser says REPLY_BAD for ever: a stream
 * that lost step is never trusted again.
 *
 * See memcached's doc/protocol.txt: "ms" and "mn" under "Meta Commands", "set"
 * under "Storage commands". With `q` only success is silent, errors always
 * show; `mn` answers MN when everything before it was processed.
 *
 * Pure but for the parser's own state, which belongs to one thread.
 */
#ifndef MEMC_PROTOCOL_H
#define MEMC_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memc/item.h"

/* How an item is asked to be stored. */
enum form {
    FORM_QUIET,   /* ms KEY N q: replies only to say no */
    FORM_META,    /* ms KEY N: a reply an item */
    FORM_SET,     /* set KEY F E N: a reply an item, any server knows it */
    FORM_NOREPLY, /* set KEY F E N noreply: no reply, not even to say no */
};

/* Does each item get a reply in this form? */
static inline bool
form_is_loud(enum form form)
{
    return form == FORM_META || form == FORM_SET;
}

size_t request_bytes(const struct item *item, enum form form,
    struct terms terms);

/*
 * Writes the request from its byte `skip` on, at most `room` bytes; returns
 * how many.
 */
size_t request_encode(const struct item *item, enum form form,
    struct terms terms, size_t skip, char *to, size_t room);

/* The request that ends a window: "mn\r\n", or "version\r\n" without meta. */
const char *fence_request(bool has_meta, size_t *n_bytes);

enum reply {
    REPLY_NONE,      /* no whole line yet: feed more */
    REPLY_STORED,    /* HD or STORED */
    REPLY_MN,        /* a fence */
    REPLY_VERSION,   /* one, too: of a server without meta commands */
    REPLY_NO_MEMORY, /* SERVER_ERROR out of memory … */
    REPLY_TOO_LARGE, /* SERVER_ERROR object too large for cache */
    REPLY_REFUSED,   /* any other SERVER_ERROR */
    REPLY_UNKNOWN,   /* ERROR: the server does not know the command */
    REPLY_BAD,       /* anything else; sticky */
};

enum { REPLY_LINE_BYTES = 512 };

struct reply_parser {
    char line[REPLY_LINE_BYTES]; /* the last line, NUL-terminated, no end */
    size_t n;
    bool is_whole; /* line holds the last reply, not the next one's start */
    bool is_bad;
};

void reply_init(struct reply_parser *parser);

/*
 * Takes bytes from *at (advancing it, at most to end) up to the end of one
 * reply. parser->line then holds its text, for messages.
 */
enum reply reply_next(struct reply_parser *parser, const char **at,
    const char *end);

/* "1.6.18" -> does this server know `ms KEY N` (1.6.10 and later)? */
bool version_has_meta(const char *version);

#endif
