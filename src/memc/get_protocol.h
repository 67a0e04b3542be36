/*
 * memcached's text protocol, as far as items are read: bytes, no socket.
 *
 * Two forms. GET_CLASSIC asks for many keys in one line, which any server and
 * any proxy understands: "get KEY KEY ...", answered by a VALUE for each item
 * that is there and by END. GET_META asks for each key in a line of its own:
 * "mg KEY k f v", answered by VA or, for an item that is not there, by EN, in
 * the order of the requests; it can tell an item's cas and ttl as well. See
 * "Retrieval command" and "Meta Get" in memcached's doc/protocol.txt.
 *
 * Replies are parsed where they lie, in whatever pieces they arrive; a value
 * may come in several. After the first reply that cannot be one, the parser
 * says GET_BAD (or GET_REFUSED) for ever: a stream that lost step is never
 * trusted again. What a value is of, and whether that was asked for, is up to
 * the caller.
 *
 * Pure but for the parser's own state, which belongs to one thread.
 */
#ifndef MEMC_GET_PROTOCOL_H
#define MEMC_GET_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum get_form { GET_CLASSIC, GET_META };

/* memcached's limits: of a key; of an item, whose size is at most -I 1024m. */
enum { GET_KEY_BYTES = 250 };
#define GET_VALUE_BYTES (1U << 30)

/* What one key adds to a request at most, the request's end included. */
enum { GET_REQUEST_KEY_BYTES = GET_KEY_BYTES + 16 };

/* Writes what asks for a key, the first one of its request or another; returns
 * the number of bytes. 1 <= n_bytes <= GET_KEY_BYTES. */
size_t get_request_key(enum get_form form, bool is_first, const char *key,
    size_t n_bytes, char to[GET_REQUEST_KEY_BYTES]);

/* Ends a request of at least one key; returns the number of bytes. */
size_t get_request_end(enum get_form form, char to[GET_REQUEST_KEY_BYTES]);

enum get_kind {
    GET_NONE,    /* no more to be read in these bytes */
    GET_VALUE,   /* a value or a piece of it: parser->reply */
    GET_MISS,    /* GET_META: the item is not there */
    GET_END,     /* GET_CLASSIC: nothing more is there of this request */
    GET_REFUSED, /* SERVER_ERROR: parser->text; sticky */
    GET_BAD,     /* no such reply: parser->text; sticky */
};

struct get_reply {
    /* With a value's first piece (offset 0), and with GET_MISS where the server
     * says it; else NULL. Points into the bytes that were parsed. */
    const char *key;
    size_t key_bytes;

    /* The same for all pieces of a value. */
    uint32_t flags;
    uint64_t cas;  /* 0 when the server did not say it */
    int64_t ttl_s; /* seconds; -1: never expires, or it did not say */
    size_t value_bytes;

    const char *piece; /* into the bytes that were parsed */
    size_t piece_bytes;
    size_t offset; /* of the piece in the value */
    bool is_last;  /* the value is complete; the piece may be empty then */
};

enum { GET_TEXT_BYTES = 64 };

struct get_parser {
    enum get_form form;
    enum get_kind over; /* GET_REFUSED or GET_BAD, once it was said */
    bool is_in_value;
    struct get_reply reply;
    char text[GET_TEXT_BYTES]; /* the line that ended it, cut; for people */
};

void get_parser_init(struct get_parser *parser, enum get_form form);

/* A line of a reply is shorter than the one, what get_parse() leaves of a reply
 * shorter than the other. */
enum { GET_LINE_BYTES = 512, GET_REST_BYTES = GET_LINE_BYTES + 2 };

/*
 * Takes one reply, or a piece of one, from *at on, and advances *at. GET_NONE:
 * the bytes from *at to end are too few; the next call must get them again,
 * with what came behind them.
 */
enum get_kind get_parse(struct get_parser *parser, const char **at,
    const char *end);

#endif
