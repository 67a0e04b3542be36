/* Classic gets are the rule: meta gets cost more (docs/memcached.md). */
#include "memc/getter.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "memc/conn.h"
#include "memc/dial.h"
#include "memc/patience.h"
#include "memc/protocol.h"
#include "memc/transport_plain.h"

enum { ROUNDS = 2, OUT_BYTES = ROUNDS * ROUND_MOST_BYTES };
/* So many buffers full of answers, then others have their turn. */
enum { MOST_RECEIVES = 4 };

enum getter_state {
    DOWN,       /* until there is a key to look for */
    CONNECTING, /* until wake_at */
    GREETING,   /* likewise: what is the server? */
    UP,         /* as long as there is patience, while something is asked */
};

struct getter {
    struct getter_config config;
    struct conn conn;
    struct dial dial;
    enum getter_state state;
    int64_t wake_at;
    struct patience patience; /* while UP */
    uint64_t connects;
    bool is_proven;

    struct get_key spare; /* the next key, as long as it is not asked for */
    bool has_spare;

    struct get_round rounds[ROUNDS]; /* a ring: what is on its way */
    size_t first, n_rounds;

    struct reply_parser greeting;
    bool prefers_meta;
    bool is_meta_asked; /* the greeting's second half */
    struct get_parser parser;
    char rest[GET_REST_BYTES];
    size_t n_rest; /* of a reply that came in part */

    size_t out_at, n_out; /* what is to be sent: out[out_at .. n_out - 1] */
    char out[OUT_BYTES];
};

/* ------------------------------------------------------------- the ends --- */

struct getter *
getter_new(const struct getter_config *config)
{
    struct getter *getter = mem_zero(1, sizeof(*getter));

    must(config->room_bytes >= GETTER_ROOM_BYTES);
    getter->config = *config;
    conn_init(&getter->conn, &transport_plain);
    return getter;
}

void
getter_free(struct getter *getter)
{
    if (!getter)
        return;
    conn_close(&getter->conn);
    free(getter);
}

void
getter_prefer_meta(struct getter *getter)
{
    getter->prefers_meta = true;
}

static void
disconnect(struct getter *getter)
{
    conn_close(&getter->conn);
    getter->state = DOWN;
    getter->n_rounds = 0;
    getter->n_rest = 0;
    getter->out_at = getter->n_out = 0;
}

void
getter_abandon(struct getter *getter)
{
    disconnect(getter);
    getter->has_spare = false;
}

/* The connection is of no use any more. */
static int
fail(struct getter *getter)
{
    getter_abandon(getter);
    return -1;
}

bool
getter_is_idle(const struct getter *getter)
{
    return getter->n_rounds == 0;
}

bool
getter_is_proven(const struct getter *getter)
{
    return getter->is_proven;
}

uint64_t
getter_connects(const struct getter *getter)
{
    return getter->connects;
}

/* ----------------------------------------------------------- connecting --- */

/* Is there a key to look for? */
static bool
has_key(struct getter *getter)
{
    if (!getter->has_spare)
        getter->has_spare =
            getter->config.next(getter->config.ctx, &getter->spare);
    return getter->has_spare;
}

static void
say(struct getter *getter, const char *text)
{
    size_t n = strlen(text);

    memcpy(getter->out + getter->n_out, text, n);
    getter->n_out += n;
}

static int
begin_connect(struct getter *getter, struct err *err)
{
    getter->connects++;
    getter->is_proven = false;
    if (dial_begin(&getter->dial, &getter->conn, getter->config.address,
            getter->config.timeout_ms, err))
        return fail(getter);
    getter->state = CONNECTING;
    /* the resolution of its name may have taken long */
    getter->wake_at = clock_ms() + getter->config.timeout_ms;
    return 1;
}

static int
time_is_up(struct getter *getter, struct err *err)
{
    err_set(err, ERR_TIMEOUT, "no answer within %lld ms",
        (long long)getter->config.timeout_ms);
    return fail(getter);
}

static int
connect_on(struct getter *getter, int64_t now, struct err *err)
{
    int result = dial_work(&getter->dial, now, err);

    if (result < 0)
        return fail(getter);
    if (result == 0)
        return now < getter->wake_at ? 0 : time_is_up(getter, err);
    getter->state = GREETING;
    getter->wake_at = now + getter->config.timeout_ms;
    patience_begin(&getter->patience, now);
    getter->is_meta_asked = false;
    reply_init(&getter->greeting);
    say(getter, "version\r\n");
    return 1;
}

