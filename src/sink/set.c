/*
 * The reference sink: libmemcached, one reply an item.
 *
 * libmemcached keeps its socket to itself, but a connection given up on a
 * timeout has to be read to its end (docs/contract.md 4). So the descriptor is
 * found right after connecting (the one socket that was not there before and
 * leads to the server; connecting is serialised for that) and a duplicate goes
 * to the watchdog, which ends a wait that lasts too long in the right order.
 *
 * Settings that matter (docs/memcached.md): replies on, no buffering,
 * VERIFY_KEY off (it refuses UTF-8 keys; record_split() has judged them), no
 * ejection of servers, and a new handle for each connection, since an old one
 * answers from its memory of a failure without trying.
 *
 * A connection that lay idle is asked for an answer before an item goes there,
 * as in wire.c: on the duplicate, while libmemcached has nothing under way.
 */
#include "sink/set.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmemcached/memcached.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "memc/transport_plain.h"
#include "sink/outage.h"
#include "sink/retry.h"
#include "sink/sockets.h"
#include "sink/watchdog.h"

enum { IDLE_MS = 1000 };

struct set {
    struct sink sink;
    memcached_st *client;
    struct guarded guarded;
    struct item *first, *last;
    char detail[160];        /* what went wrong last, for people */
    bool is_known;           /* was connected before */
    bool has_logged_refusal; /* once a lane */
    bool was_sent;           /* the first item, at least once */
    unsigned refusals;       /* of the item at hand */
    int64_t asked_at;        /* when the last request began */
    struct outage outage;    /* its pause is that before any try */
};

/* Held while a connection is made, to tell whose the new socket is. */
static pthread_mutex_t connecting = PTHREAD_MUTEX_INITIALIZER;

static struct set *
set_of(const struct sink *sink)
{
    return (struct set *)(uintptr_t)sink;
}

/* ---------------------------------------------------------- connecting --- */

static void
behave(memcached_st *client, memcached_behavior_t what, uint64_t value)
{
    memcached_return_t rc = memcached_behavior_set(client, what, value);

    if (rc != MEMCACHED_SUCCESS)
        die("libmemcached refuses setting %d: %s", (int)what,
            memcached_strerror(client, rc));
}

