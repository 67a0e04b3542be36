#include "load/lanes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "load/writer.h"

/* What a sink encodes into, and the most it sends at once. Smaller pieces make
 * client and server take turns on the cores more often: 64 KiB windows cost a
 * third more time (docs/memcached.md). */
enum { SCRATCH_BYTES = 256 * 1024 + 64 };

size_t
lanes_count(const struct settings *settings, const struct shards *shards)
{
    return shards->n_servers * settings->tuning.connections;
}

size_t
lanes_server(const struct settings *settings, size_t lane)
{
    return lane / settings->tuning.connections;
}

size_t
lanes_find(const struct settings *settings, size_t server, uint64_t key_hash)
{
    return server * settings->tuning.connections +
           (key_hash >> 32) % settings->tuning.connections;
}

static void *
writer_main(void *ctx)
{
    struct writer *writer = ctx;

    while (writer_turn(writer, true))
        ;
    return NULL;
}

static const struct sink_type *
sink_of(const struct settings *settings, enum purpose purpose)
{
    const struct purpose_type *type = purpose_type(purpose);

    if (type->stores)
        return sink_find(mode_name(settings->tuning.mode));
    /* a sample is read back afterwards, everything while the files are read */
    return sink_find(type->only_reads && settings->verification.all ? "check"
                                                                    : "null");
}

static void
lane_init(struct lane *lane, struct lanes *lanes, const struct shards *shards,
    char *scratch)
{
    const struct settings *settings = lanes->settings;
    const struct server *server;
    struct sink_config config;

    lane->lanes = lanes;
    lane->index = (size_t)(lane - lanes->lane);
    lane->server = lanes_server(settings, lane->index);
    lane->shares = mem_zero(lanes->room, sizeof(*lane->shares));
    server = &shards->server[lane->server];
    config = (struct sink_config){
        .shard = shards->shard[server->shard].name,
        .address = server->address,
        .terms = {.flags = settings->input.flags,
            .exptime = settings_exptime(settings, clock_wall_s())},
        .window_bytes = settings->tuning.window_bytes,
        .retries = settings->failure.retries,
        .retry_delay_ms = settings->failure.retry_delay_ms,
        .timeout_ms = settings->failure.timeout_ms,
        .max_outage_ms = settings->failure.max_outage_ms,
        .stop_fd = lanes->stop_fd,
        .is_away = server->is_away,
        .scratch = scratch,
        .scratch_bytes = SCRATCH_BYTES,
        .done = lane_done,
        .ctx = lane,
    };
    lane->sink = sink_new(sink_of(settings, lanes->purpose), &config);
    lane->wake_at = CLOCK_NEVER;
}

static void
writer_init(struct writer *writer, struct lanes *lanes,
    const struct shards *shards, size_t first, size_t n)
{
    writer->lanes = lanes;
    writer->lane = &lanes->lane[first];
    writer->n_lanes = n;
    writer->fds = mem_zero(2 + n, sizeof(*writer->fds));
    writer->scratch = mem_pages(SCRATCH_BYTES);
    writer->inbox = mem_zero(lanes->room, sizeof(struct batch *));
    writer->stop_at = CLOCK_NEVER;
    writer->is_flushed = true;
    pthread_mutex_init(&writer->lock, NULL);
    writer->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (writer->wake_fd < 0)
        die("no eventfd for a writer: %s", strerror(errno));
    writer->fds[0].fd = writer->wake_fd;
    writer->fds[1].fd = lanes->stop_fd;
    for (size_t i = 0; i < n; i++) {
        lane_init(&writer->lane[i], lanes, shards, writer->scratch);
        writer->fds[2 + i].fd = -1;
    }
}