/* -1: the connection failed; else what was done. */
static ssize_t
send_out(struct getter *getter, struct err *err)
{
    size_t n = getter->n_out - getter->out_at;
    ssize_t sent;

    if (n == 0)
        return 0;
    sent = conn_send(&getter->conn, getter->out + getter->out_at, n, err);
    if (sent <= 0)
        return sent;
    getter->patience.sent += (size_t)sent;
    getter->out_at += (size_t)sent;
    if (getter->out_at == getter->n_out)
        getter->out_at = getter->n_out = 0;
    return sent;
}

static int
go_up(struct getter *getter, enum get_form form)
{
    get_parser_init(&getter->parser, form);
    getter->state = UP;
    return 1;
}

static int
make_no_sense(struct getter *getter, const char *line, struct err *err)
{
    err_set(err, ERR_PROTOCOL,
        "it does not answer as memcached does: \"%.60s\"", line);
    return fail(getter);
}

/* A whole line in answer to the greeting. */
static int
take_greeting(struct getter *getter, enum reply reply, struct err *err)
{
    const char *line = getter->greeting.line;

    if (getter->is_meta_asked) {
        if (reply == REPLY_MN)
            return go_up(getter, GET_META);
        if (reply == REPLY_UNKNOWN)
            return go_up(getter, GET_CLASSIC);
    } else if (reply == REPLY_VERSION) {
        if (!getter->prefers_meta || !version_has_meta(line + 8))
            return go_up(getter, GET_CLASSIC);
        getter->is_meta_asked = true;
        say(getter, "mn\r\n");
        return 1;
    }
    return make_no_sense(getter, line, err);
}

/* There are proxies that hang up when they do not know a command. */
static int
do_without_meta(struct getter *getter)
{
    getter->prefers_meta = false;
    disconnect(getter);
    return 1;
}

static int
greet(struct getter *getter, int64_t now, struct err *err)
{
    struct err why_unsent;
    ssize_t got, sent = send_out(getter, &why_unsent);
    const char *at = getter->config.room;
    enum reply reply;

    got = conn_receive(&getter->conn, getter->config.room, GETTER_ROOM_BYTES,
        err);
    if (got == CONN_AGAIN && sent == CONN_CLOSED) {
        /* only now, since what it said before it closed tells more */
        *err = why_unsent;
        got = CONN_CLOSED;
    }
    if (got == CONN_CLOSED)
        return getter->is_meta_asked ? do_without_meta(getter) : fail(getter);
    if (got == CONN_AGAIN)
        return now < getter->wake_at ? 0 : time_is_up(getter, err);
    reply = reply_next(&getter->greeting, &at, getter->config.room + got);
    if (reply == REPLY_NONE)
        return 1;
    /* nothing was asked that is answered behind it */
    if (at != getter->config.room + got)
        reply = REPLY_BAD;
    return take_greeting(getter, reply, err);
}

/* --------------------------------------------------------------- asking --- */

/* One more request, if there are keys for it. */
static void
ask_round(struct getter *getter)
{
    struct get_round *round =
        &getter->rounds[(getter->first + getter->n_rounds) % ROUNDS];
    char *begin = getter->out + getter->n_out, *at = begin;

    round_begin(round, getter->parser.form);
    while (round_has_room(round, (size_t)(at - begin)) && has_key(getter)) {
        at += round_add(round, &getter->spare, at);
        getter->has_spare = false;
    }
    at += get_request_end(round->form, at);
    getter->n_out += (size_t)(at - begin);
    getter->n_rounds++;
}

/* As many requests as may be on their way. */
static void
ask(struct getter *getter, int64_t now)
{
    size_t most = getter->is_proven ? ROUNDS : 1;

    while (getter->n_rounds < most && has_key(getter)) {
        if (getter->n_rounds == 0)
            patience_renew(&getter->patience, now);
        /* what was not sent yet makes room for what follows */
        memmove(getter->out, getter->out + getter->out_at,
            getter->n_out - getter->out_at);
        getter->n_out -= getter->out_at;
        getter->out_at = 0;
        ask_round(getter);
    }
}

/* -------------------------------------------------------------- answers --- */

