/*
 * A memcached for fuzz_wire: it stands behind the functions of memc/conn.h, and
 * what it does, and when, is told it step by step. A connection is two queues;
 * bytes the client sent before it closed are applied all the same, at any later
 * time, as those in a real server's socket are.
 *
 * It holds the client to the protocol: each byte that comes must be a request
 * for one of the items, whole and unchanged. One server, one thread.
 */
#ifndef TESTS_FUZZ_MODEL_SERVER_H
#define TESTS_FUZZ_MODEL_SERVER_H

#include <stdio.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "memc/conn.h"

enum { N_KEYS = 6, MOST_ITEMS = 150, FIRST_FD = 1000 };

/* --- items: everything about one follows from its number -------------------*/
struct known_item {
    struct item *item; /* NULL once it is done */
    size_t key;
    size_t value_bytes;
    enum outcome outcome; /* as told by the sink */
    unsigned n_applied;   /* by the server */
    unsigned n_refused[N_OUTCOMES];
};

static struct known_item known[MOST_ITEMS];
static size_t n_known;

static size_t
key_of(size_t key, char out[256])
{
    /* one is short, one as long as a key may be */
    return (size_t)snprintf(out, 256, "key%zu:%0*d", key,
        key == 0 ? 1 : (int)(key * 49), 0);
}

static void
value_of(size_t number, char *out, size_t n_bytes)
{
    char digits[16];

    must(n_bytes >= 8);
    snprintf(digits, sizeof(digits), "%08zu", number);
    for (size_t i = 0; i < n_bytes; i++)
        out[i] = i < 8 ? digits[i] : "\r\nmn "[(i + number) % 5];
}

/* --- the server ------------------------------------------------------------*/
struct peer {
    struct text in, out;
    size_t in_at, out_at; /* what was processed, what the client read */
    size_t in_read;       /* what the server took from its socket */
    bool client_shut;     /* or closed: nothing more comes */
    bool is_closed;       /* by the server */
    bool is_reset;        /* likewise, and what was under way is gone */
    bool has_meta;
};

static struct {
    struct peer *peer;
    size_t n_peers;
    size_t holds[N_KEYS]; /* number of the item, and 1 more; 0: nothing */
    bool has_meta;        /* of connections to come */
    bool is_down, is_down_late, hangs;
    size_t buffer_bytes;  /* what a client may send ahead */
    size_t receive_bytes; /* what it gets at a time */
    unsigned n_refuse;    /* sets to refuse from now on */
    enum outcome refuse_as;
} server;

static void
server_release(void)
{
    for (size_t i = 0; i < server.n_peers; i++) {
        text_release(&server.peer[i].in);
        text_release(&server.peer[i].out);
    }
    free(server.peer);
    memset(&server, 0, sizeof(server));
}

static void
say(struct peer *peer, const char *line)
{
    text_format(&peer->out, "%s\r\n", line);
}

static const char *
refusal(enum outcome as)
{
    switch (as) {
    case OUTCOME_TOO_LARGE:
        return "SERVER_ERROR object too large for cache";
    case OUTCOME_OUT_OF_MEMORY:
        return "SERVER_ERROR out of memory storing object";
    default:
        return "SERVER_ERROR backend failure";
    }
}

/* A set of the item that this value belongs to. */
static void
apply(struct peer *peer, const char *key, const char *value, size_t n_value,
    const char *stored, bool is_noreply)
{
    char wanted[256], *copy = mem_new(n_value);
    size_t number = strtoul(value, NULL, 10);
    struct known_item *item;

    must(number < n_known);
    item = &known[number];
    must(n_value == item->value_bytes);
    value_of(number, copy, n_value);
    must(memcmp(value, copy, n_value) == 0);
    free(copy);
    key_of(item->key, wanted);
    must(strcmp(key, wanted) == 0);

    if (server.n_refuse > 0) {
        server.n_refuse--;
        server.holds[item->key] = 0; /* a refused set deletes the old value */
        item->n_refused[server.refuse_as]++;
        if (!is_noreply)
            say(peer, refusal(server.refuse_as));
        return;
    }
    server.holds[item->key] = number + 1;
    item->n_applied++;
    if (stored)
        say(peer, stored);
}

/* `ms KEY N [F…] [T…] [q]`, `set KEY F E N [noreply]`: how many bytes of value,
 * and what is said when it was stored. */
static size_t
read_header(const struct peer *peer, char *line, char key[256],
    const char **stored, bool *is_noreply)
{
    char word[5][16] = {{0}};
    int n = sscanf(line, "%15s %255s %15s %15s %15s %15s", word[0], key,
        word[1], word[2], word[3], word[4]);

    *is_noreply = false;
    if (strcmp(word[0], "ms") == 0) {
        must(peer->has_meta && n >= 3);
        *stored = strcmp(word[n - 2], "q") == 0 ? NULL : "HD";
        return strtoul(word[1], NULL, 10);
    }
    must(strcmp(word[0], "set") == 0 && n >= 5);
    must(strcmp(word[1], strcmp(word[2], "0") == 0 ? "0" : "7") == 0);
    *is_noreply = n == 6 && strcmp(word[4], "noreply") == 0;
    must(n == 5 || *is_noreply);
    *stored = *is_noreply ? NULL : "STORED";
    return strtoul(word[3], NULL, 10);
}