struct lanes *
lanes_new(const struct settings *settings, enum purpose purpose,
    const struct shards *shards, struct batch_pool *pool, struct ledger *ledger,
    int stop_fd)
{
    struct lanes *lanes = mem_zero(1, sizeof(*lanes));
    /* one that blocks wants a thread of its own, if there are threads at all */
    bool apart = settings->tuning.threads &&
                 sink_of(settings, purpose)->caps & SINK_BLOCKS;

    lanes->settings = settings;
    lanes->purpose = purpose;
    lanes->pool = pool;
    lanes->ledger = ledger;
    lanes->room = batch_pool_size(pool);
    lanes->stop_fd = stop_fd;
    lanes->n = lanes_count(settings, shards);
    lanes->lane = mem_zero(lanes->n, sizeof(*lanes->lane));
    lanes->n_writers = apart ? lanes->n : 1;
    lanes->writers = mem_zero(lanes->n_writers, sizeof(*lanes->writers));
    for (size_t i = 0; i < lanes->n_writers; i++)
        writer_init(&lanes->writers[i], lanes, shards, i, apart ? 1 : lanes->n);
    return lanes;
}

void
lanes_free(struct lanes *lanes)
{
    if (!lanes)
        return;
    for (size_t i = 0; i < lanes->n; i++) {
        sink_free(lanes->lane[i].sink);
        free(lanes->lane[i].shares);
    }
    for (size_t i = 0; i < lanes->n_writers; i++) {
        close(lanes->writers[i].wake_fd);
        pthread_mutex_destroy(&lanes->writers[i].lock);
        mem_pages_free(lanes->writers[i].scratch, SCRATCH_BYTES);
        free(lanes->writers[i].fds);
        free(lanes->writers[i].inbox);
    }
    free(lanes->writers);
    free(lanes->lane);
    free(lanes);
}

void
lanes_start(struct lanes *lanes)
{
    int error;

    for (size_t i = 0; i < lanes->n_writers; i++) {
        error = pthread_create(&lanes->writers[i].thread, NULL, writer_main,
            &lanes->writers[i]);
        if (error)
            die("cannot start a writer's thread: %s", strerror(error));
    }
    lanes->has_threads = true;
}

/* Does this writer have a lane with items of the batch? */
static bool
concerns(const struct writer *writer, const struct batch *batch)
{
    for (size_t i = 0; i < writer->n_lanes; i++)
        if (batch->lanes[writer->lane[i].index].n)
            return true;
    return false;
}

void
lanes_take(struct lanes *lanes, struct batch *batch)
{
    size_t left = 1;

    for (size_t i = 0; i < lanes->n; i++)
        left += batch->lanes[i].n > 0;
    for (size_t i = 0; i < lanes->n_writers; i++)
        left += concerns(&lanes->writers[i], batch);
    atomic_store(&batch->left, left);
    ledger_out(lanes->ledger, batch);
    for (size_t i = 0; i < lanes->n_writers; i++) {
        struct writer *writer = &lanes->writers[i];

        if (!concerns(writer, batch))
            continue;
        pthread_mutex_lock(&writer->lock);
        must(writer->n < lanes->room);
        writer->inbox[(writer->first + writer->n++) % lanes->room] = batch;
        pthread_mutex_unlock(&writer->lock);
        writer_wake(writer);
    }
    writer_drop(lanes, batch);
}

static void
wake_all(struct lanes *lanes)
{
    for (size_t i = 0; i < lanes->n_writers; i++)
        writer_wake(&lanes->writers[i]);
}

void
lanes_starve(struct lanes *lanes, bool is_starved)
{
    atomic_store(&lanes->is_starved, is_starved);
    if (is_starved)
        wake_all(lanes);
}

void
lanes_close(struct lanes *lanes)
{
    atomic_store(&lanes->is_closed, true);
    wake_all(lanes);
}

bool
lanes_work(struct lanes *lanes, bool may_wait)
{
    must(lanes->n_writers == 1 && !lanes->has_threads);
    return writer_turn(&lanes->writers[0], may_wait);
}

bool
lanes_join(struct lanes *lanes)
{
    bool all_home = true;

    for (size_t i = 0; i < lanes->n_writers; i++) {
        if (lanes->has_threads)
            pthread_join(lanes->writers[i].thread, NULL);
        all_home &= !lanes->writers[i].has_given_up;
    }
    return all_home;
}
