#include "load/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "load/settle.h"

void
writer_drop(struct writer_shared *shared, struct batch *batch)
{
    if (atomic_fetch_sub(&batch->left, 1) == 1)
        ledger_home(shared->ledger, batch);
}

/* --------------------------------------------------------------- lanes --- */

static size_t
room(const struct writer_shared *shared)
{
    return batch_pool_size(shared->pool);
}

void
lane_init(struct lane *lane, struct writer_shared *shared, size_t index,
    size_t server)
{
    *lane = (struct lane){
        .shared = shared,
        .index = index,
        .server = server,
        .shares = mem_zero(room(shared), sizeof(*lane->shares)),
        .wake_at = CLOCK_NEVER,
    };
}

void
lane_release(struct lane *lane)
{
    sink_free(lane->sink);
    suspects_release(&lane->suspects);
    free(lane->shares);
}

/* Adds to the ledger what it has not seen yet of the sink's statistics. */
static void
report_stats(struct lane *lane)
{
    struct sink_stats now = lane->sink->stats, *reported = &lane->reported;
    struct server_counts more = {
        .retried = now.retried - reported->retried,
        .reconnects = now.reconnects - reported->reconnects,
        .is_away = now.is_away && !reported->is_away,
    };

    if (!more.retried && !more.reconnects && !more.is_away)
        return;
    *reported = now;
    ledger_server(lane->shared->ledger, lane->server, &more);
}

void
lane_done(void *ctx, struct item *first, size_t n, enum outcome outcome)
{
    struct lane *lane = ctx;
    struct share *share;
    struct item *item = first;
    struct batch *batch;
    size_t part;

    if (lane->is_settling) {
        lane->has_unsettled |=
            outcome != OUTCOME_STORED && outcome != OUTCOME_SENT;
        return;
    }
    while (n) {
        must(lane->n > 0);
        share = &lane->shares[lane->first];
        batch = share->batch;
        part = n < share->left ? n : share->left;
        if (outcome != OUTCOME_STORED && outcome != OUTCOME_SENT &&
            outcome != OUTCOME_OUTAGE)
            for (size_t i = 0; i < part; i++, item = item->next) {
                suspects_refused(&lane->suspects, item);
                ledger_refused(lane->shared->ledger, batch, lane->index, item,
                    outcome);
            }
        batch->outcomes[lane->index][outcome] += part;
        share->left -= part;
        n -= part;
        if (share->left)
            break;
        lane->first = (lane->first + 1) % room(lane->shared);
        lane->n--;
        writer_drop(lane->shared, batch);
    }
}

void
lane_lost(void *ctx, const struct item *first, size_t n)
{
    struct lane *lane = ctx;

    if (lane->is_settling)
        return; /* they are suspects already */
    lane->lost_at_ms = clock_ms();
    suspects_lost(&lane->suspects, first, n);
}

/* ------------------------------------------------------------- writers --- */

