#include "memc/fetch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "memc/getter.h"
#include "memc/router.h"

/* What all getters receive into, one after the other. */
enum { FETCH_ROOM_BYTES = 64 * 1024 };

struct wanted {
    const char *bytes;
    size_t n_bytes;
    size_t index; /* in the caller's list */
    bool is_answered;
};

/* One server: its connection and the keys that are looked for there. */
struct fetch_lane {
    struct fetcher *fetcher;
    struct getter *getter;
    unsigned failures; /* in a row */
    struct err why;

    struct wanted *wanted;
    size_t n, room;
    size_t first;  /* all before it are answered */
    size_t next;   /* to be asked for */
    size_t n_left; /* without an answer */

    /* of a value that comes in pieces: those before */
    char *value;
    size_t value_room;
};

struct fetcher {
    const struct shards *shards;
    struct router *router;
    unsigned tries;           /* failures in a row until a server is given up */
    struct fetch_lane *lanes; /* one a server */
    struct pollfd *fds;       /* likewise */
    char *receive_room;

    /* of the fetch() at hand */
    void (*got)(void *ctx, const struct fetched *fetched);
    void *ctx;
};

bool
fetch_takes_key(const char *key, size_t n_bytes)
{
    if (n_bytes < 1 || n_bytes > GET_KEY_BYTES)
        return false;
    for (size_t i = 0; i < n_bytes; i++)
        if ((unsigned char)key[i] <= ' ' || key[i] == 0x7f)
            return false;
    return true;
}

/* ------------------------------------------------------------- answers --- */

static void
answer(struct fetch_lane *lane, struct wanted *wanted, struct fetched *fetched)
{
    struct fetcher *fetcher = lane->fetcher;

    must(!wanted->is_answered);
    wanted->is_answered = true;
    lane->n_left--;
    fetched->key = wanted->index;
    fetched->server = (size_t)(lane - fetcher->lanes);
    fetcher->got(fetcher->ctx, fetched);
}

static void
give_up(struct fetch_lane *lane)
{
    struct fetched fetched = {.state = FETCH_UNREADABLE, .why = lane->why.text};

    for (size_t i = 0; i < lane->n; i++)
        if (!lane->wanted[i].is_answered)
            answer(lane, &lane->wanted[i], &fetched);
}

/* A getter's owner: the next key to look for. */
static bool
next_key(void *ctx, struct get_key *key_out)
{
    struct fetch_lane *lane = ctx;
    struct wanted *wanted;

    while (lane->next < lane->n) {
        wanted = &lane->wanted[lane->next++];
        if (wanted->is_answered)
            continue;
        *key_out = (struct get_key){wanted->bytes, wanted->n_bytes, wanted};
        return true;
    }
    return false;
}

/* All of a value of which `reply` is the last piece. */
static const char *
whole_value(const struct fetch_lane *lane, const struct get_reply *reply)
{
    return reply->offset == 0 ? reply->piece : lane->value;
}

/* Keeps a piece of a value that comes in several. Room is made for what came,
 * not for what was announced. */
static void
keep_piece(struct fetch_lane *lane, const struct get_reply *reply)
{
    size_t n = reply->offset + reply->piece_bytes;

    if (n > lane->value_room) {
        lane->value_room = 2 * n;
        lane->value = mem_grow(lane->value, lane->value_room, 1);
    }
    if (reply->piece_bytes)
        memcpy(lane->value + reply->offset, reply->piece, reply->piece_bytes);
}

static void
got_reply(void *ctx, void *tag, const struct get_reply *reply)
{
    struct fetched fetched = {.state = FETCH_MISSING};
    struct fetch_lane *lane = ctx;

    if (reply) {
        if (reply->offset || !reply->is_last)
            keep_piece(lane, reply);
        if (!reply->is_last)
            return;
        fetched = (struct fetched){
            .state = FETCH_FOUND,
            .value = whole_value(lane, reply),
            .value_bytes = reply->value_bytes,
            .flags = reply->flags,
        };
    }
    answer(lane, tag, &fetched);
}

/* ------------------------------------------------------------- the keys --- */

static void
add_key(struct fetch_lane *lane, const struct fetch_key *key, size_t index)
{
    if (lane->n == lane->room) {
        lane->room = lane->room ? lane->room * 2 : 256;
        lane->wanted =
            mem_grow(lane->wanted, lane->room, sizeof(*lane->wanted));
    }
    lane->wanted[lane->n++] = (struct wanted){
        .bytes = key->bytes, .n_bytes = key->n_bytes, .index = index};
    lane->n_left++;
}

