#include "memc/fetch.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmemcached/memcached.h>

#include "base/clock.h"
#include "base/mem.h"
#include "memc/conn.h"

/*
 * Limits of one request. libmemcached throws replies away unread once a
 * connection took 64 KiB (its IO_BYTES_WATERMARK), so a request stays below;
 * more keys than this gain no speed.
 */
enum { ROUND_KEYS = 1000, ROUND_BYTES = 48 * 1024 };

/* memcached's limit of a key. */
enum { FETCH_KEY_BYTES = 250 };

/* One server: its connection and the keys that wait for it. */
struct lane {
    memcached_st *client; /* NULL: not connected */
    memcached_result_st result;
    unsigned failures; /* in a row */
    struct err why;

    const char **keys; /* parallel lists of room places */
    size_t *key_bytes;
    size_t *indexes; /* in the caller's list */
    size_t n, room;

    /* this round: keys next to asked; a found one is marked */
    size_t next, asked;
    size_t at; /* behind the last one found */
    bool is_found[ROUND_KEYS];
};

struct fetcher {
    const struct shards *shards;
    struct router *router;
    int64_t timeout_ms;
    unsigned tries;     /* failures in a row until a server is given up */
    struct lane *lanes; /* one a server */

    /* of the fetch() at hand */
    void (*got)(void *ctx, const struct fetched *fetched);
    void *ctx;
};

bool
fetch_takes_key(const char *key, size_t n_bytes)
{
    if (n_bytes < 1 || n_bytes > FETCH_KEY_BYTES)
        return false;
    for (size_t i = 0; i < n_bytes; i++)
        if ((unsigned char)key[i] <= ' ' || key[i] == 0x7f)
            return false;
    return true;
}

/* ---------------------------------------------------------- connections --- */

static void
behave(memcached_st *client, memcached_behavior_t what, uint64_t value)
{
    memcached_return_t rc = memcached_behavior_set(client, what, value);

    if (rc != MEMCACHED_SUCCESS)
        die("libmemcached refuses setting %d: %s", (int)what,
            memcached_strerror(client, rc));
}

static void
disconnect(struct lane *lane)
{
    if (!lane->client)
        return;
    memcached_result_free(&lane->result);
    memcached_free(lane->client);
    lane->client = NULL;
}

/* What went wrong, in words that mean something without libmemcached. */
static void
explain(struct lane *lane, int64_t timeout_ms, memcached_return_t rc)
{
    char reason[128];
    int code = memcached_last_error_errno(lane->client);

    if (rc == MEMCACHED_TIMEOUT)
        err_set(&lane->why, ERR_PEER, "no answer within %lld ms",
            (long long)timeout_ms);
    else if (rc == MEMCACHED_HOST_LOOKUP_FAILURE)
        err_set(&lane->why, ERR_PEER, "its host name does not resolve");
    else if (rc == MEMCACHED_SUCCESS || rc == MEMCACHED_UNKNOWN_READ_FAILURE)
        err_set(&lane->why, ERR_PEER, "it does not answer as memcached does");
    else if (code)
        err_set(&lane->why, ERR_PEER, "%s",
            strerror_r(code, reason, sizeof(reason)));
    else if (rc == MEMCACHED_CONNECTION_FAILURE)
        err_set(&lane->why, ERR_PEER, "the server closed the connection");
    else
        err_set(&lane->why, ERR_PEER, "libmemcached says: %s",
            memcached_strerror(lane->client, rc));
}

/*
 * VERIFY_KEY stays off (it refuses UTF-8 keys; ours are checked), and nothing
 * is buffered or ejected. SND_ and RCV_TIMEOUT would do nothing: libmemcached
 * never blocks in send or recv, only in poll.
 */