void
writer_init(struct writer *writer, struct writer_shared *shared,
    struct lane *lane, size_t n_lanes)
{
    *writer = (struct writer){
        .shared = shared,
        .lane = lane,
        .n_lanes = n_lanes,
        .fds = mem_zero(2 + n_lanes, sizeof(*writer->fds)),
        .inbox = mem_zero(room(shared), sizeof(struct batch *)),
        .stop_at = CLOCK_NEVER,
        .is_flushed = true,
        .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    if (writer->wake_fd < 0)
        die("no eventfd for a writer: %s", strerror(errno));
    pthread_mutex_init(&writer->lock, NULL);
    writer->fds[0].fd = writer->wake_fd;
    writer->fds[1].fd = shared->stop_fd;
    for (size_t i = 0; i < n_lanes; i++)
        writer->fds[2 + i].fd = -1;
}

void
writer_release(struct writer *writer)
{
    close(writer->wake_fd);
    pthread_mutex_destroy(&writer->lock);
    free(writer->fds);
    free(writer->inbox);
}

bool
writer_concerns(const struct writer *writer, const struct batch *batch)
{
    for (size_t i = 0; i < writer->n_lanes; i++)
        if (batch->lanes[writer->lane[i].index].n)
            return true;
    return false;
}

void
writer_wake(struct writer *writer)
{
    const uint64_t one = 1;

    /* a full counter wakes as well */
    if (write(writer->wake_fd, &one, sizeof(one)) < 0)
        return;
}

void
writer_give(struct writer *writer, struct batch *batch)
{
    size_t n_places = room(writer->shared);

    pthread_mutex_lock(&writer->lock);
    must(writer->n < n_places);
    writer->inbox[(writer->first + writer->n++) % n_places] = batch;
    pthread_mutex_unlock(&writer->lock);
    writer_wake(writer);
}

static struct batch *
take_from_inbox(struct writer *writer)
{
    struct batch *batch = NULL;

    pthread_mutex_lock(&writer->lock);
    if (writer->n) {
        batch = writer->inbox[writer->first];
        writer->first = (writer->first + 1) % room(writer->shared);
        writer->n--;
    }
    pthread_mutex_unlock(&writer->lock);
    return batch;
}

/* Hands a batch's items to the writer's own lanes. */
static void
feed(struct writer *writer, struct batch *batch)
{
    size_t n_places = room(writer->shared);
    struct lane_list *list;
    struct lane *lane;

    for (size_t i = 0; i < writer->n_lanes; i++) {
        lane = &writer->lane[i];
        list = &batch->lanes[lane->index];
        if (!list->n)
            continue;
        must(lane->n < n_places);
        lane->shares[(lane->first + lane->n++) % n_places] =
            (struct share){.batch = batch, .left = list->n};
        suspects_later(&lane->suspects, list->first);
        sink_put(lane->sink, list->first, list->last, list->n, list->n_bytes);
        lane->is_ready = true;
    }
    writer_drop(writer->shared, batch);
    writer->is_flushed = false;
}

/*
 * A reader that waits for each batch has its items sent at once, and with 64
 * lanes that is a send for every 300 items. Tried and lost: waiting for a
 * second batch while others are out. Sends were 11 % fewer, and the CPU the
 * same: with 64 lanes 1.99 s a million lines, as before (1.98).
 */
static void
flush(struct writer *writer)
{
    for (size_t i = 0; i < writer->n_lanes; i++) {
        writer->lane[i].sink->type->flush(writer->lane[i].sink);
        writer->lane[i].is_ready = true;
    }
    writer->is_flushed = true;
}

/*
 * One call of a sink that blocks is over, begun at `since`. While there is work
 * nobody waits in poll, so a stop is looked for here. One that came during the
 * call counts from the call's beginning: the sink may have used up all the time
 * that it leaves. False: that is so.
 */
static bool
has_time(struct writer *writer, int64_t since)
{
    struct pollfd stop = {.fd = writer->fds[1].fd, .events = POLLIN};

    if (poll(&stop, 1, 0) > 0) {
        writer->stop_at = since + writer->shared->timeout_ms;
        writer->fds[1].fd = -1;
    }
    return writer->stop_at == CLOCK_NEVER || clock_ms() < writer->stop_at;
}

/* One call of work() for each lane that may get on; true when one did. */
static bool
work(struct writer *writer, int64_t now)
{
    struct lane *lane;
    bool moved = false, blocks;
    int64_t since = now;

    for (size_t i = 0; i < writer->n_lanes; i++) {
        lane = &writer->lane[i];
        if (!lane->is_ready && now < lane->wake_at)
            continue;
        blocks = lane->sink->type->caps & SINK_BLOCKS;
        if (blocks)
            since = clock_ms();
        lane->is_ready = lane->sink->type->work(lane->sink, now);
        moved |= lane->is_ready;
        report_stats(lane);
        lane->sink->type->wants(lane->sink, &writer->fds[2 + i],
            &lane->wake_at);
        if (blocks && !has_time(writer, since))
            break;
    }
    return moved;
}

static size_t
pending(const struct writer *writer)
{
    size_t n = 0;

    for (size_t i = 0; i < writer->n_lanes; i++)
        n += writer->lane[i].sink->pending;
    return n;
}

/* Until something happens to a lane, the inbox, or the whole run. */
static void
wait_for_event(struct writer *writer, int64_t now)
{
    int64_t wake_at = writer->stop_at;
    uint64_t count;

    for (size_t i = 0; i < writer->n_lanes; i++)
        if (writer->lane[i].wake_at < wake_at)
            wake_at = writer->lane[i].wake_at;
    writer->fds[0].events = POLLIN;
    writer->fds[1].events = POLLIN;
    if (poll(writer->fds, (nfds_t)(2 + writer->n_lanes),
            clock_poll_ms(wake_at, now)) <= 0)
        return;
    if (writer->fds[0].revents &&
        read(writer->wake_fd, &count, sizeof(count)) < 0)
        return;
    if (writer->fds[1].revents) {
        /* not `now`, which is from before the wait */
        writer->stop_at = clock_ms() + writer->shared->timeout_ms;
        writer->fds[1].fd = -1;
    }
    for (size_t i = 0; i < writer->n_lanes; i++)
        writer->lane[i].is_ready |= writer->fds[2 + i].revents != 0;
}

/* A stop ran out of time: what is still out stays uncounted. */
static void
give_up(struct writer *writer)
{
    for (size_t i = 0; i < writer->n_lanes; i++)
        writer->lane[i].sink->type->abandon(writer->lane[i].sink);
    writer->has_given_up = true;
    batch_pool_close(writer->shared->pool);
}

/* Lets one lane's sink work until it has nothing pending; false when a stop
 * leaves no time for that. */
static bool
finish_lane(struct writer *writer, struct lane *lane)
{
    const struct sink_type *type = lane->sink->type;
    struct pollfd fds[2] = {{.fd = -1}, {.fd = writer->fds[1].fd}};
    int64_t wake_at, stop_at = writer->stop_at;

    type->flush(lane->sink);
    while (lane->sink->pending) {
        if (type->work(lane->sink, clock_ms()))
            continue;
        type->wants(lane->sink, &fds[0], &wake_at);
        fds[1].events = POLLIN;
        if (stop_at < wake_at)
            wake_at = stop_at;
        poll(fds, 2, clock_poll_ms(wake_at, clock_ms()));
        if (fds[1].fd >= 0 && fds[1].revents) {
            stop_at = clock_ms() + writer->shared->timeout_ms;
            fds[1].fd = -1;
        }
        if (clock_ms() >= stop_at) {
            type->abandon(lane->sink);
            return false;
        }
    }
    return true;
}

struct settling {
    struct writer *writer;
    struct lane *lane;
};

static bool
store_again(void *ctx, struct item *first, struct item *last, size_t n,
    size_t n_bytes)
{
    struct settling *settling = ctx;
    struct lane *lane = settling->lane;

    lane->has_unsettled = false;
    sink_put(lane->sink, first, last, n, n_bytes);
    return finish_lane(settling->writer, lane) && !lane->has_unsettled;
}

/* All is done; what a lost connection may have spoiled since is mended. */
static void
settle_all(struct writer *writer)
{
    struct writer_shared *shared = writer->shared;

    for (size_t i = 0; i < writer->n_lanes; i++) {
        struct lane *lane = &writer->lane[i];
        struct settling settling = {writer, lane};
        uint64_t unsettled;

        if (!lane->suspects.n || lane->sink->stats.is_away)
            continue;
        lane->is_settling = true;
        unsettled = settle(&lane->suspects, &(struct settle_input){
                                                .shards = shared->shards,
                                                .server = lane->server,
                                                .config = &lane->sink->config,
                                                .lost_at_ms = lane->lost_at_ms,
                                                .store = store_again,
                                                .ctx = &settling,
                                            });
        report_stats(lane);
        if (unsettled)
            ledger_unsettled(shared->ledger, lane->server, unsettled);
    }
}

bool
writer_turn(struct writer *writer, bool may_wait)
{
    struct writer_shared *shared = writer->shared;
    /* before the inbox is looked at: what is closed stays as it is */
    bool is_closed = atomic_load(&shared->is_closed);
    bool is_hungry = is_closed || atomic_load(&shared->is_starved);
    int64_t now = clock_ms();
    struct batch *batch;

    while ((batch = take_from_inbox(writer)))
        feed(writer, batch);
    if (is_hungry && !writer->is_flushed)
        flush(writer);
    if (now >= writer->stop_at && pending(writer)) {
        give_up(writer);
        return false;
    }
    if (work(writer, now))
        return true;
    if (is_closed && !pending(writer)) {
        if (!writer->has_given_up)
            settle_all(writer);
        return false;
    }
    if (may_wait)
        wait_for_event(writer, clock_ms()); /* a call may have blocked */
    return true;
}