/* One request, if there is a whole one. */
static bool
serve_one(struct peer *peer)
{
    size_t n = peer->in.n_bytes - peer->in_at, n_line, n_value;
    const char *at, *lf, *stored;
    char line[512], key[256];
    bool is_noreply;

    if (peer->is_closed || n == 0)
        return false;
    at = peer->in.data + peer->in_at;
    lf = memchr(at, '\n', n);
    if (!lf)
        return false;
    n_line = (size_t)(lf - at) + 1;
    must(n_line >= 2 && n_line < sizeof(line) && lf[-1] == '\r');
    memcpy(line, at, n_line - 2);
    line[n_line - 2] = '\0';
    if (strcmp(line, "version") == 0) {
        say(peer, peer->has_meta ? "VERSION 1.6.18" : "VERSION 1.4.15");
    } else if (strcmp(line, "mn") == 0) {
        say(peer, peer->has_meta ? "MN" : "ERROR");
    } else {
        n_value = read_header(peer, line, key, &stored, &is_noreply);
        if (n < n_line + n_value + 2)
            return false;
        must(memcmp(at + n_line + n_value, "\r\n", 2) == 0);
        apply(peer, key, at + n_line, n_value, stored, is_noreply);
        n_line += n_value + 2;
    }
    peer->in_at += n_line;
    return true;
}

/* Up to n requests; at the stream's end the server closes. */
static void
serve(struct peer *peer, size_t n)
{
    peer->in_read = peer->in.n_bytes;
    while (n > 0 && serve_one(peer))
        n--;
    if (n > 0 && peer->client_shut)
        peer->is_closed = true;
}

/* What is under way on connections that the client has left comes last of all:
 * a client that opens another one too early loses the order. */
static void
serve_old(void)
{
    for (size_t i = 0; i < server.n_peers; i++)
        serve(&server.peer[i], SIZE_MAX);
}

static struct peer *
newest_peer(void)
{
    return server.n_peers ? &server.peer[server.n_peers - 1] : NULL;
}

static void
serve_newest(void)
{
    if (server.n_peers)
        serve(newest_peer(), SIZE_MAX);
}

static void
reset(struct peer *peer)
{
    peer->is_closed = peer->is_reset = true;
}

/* --- memc/conn.h, in its place ---------------------------------------------*/
#define WRAP(type, name, ...)        \
    type __wrap_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__)

static struct peer *
peer_of(const struct conn *conn)
{
    must(conn->fd >= FIRST_FD && conn->fd < FIRST_FD + (int)server.n_peers);
    return &server.peer[conn->fd - FIRST_FD];
}

WRAP(int, conn_open, struct conn *conn, const struct address *address,
    struct err *err)
{
    (void)address;
    must(conn->fd < 0);
    conn->n_turns = 1;
    if (server.is_down && !server.is_down_late) {
        err_set(err, ERR_PEER, "cannot connect");
        return -1;
    }
    server.peer =
        mem_grow(server.peer, server.n_peers + 1, sizeof(*server.peer));
    server.peer[server.n_peers] = (struct peer){.has_meta = server.has_meta};
    conn->fd = FIRST_FD + (int)server.n_peers++;
    conn->is_connecting = true;
    return 0;
}

WRAP(int, conn_finish, struct conn *conn, struct err *err)
{
    must(conn->is_connecting);
    if (server.is_down) {
        err_set(err, ERR_PEER, "cannot connect");
        return -1;
    }
    if (server.hangs)
        return 0;
    conn->is_connecting = false;
    return 1;
}

static size_t
send_room(const struct peer *peer)
{
    size_t ahead = peer->in.n_bytes - peer->in_read;

    return ahead < server.buffer_bytes ? server.buffer_bytes - ahead : 0;
}

WRAP(ssize_t, conn_send, struct conn *conn, const char *bytes, size_t n,
    struct err *err)
{
    struct peer *peer = peer_of(conn);

    must(!peer->client_shut);
    if (peer->is_closed) {
        err_set(err, ERR_PEER, "cannot send");
        return CONN_CLOSED;
    }
    if (n > send_room(peer))
        n = send_room(peer);
    text_add(&peer->in, bytes, n);
    return n > 0 ? (ssize_t)n : CONN_AGAIN;
}

WRAP(ssize_t, conn_receive, struct conn *conn, char *bytes, size_t room,
    struct err *err)
{
    struct peer *peer = peer_of(conn);
    size_t n = peer->out.n_bytes - peer->out_at;

    if (peer->is_reset || (peer->is_closed && n == 0)) {
        err_set(err, ERR_PEER, "the server closed the connection");
        return CONN_CLOSED;
    }
    n = n < room ? n : room;
    n = n < server.receive_bytes ? n : server.receive_bytes;
    if (n == 0)
        return CONN_AGAIN;
    memcpy(bytes, peer->out.data + peer->out_at, n);
    peer->out_at += n;
    return (ssize_t)n;
}

WRAP(size_t, conn_unacked, const struct conn *conn)
{
    const struct peer *peer = peer_of(conn);

    return peer->in.n_bytes - peer->in_read;
}

WRAP(int64_t, conn_unheard_ms, const struct conn *conn)
{
    (void)conn;
    return -1;
}

WRAP(void, conn_shut, struct conn *conn)
{
    peer_of(conn)->client_shut = true;
}

WRAP(void, conn_close, struct conn *conn)
{
    if (conn->fd >= 0)
        peer_of(conn)->client_shut = true;
    conn->fd = -1;
    conn->is_connecting = false;
}

/* What poll(2) would say of it. */
static bool
is_ready(const struct pollfd *poll)
{
    const struct peer *peer;

    if (poll->fd < 0)
        return false;
    must(poll->fd >= FIRST_FD && poll->fd < FIRST_FD + (int)server.n_peers);
    peer = &server.peer[poll->fd - FIRST_FD];
    if (peer->is_closed)
        return true;
    if (poll->events & POLLIN && peer->out_at < peer->out.n_bytes)
        return true;
    return poll->events & POLLOUT && !server.hangs && send_room(peer) > 0;
}

#endif