static void
make_client(struct set *set)
{
    const struct address *address = set->sink.config.address;
    int64_t left_ms = watchdog_left_ms(&set->guarded);
    uint64_t wait_ms = left_ms > 0 ? (uint64_t)left_ms : 1;
    memcached_return_t rc;

    set->client = memcached_create(NULL);
    if (!set->client)
        die("out of memory (libmemcached)");
    behave(set->client, MEMCACHED_BEHAVIOR_NO_BLOCK, 1);
    behave(set->client, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
    /* both in ms; once connected, the watchdog ends waits instead */
    behave(set->client, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, wait_ms);
    behave(set->client, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, wait_ms);
    if (address->is_unix)
        rc = memcached_server_add_unix_socket(set->client, address->host);
    else
        rc = memcached_server_add(set->client, address->host, address->port);
    if (rc != MEMCACHED_SUCCESS)
        die("libmemcached refuses the address %s: %s", address->text,
            memcached_strerror(set->client, rc));
}

static void
disconnect(struct set *set)
{
    if (set->guarded.fd >= 0)
        watchdog_remove(&set->guarded);
    if (set->client)
        memcached_free(set->client);
    set->client = NULL;
}

/* Without libmemcached's addresses and source lines, which tell users nothing.
 */
static void
note_detail(struct set *set, memcached_return_t rc)
{
    int error = memcached_last_error_errno(set->client);

    if (rc == MEMCACHED_SOME_ERRORS)
        rc = memcached_last_error(set->client);
    snprintf(set->detail, sizeof(set->detail), "%s%s%s",
        memcached_strerror(set->client, rc), error ? ": " : "",
        error ? strerrordesc_np(error) : "");
}

/*
 * What the server said. libmemcached tells of a SERVER_ERROR as "(POINTER)
 * SERVER ERROR, WORDS,  host: HOST:PORT -> FILE:LINE".
 */
static void
note_words(struct set *set)
{
    const char *title = memcached_strerror(set->client, MEMCACHED_SERVER_ERROR);
    const char *text = strstr(memcached_last_error_message(set->client), title);
    const char *end;

    snprintf(set->detail, sizeof(set->detail), "SERVER_ERROR");
    if (!text || strncmp(text += strlen(title), ", ", 2) != 0)
        return;
    text += 2;
    end = strstr(text,
        set->sink.config.address->is_unix ? ",  socket: " : ",  host: ");
    if (end)
        snprintf(set->detail, sizeof(set->detail), "SERVER_ERROR %.*s",
            (int)(end - text), text);
}

/* When libmemcached is to give up a wait itself: not before the watchdog would
 * (watchdog.h). */
static uint64_t
longest_wait(const struct set *set)
{
    const struct sink_config *config = &set->sink.config;
    int64_t wait_ms = config->timeout_ms + config->max_outage_ms;

    return wait_ms > INT_MAX ? INT_MAX : (uint64_t)wait_ms;
}

/* -1: the server is not to be reached; set->detail says why. */
static int
connect_client(struct set *set)
{
    struct socket_list before;
    memcached_return_t rc;

    pthread_mutex_lock(&connecting);
    sockets_list(&before);
    make_client(set);
    rc = memcached_version(set->client);
    if (rc == MEMCACHED_SUCCESS)
        set->guarded.fd =
            sockets_duplicate_new(&before, set->sink.config.address);
    sockets_release(&before);
    pthread_mutex_unlock(&connecting);
    if (rc != MEMCACHED_SUCCESS || set->guarded.fd < 0) {
        note_detail(set, rc ? rc : MEMCACHED_CONNECTION_FAILURE);
        return -1;
    }
    behave(set->client, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, longest_wait(set));
    transport_plain_keep_alive(set->guarded.fd);
    set->asked_at = clock_ms();
    atomic_store(&set->guarded.since_ms, 0);
    atomic_store(&set->guarded.was_shut, false);
    watchdog_add(&set->guarded);
    set->sink.stats.reconnects += set->is_known;
    set->is_known = true;
    return 0;
}

/* Does the server answer on this connection, on which nothing is under way?
 * False with why it does not. */
static bool
is_there(const struct set *set, enum trouble *trouble_out)
{
    static const char request[] = "version\r\n";
    struct pollfd wait = {.fd = set->guarded.fd, .events = POLLIN};
    int64_t now = clock_ms(), end_at = now + watchdog_left_ms(&set->guarded);
    char line[256];
    size_t n = 0;
    ssize_t got;

    *trouble_out = TROUBLE_CLOSED;
    got = send(wait.fd, request, sizeof(request) - 1,
        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (got != (ssize_t)sizeof(request) - 1)
        return false;
    for (; now < end_at && n < sizeof(line); now = clock_ms()) {
        if (poll(&wait, 1, clock_poll_ms(end_at, now)) <= 0)
            continue;
        got = recv(wait.fd, line + n, sizeof(line) - n, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        n += got > 0 ? (size_t)got : 0;
        *trouble_out = TROUBLE_GARBAGE;
        if (n && line[n - 1] == '\n')
            return n > 8 && memcmp(line, "VERSION ", 8) == 0;
        *trouble_out = TROUBLE_CLOSED;
    }
    *trouble_out = TROUBLE_SILENT;
    return false;
}

/* The connection lay idle: one that does not answer is replaced. */
static void
look_after(struct set *set)
{
    const struct sink_config *config = &set->sink.config;
    enum trouble trouble;

    if (is_there(set, &trouble))
        return;
    log_line(trouble == TROUBLE_CLOSED ? LOG_D : LOG_W,
        "shard %s (%s): while idle: %s; it is connected anew", config->shard,
        config->address->text, trouble_text(trouble));
    disconnect(set);
}

/* ------------------------------------------------------------ outcomes --- */

/* The first item is done. */
static void
finish(struct set *set, enum outcome outcome)
{
    struct item *item = set->first;

    set->first = item->next;
    set->refusals = 0;
    set->was_sent = false;
    if (--set->sink.pending == 0)
        set->first = set->last = NULL;
    item->outcome =
        (uint8_t)(outcome == OUTCOME_STORED ? OUTCOME_NONE : outcome);
    set->sink.config.done(set->sink.config.ctx, item, 1, outcome);
}

static void
fail_all(struct set *set)
{
    while (set->sink.pending)
        finish(set, OUTCOME_OUTAGE);
}

static void
lose(struct set *set, int64_t now)
{
    if (set->was_sent && set->sink.config.lost)
        set->sink.config.lost(set->sink.config.ctx, set->first, 1);
    /* what the end of a stop has cut is no outage */
    if (watchdog_left_ms(&set->guarded) > 0) {
        outage_note(&set->outage, TROUBLE_CLOSED, set->detail, now);
        set->sink.stats.is_away =
            !outage_may_retry(&set->outage, set->detail, now);
    }
    disconnect(set);
}

/* The server refused the first item; `why` is for people. */
static void
refuse(struct set *set, enum trouble trouble, const char *why)
{
    const struct sink_config *config = &set->sink.config;
    struct remedy remedy = retry_remedy(trouble);
    int64_t now = clock_ms();

    outage_end(&set->outage, now);
    if (!set->has_logged_refusal) {
        set->has_logged_refusal = true;
        log_warn("shard %s (%s): the server refuses items: %s", config->shard,
            config->address->text, why);
    }
    if (!remedy.retry || set->refusals >= config->retries) {
        finish(set, remedy.final);
        return;
    }
    set->outage.paused_until = now + retry_delay_ms(config->retry_delay_ms,
                                         ++set->refusals, &set->outage.rng);
}

/* ------------------------------------------------------- the interface --- */

static struct sink *
set_new(const struct sink_type *type, const struct sink_config *config)
{
    struct set *set = mem_zero(1, sizeof(*set));

    set->sink.type = type;
    set->sink.config = *config;
    set->sink.stats.is_away = config->is_away;
    set->guarded.fd = -1;
    set->guarded.timeout_ms = config->timeout_ms;
    set->guarded.max_outage_ms = config->max_outage_ms;
    outage_init(&set->outage, &set->sink.config,
        "its records fail. Start the server and load the file again");
    watchdog_hold(config->stop_fd);
    return &set->sink;
}

static void
set_free(struct sink *sink)
{
    disconnect(set_of(sink));
    watchdog_release();
    free(set_of(sink));
}

static void
set_put(struct sink *sink, struct item *first, struct item *last, size_t n,
    size_t n_bytes)
{
    struct set *set = set_of(sink);

    (void)n;
    (void)n_bytes;
    if (set->first)
        set->last->next = first;
    else
        set->first = first;
    set->last = last;
}

static void
set_flush(struct sink *sink)
{
    (void)sink;
}

/* One set, one reply; may wait. Its time begins here: connecting, and lanes of
 * the same thread, may have waited since work() was called. */
static void
store(struct set *set)
{
    const struct terms *terms = &set->sink.config.terms;
    const struct item *item = set->first;
    memcached_return_t rc;

    set->sink.stats.retried += set->was_sent;
    set->was_sent = true;
    set->asked_at = clock_ms();
    atomic_store(&set->guarded.since_ms, set->asked_at);
    rc = memcached_set(set->client, item_key(item), item->key_bytes,
        item_value(item), item->value_bytes, (time_t)terms->exptime,
        terms->flags);
    atomic_store(&set->guarded.since_ms, 0);
    switch (rc) {
    case MEMCACHED_SUCCESS:
        if (outage_is_on(&set->outage))
            outage_end(&set->outage, clock_ms());
        finish(set, OUTCOME_STORED);
        break;
    case MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE:
        refuse(set, TROUBLE_NO_MEMORY, trouble_text(TROUBLE_NO_MEMORY));
        break;
    case MEMCACHED_E2BIG:
        refuse(set, TROUBLE_TOO_LARGE, trouble_text(TROUBLE_TOO_LARGE));
        break;
    case MEMCACHED_SERVER_ERROR:
        /* libmemcached has closed the connection, and would open the next one
         * by itself, unseen by the watchdog */
        note_words(set);
        disconnect(set);
        refuse(set, TROUBLE_REFUSED, set->detail);
        break;
    default:
        note_detail(set, rc);
        lose(set, clock_ms());
    }
}

static bool
set_work(struct sink *sink, int64_t now_ms)
{
    struct set *set = set_of(sink);

    if (sink->pending == 0)
        return false;
    if (sink->stats.is_away) {
        fail_all(set);
        return true;
    }
    if (set->outage.paused_until > now_ms)
        return false;
    set->outage.paused_until = 0;
    if (set->client && atomic_load(&set->guarded.was_shut))
        disconnect(set);
    if (set->client && now_ms - set->asked_at >= IDLE_MS)
        look_after(set);
    if (!set->client && connect_client(set)) {
        lose(set, clock_ms());
        return true;
    }
    store(set);
    return true;
}

static void
set_wants(const struct sink *sink, struct pollfd *poll_out,
    int64_t *wake_at_out)
{
    *poll_out = (struct pollfd){.fd = -1};
    *wake_at_out =
        sink->pending ? set_of(sink)->outage.paused_until : CLOCK_NEVER;
}

static void
set_abandon(struct sink *sink)
{
    set_of(sink)->first = set_of(sink)->last = NULL;
    sink->pending = 0;
}

const struct sink_type sink_set = {
    .name = "set",
    .about = "one set and one reply an item, by libmemcached",
    .caps = SINK_BLOCKS | SINK_CONNECTS | SINK_CONFIRMS,
    .new = set_new,
    .free = set_free,
    .put = set_put,
    .flush = set_flush,
    .work = set_work,
    .wants = set_wants,
    .abandon = set_abandon,
};