static void
create_client(struct lane *lane, const struct address *address, int64_t ms)
{
    uint64_t timeout_ms = ms > INT_MAX ? INT_MAX : (uint64_t)ms;
    memcached_return_t rc;

    lane->client = memcached_create(NULL);
    if (!lane->client || !memcached_result_create(lane->client, &lane->result))
        die("out of memory (libmemcached)");
    behave(lane->client, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
    behave(lane->client, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, timeout_ms);
    behave(lane->client, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, timeout_ms);
    if (address->is_unix)
        rc = memcached_server_add_unix_socket(lane->client, address->host);
    else
        rc = memcached_server_add(lane->client, address->host, address->port);
    if (rc != MEMCACHED_SUCCESS)
        die("libmemcached refuses the address %s: %s", address->text,
            memcached_strerror(lane->client, rc));
}

/* Why there is no connection: libmemcached forgets it, so we try it ourselves.
 */
static void
explain_no_connection(struct lane *lane, const struct address *address,
    int64_t left_ms)
{
    if (conn_try(address, left_ms, &lane->why) == 0)
        err_set(&lane->why, ERR_PEER, "the connection was lost at once");
}

/* -1: not to be reached. Connected by `version`, because a multi-get that
 * connects leaves out the keys before the connection stood, and says so to
 * nobody. */
static int
connect_lane(struct fetcher *fetcher, struct lane *lane)
{
    const struct address *address =
        fetcher->shards->server[lane - fetcher->lanes].address;
    int64_t end_at = clock_ms() + fetcher->timeout_ms;
    memcached_return_t rc;

    create_client(lane, address, fetcher->timeout_ms);
    rc = memcached_version(lane->client);
    if (rc == MEMCACHED_SUCCESS)
        return 0;
    rc = memcached_last_error(lane->client); /* it was only "some errors" */
    if (rc == MEMCACHED_CONNECTION_FAILURE)
        explain_no_connection(lane, address, end_at - clock_ms());
    else
        explain(lane, fetcher->timeout_ms, rc);
    disconnect(lane);
    return -1;
}

/* -------------------------------------------------------------- answers --- */

static void
answer(struct fetcher *fetcher, struct lane *lane, size_t at,
    struct fetched *fetched)
{
    fetched->key = lane->indexes[at];
    fetched->server = (size_t)(lane - fetcher->lanes);
    fetcher->got(fetcher->ctx, fetched);
}

/* The end of a round: what was not found is missing. */
static void
end_round(struct fetcher *fetcher, struct lane *lane)
{
    struct fetched fetched = {.state = FETCH_MISSING};

    for (size_t i = lane->next; i < lane->asked; i++)
        if (!lane->is_found[i - lane->next])
            answer(fetcher, lane, i, &fetched);
    lane->next = lane->asked;
    lane->failures = 0;
}

/* A round that broke off: keys not found are the next ones to ask for. */
static void
undo_round(struct lane *lane)
{
    size_t to = lane->asked;

    for (size_t i = lane->asked; i-- > lane->next;) {
        if (lane->is_found[i - lane->next])
            continue;
        to--;
        lane->keys[to] = lane->keys[i];
        lane->key_bytes[to] = lane->key_bytes[i];
        lane->indexes[to] = lane->indexes[i];
    }
    lane->next = lane->asked = to;
}

static void
give_up(struct fetcher *fetcher, struct lane *lane)
{
    struct fetched fetched = {.state = FETCH_UNREADABLE, .why = lane->why.text};

    for (; lane->next < lane->n; lane->next++)
        answer(fetcher, lane, lane->next, &fetched);
    lane->asked = lane->n;
}

/* The connection is of no use any more; lane->why says why. */
static void
fail_lane(struct fetcher *fetcher, struct lane *lane)
{
    disconnect(lane);
    undo_round(lane);
    if (++lane->failures >= fetcher->tries)
        give_up(fetcher, lane);
}

static bool
is_result_of(const memcached_result_st *result, const struct lane *lane,
    size_t at)
{
    return !lane->is_found[at - lane->next] &&
           memcached_result_key_length(result) == lane->key_bytes[at] &&
           memcmp(memcached_result_key_value(result), lane->keys[at],
               lane->key_bytes[at]) == 0;
}

/*
 * Which of the keys asked for this is; lane->asked when it is none. Servers
 * answer in the order of the request, so the search goes on where the last one
 * was found; proxies may not, so it goes round.
 */
static size_t
find_key(const struct lane *lane, const memcached_result_st *result)
{
    for (size_t i = lane->at; i < lane->asked; i++)
        if (is_result_of(result, lane, i))
            return i;
    for (size_t i = lane->next; i < lane->at; i++)
        if (is_result_of(result, lane, i))
            return i;
    return lane->asked;
}

/* -1: nobody asked for it. */
static int
take_result(struct fetcher *fetcher, struct lane *lane,
    memcached_result_st *result)
{
    struct fetched fetched = {.state = FETCH_FOUND,
        .value = memcached_result_value(result),
        .value_bytes = memcached_result_length(result),
        .flags = memcached_result_flags(result)};
    size_t at = find_key(lane, result);

    if (at == lane->asked)
        return -1;
    lane->is_found[at - lane->next] = true;
    lane->at = at + 1;
    answer(fetcher, lane, at, &fetched);
    return 0;
}

/* --------------------------------------------------------------- rounds --- */

/* The end of the keys that one request takes. */
static size_t
round_end(const struct lane *lane)
{
    size_t at = lane->next, n_bytes = 0;

    while (at < lane->n && at - lane->next < ROUND_KEYS &&
           n_bytes < ROUND_BYTES)
        n_bytes += lane->key_bytes[at++] + 1;
    return at;
}

static void
ask(struct fetcher *fetcher, struct lane *lane)
{
    size_t end = round_end(lane);
    memcached_return_t rc;

    lane->asked = lane->at = lane->next;
    memset(lane->is_found, 0, sizeof(lane->is_found));
    if (!lane->client && connect_lane(fetcher, lane)) {
        fail_lane(fetcher, lane);
        return;
    }
    rc = memcached_mget(lane->client, lane->keys + lane->next,
        lane->key_bytes + lane->next, end - lane->next);
    if (rc != MEMCACHED_SUCCESS) {
        explain(lane, fetcher->timeout_ms, rc);
        fail_lane(fetcher, lane);
        return;
    }
    lane->asked = end;
}

/*
 * Reads all replies to what was asked. memcached_fetch_result() calls any
 * error before the first value "not found", and a lost connection with it, as
 * long as its result counts no value: so it starts from one, and the only
 * good end is END.
 */
static void
collect(struct fetcher *fetcher, struct lane *lane)
{
    memcached_return_t rc = MEMCACHED_SUCCESS;

    lane->result.count = 1;
    memcached_result_reset(&lane->result);
    while (memcached_fetch_result(lane->client, &lane->result, &rc)) {
        if (take_result(fetcher, lane, &lane->result)) {
            err_set(&lane->why, ERR_PEER, "a reply that nobody asked for");
            fail_lane(fetcher, lane);
            return;
        }
        memcached_result_reset(&lane->result);
    }
    if (rc != MEMCACHED_END) {
        explain(lane, fetcher->timeout_ms, rc);
        fail_lane(fetcher, lane);
        return;
    }
    end_round(fetcher, lane);
}

static void
make_room(struct lane *lane)
{
    if (lane->n < lane->room)
        return;
    lane->room = lane->room ? lane->room * 2 : 256;
    lane->keys = mem_grow(lane->keys, lane->room, sizeof(*lane->keys));
    lane->key_bytes =
        mem_grow(lane->key_bytes, lane->room, sizeof(*lane->key_bytes));
    lane->indexes = mem_grow(lane->indexes, lane->room, sizeof(*lane->indexes));
}

static void
add_key(struct lane *lane, const struct fetch_key *key, size_t index)
{
    make_room(lane);
    lane->keys[lane->n] = key->bytes;
    lane->key_bytes[lane->n] = key->n_bytes;
    lane->indexes[lane->n++] = index;
}

/* Puts each key on its server's lane. */
static void
sort_keys(struct fetcher *fetcher, const struct fetch_key *keys, size_t n)
{
    struct fetched refused = {
        .state = FETCH_UNREADABLE, .why = "no server takes such a key"};

    for (size_t i = 0; i < fetcher->shards->n_servers; i++) {
        struct lane *lane = &fetcher->lanes[i];

        lane->n = lane->next = lane->asked = 0;
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

/* -------------------------------------------------------- the interface --- */

struct fetcher *
fetcher_new(const struct shards *shards, int64_t timeout_ms, unsigned tries)
{
    struct fetcher *fetcher = mem_zero(1, sizeof(*fetcher));

    fetcher->shards = shards;
    fetcher->router = router_new(shards);
    fetcher->timeout_ms = timeout_ms;
    fetcher->tries = tries;
    fetcher->lanes = mem_zero(shards->n_servers, sizeof(*fetcher->lanes));
    return fetcher;
}

void
fetcher_free(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    for (size_t i = 0; i < fetcher->shards->n_servers; i++) {
        disconnect(&fetcher->lanes[i]);
        free(fetcher->lanes[i].keys);
        free(fetcher->lanes[i].key_bytes);
        free(fetcher->lanes[i].indexes);
    }
    free(fetcher->lanes);
    router_free(fetcher->router);
    free(fetcher);
}

void
fetch(struct fetcher *fetcher, const struct fetch_key *keys, size_t n,
    void (*got)(void *ctx, const struct fetched *fetched), void *ctx)
{
    struct lane *lanes = fetcher->lanes;
    size_t n_lanes = fetcher->shards->n_servers;
    bool is_waiting = n > 0;

    fetcher->got = got;
    fetcher->ctx = ctx;
    sort_keys(fetcher, keys, n);
    for (size_t i = 0; i < n_lanes; i++)
        if (lanes[i].failures >= fetcher->tries)
            give_up(fetcher, &lanes[i]);
    while (is_waiting) {
        is_waiting = false;
        for (size_t i = 0; i < n_lanes; i++)
            if (lanes[i].next < lanes[i].n)
                ask(fetcher, &lanes[i]);
        for (size_t i = 0; i < n_lanes; i++) {
            if (lanes[i].next < lanes[i].asked)
                collect(fetcher, &lanes[i]);
            is_waiting |= lanes[i].next < lanes[i].n;
        }
    }
}