/* Puts each key on its server's lane. */
static void
sort_keys(struct fetcher *fetcher, const struct fetch_key *keys, size_t n)
{
    struct fetched refused = {
        .state = FETCH_UNREADABLE, .why = "no server takes such a key"};

    for (size_t i = 0; i < fetcher->shards->n_servers; i++) {
        struct fetch_lane *lane = &fetcher->lanes[i];

        lane->n = lane->first = lane->next = lane->n_left = 0;
    }
    for (size_t i = 0; i < n; i++) {
        size_t server = router_server(fetcher->router, keys[i].shard,
            keys[i].bytes, keys[i].n_bytes);

        if (fetch_takes_key(keys[i].bytes, keys[i].n_bytes)) {
            add_key(&fetcher->lanes[server], &keys[i], i);
            continue;
        }
        refused.key = i;
        refused.server = server;
        fetcher->got(fetcher->ctx, &refused);
    }
}

/* --------------------------------------------------------------- working ---
 */

static bool
is_busy(const struct fetch_lane *lane)
{
    return lane->n_left > 0 || !getter_is_idle(lane->getter);
}

/* The connection failed; lane->why says why. */
static void
fail(struct fetch_lane *lane)
{
    if (getter_is_proven(lane->getter))
        lane->failures = 0;
    while (lane->first < lane->n && lane->wanted[lane->first].is_answered)
        lane->first++;
    lane->next = lane->first;
    if (++lane->failures >= lane->fetcher->tries)
        give_up(lane);
}

/* False: it waits for something. */
static bool
work(struct fetch_lane *lane, int64_t now)
{
    int result = getter_work(lane->getter, now, &lane->why);

    if (result < 0)
        fail(lane);
    return result != 0;
}

/* Once for each server; false when none of them can get on before something
 * happens. */
static bool
work_all(struct fetcher *fetcher, bool *is_busy_out)
{
    int64_t now = clock_ms();
    bool has_moved = false;

    *is_busy_out = false;
    for (size_t i = 0; i < fetcher->shards->n_servers; i++) {
        struct fetch_lane *lane = &fetcher->lanes[i];

        if (is_busy(lane))
            has_moved |= work(lane, now);
        *is_busy_out |= is_busy(lane);
    }
    return has_moved;
}

static void
wait_for_any(struct fetcher *fetcher)
{
    int64_t wake_at = CLOCK_NEVER, lane_wakes_at;
    size_t n = fetcher->shards->n_servers;

    for (size_t i = 0; i < n; i++) {
        fetcher->fds[i] = (struct pollfd){.fd = -1};
        if (!is_busy(&fetcher->lanes[i]))
            continue;
        getter_wants(fetcher->lanes[i].getter, &fetcher->fds[i],
            &lane_wakes_at);
        if (lane_wakes_at < wake_at)
            wake_at = lane_wakes_at;
    }
    poll(fetcher->fds, (nfds_t)n, clock_poll_ms(wake_at, clock_ms()));
}

/* -------------------------------------------------------- the interface --- */

struct fetcher *
fetcher_new(const struct shards *shards, int64_t timeout_ms, unsigned tries)
{
    struct fetcher *fetcher = mem_zero(1, sizeof(*fetcher));

    fetcher->shards = shards;
    fetcher->router = router_new(shards);
    fetcher->tries = tries;
    fetcher->lanes = mem_zero(shards->n_servers, sizeof(*fetcher->lanes));
    fetcher->fds = mem_zero(shards->n_servers, sizeof(*fetcher->fds));
    fetcher->receive_room = mem_new(FETCH_ROOM_BYTES);
    for (size_t i = 0; i < shards->n_servers; i++) {
        struct fetch_lane *lane = &fetcher->lanes[i];

        lane->fetcher = fetcher;
        lane->getter = getter_new(&(struct getter_config){
            .address = shards->server[i].address,
            .timeout_ms = timeout_ms,
            .room = fetcher->receive_room,
            .room_bytes = FETCH_ROOM_BYTES,
            .next = next_key,
            .got = got_reply,
            .ctx = lane,
        });
    }
    return fetcher;
}

void
fetcher_free(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    for (size_t i = 0; i < fetcher->shards->n_servers; i++) {
        getter_free(fetcher->lanes[i].getter);
        free(fetcher->lanes[i].wanted);
        free(fetcher->lanes[i].value);
    }
    free(fetcher->lanes);
    free(fetcher->fds);
    free(fetcher->receive_room);
    router_free(fetcher->router);
    free(fetcher);
}

void
fetcher_prefer_meta(struct fetcher *fetcher)
{
    for (size_t i = 0; i < fetcher->shards->n_servers; i++)
        getter_prefer_meta(fetcher->lanes[i].getter);
}

void
fetch(struct fetcher *fetcher, const struct fetch_key *keys, size_t n,
    void (*got)(void *ctx, const struct fetched *fetched), void *ctx)
{
    bool is_any_busy = true;

    fetcher->got = got;
    fetcher->ctx = ctx;
    sort_keys(fetcher, keys, n);
    for (size_t i = 0; i < fetcher->shards->n_servers; i++) {
        struct fetch_lane *lane = &fetcher->lanes[i];

        if (lane->failures >= fetcher->tries)
            give_up(lane);
        else if (getter_is_proven(lane->getter))
            lane->failures = 0;
    }
    while (is_any_busy)
        if (!work_all(fetcher, &is_any_busy) && is_any_busy)
            wait_for_any(fetcher);
}