/* One reply or a piece of one. -1: it cannot be. */
static int
take(struct getter *getter, enum get_kind kind, struct err *err)
{
    int result = -1;

    if (kind == GET_REFUSED || kind == GET_BAD) {
        err_set(err, ERR_PROTOCOL,
            kind == GET_BAD ? "it does not answer as memcached does: \"%.60s\""
                            : "it answers \"%.60s\"",
            getter->parser.text);
        return -1;
    }
    if (getter->n_rounds)
        result = round_take(&getter->rounds[getter->first], kind,
            &getter->parser.reply, getter->config.got, getter->config.ctx);
    if (result < 0)
        err_set(err, ERR_PROTOCOL, "a reply that nobody asked for");
    if (result <= 0)
        return result;
    getter->first = (getter->first + 1) % ROUNDS;
    getter->n_rounds--;
    getter->patience.received = PATIENCE_BYTES; /* however short it is */
    getter->is_proven = true;
    return 0;
}

/* As conn_receive(), and what was received is taken. */
static ssize_t
receive(struct getter *getter, struct err *err)
{
    char *room = getter->config.room;
    const char *at = room, *end;
    enum get_kind kind;
    ssize_t got;

    memcpy(room, getter->rest, getter->n_rest);
    got = conn_receive(&getter->conn, room + getter->n_rest,
        getter->config.room_bytes - getter->n_rest, err);
    if (got <= 0)
        return got;
    end = room + getter->n_rest + got;
    while ((kind = get_parse(&getter->parser, &at, end)) != GET_NONE)
        if (take(getter, kind, err))
            return CONN_CLOSED;
    getter->n_rest = (size_t)(end - at);
    must(getter->n_rest <= sizeof(getter->rest));
    memcpy(getter->rest, at, getter->n_rest);
    return got;
}

/* -------------------------------------------------------- the interface --- */

/* The connection ended. That is no failure while nothing is asked: servers end
 * what nobody uses. */
static int
lose(struct getter *getter)
{
    if (getter->n_rounds)
        return fail(getter);
    disconnect(getter);
    return 1;
}

static bool
has_lost_patience(struct getter *getter, int64_t now)
{
    uint64_t goal = getter->n_out ? UINT64_MAX : getter->patience.sent;

    return getter->n_rounds &&
           patience_is_over(&getter->patience, &getter->conn, goal,
               getter->config.timeout_ms, now);
}

static int
exchange(struct getter *getter, int64_t now, struct err *err)
{
    struct err why_unsent;
    ssize_t sent, got;

    for (int i = 0; i < MOST_RECEIVES; i++) {
        ask(getter, now);
        sent = send_out(getter, &why_unsent);
        got = receive(getter, err);
        if (got == CONN_CLOSED)
            return lose(getter);
        if (got == CONN_AGAIN && sent == CONN_CLOSED) {
            /* only now, since what it said before it closed tells more */
            *err = why_unsent;
            return lose(getter);
        }
        if (got > 0)
            patience_receive(&getter->patience, (size_t)got, now);
        if (got == CONN_AGAIN)
            return has_lost_patience(getter, now) ? time_is_up(getter, err) : 0;
    }
    return 1;
}

int
getter_work(struct getter *getter, int64_t now_ms, struct err *err)
{
    switch (getter->state) {
    case DOWN:
        return has_key(getter) ? begin_connect(getter, err) : 0;
    case CONNECTING:
        return connect_on(getter, now_ms, err);
    case GREETING:
        return greet(getter, now_ms, err);
    case UP:
        break;
    }
    return exchange(getter, now_ms, err);
}

void
getter_wants(const struct getter *getter, struct pollfd *poll_out,
    int64_t *wake_at_out)
{
    bool has_bytes =
        conn_wants(&getter->conn, getter->out_at < getter->n_out, poll_out);

    *wake_at_out = getter->n_rounds ? patience_wake_at(&getter->patience,
                                          getter->config.timeout_ms)
                                    : getter->wake_at;
    if (getter->state == DOWN || (getter->state == UP && !getter->n_rounds))
        *wake_at_out = CLOCK_NEVER;
    if (getter->state == CONNECTING &&
        dial_wake_at(&getter->dial) < *wake_at_out)
        *wake_at_out = dial_wake_at(&getter->dial);
    if (has_bytes)
        *wake_at_out = 0;
}
