#include "load/lanes.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "load/lane_map.h"
#include "load/writer.h"

/* What a sink encodes into, and the most it sends at once. Smaller pieces make
 * client and server take turns on the cores more often: 64 KiB windows cost a
 * third more time (docs/memcached.md). */
enum { SCRATCH_BYTES = 256 * 1024 + 64 };

struct lanes {
    struct writer_shared shared;
    struct lane *lane;
    size_t n;
    struct writer *writers;
    char **scratch; /* by writer: what its sinks encode into */
    size_t n_writers;
    bool has_threads;
};

static void *
writer_main(void *ctx)
{
    struct writer *writer = ctx;

    while (writer_turn(writer, true))
        ;
    return NULL;
}

static struct sink *
make_sink(const struct lanes_input *input, struct lane *lane, char *scratch)
{
    const struct settings *settings = input->settings;
    const struct server *server = &input->shards->server[lane->server];
    int64_t its_now_s = clock_wall_s() + server->facts.clock_ahead_s;

    return sink_new(input->sink,
        &(struct sink_config){
            .shard = input->shards->shard[server->shard].name,
            .address = server->address,
            .terms = {.flags = settings->input.flags,
                .exptime = settings_exptime(settings, its_now_s)},
            .window_bytes = settings->tuning.window_bytes,
            .retries = settings->failure.retries,
            .retry_delay_ms = settings->failure.retry_delay_ms,
            .timeout_ms = settings->failure.timeout_ms,
            .max_outage_ms = settings->failure.max_outage_ms,
            .stop_fd = input->stop_fd,
            .is_away = server->is_away,
            .scratch = scratch,
            .scratch_bytes = SCRATCH_BYTES,
            .done = lane_done,
            .lost = lane_lost,
            .ctx = lane,
        });
}

static void
add_writer(struct lanes *lanes, const struct lanes_input *input, size_t first,
    size_t n)
{
    char *scratch = mem_pages(SCRATCH_BYTES);

    for (size_t i = first; i < first + n; i++) {
        lane_init(&lanes->lane[i], &lanes->shared, i,
            lane_map_server(input->settings->tuning.connections, i));
        lanes->lane[i].sink = make_sink(input, &lanes->lane[i], scratch);
    }
    lanes->scratch[lanes->n_writers] = scratch;
    writer_init(&lanes->writers[lanes->n_writers++], &lanes->shared,
        &lanes->lane[first], n);
}

struct lanes *
lanes_new(const struct lanes_input *input)
{
    struct lanes *lanes = mem_zero(1, sizeof(*lanes));
    /* one that blocks wants a thread of its own, if there are threads at all */
    bool apart =
        input->settings->tuning.threads && input->sink->caps & SINK_BLOCKS;
    size_t n =
        lane_map_count(input->settings->tuning.connections, input->shards);
    size_t n_writers = apart ? n : 1;

    lanes->shared = (struct writer_shared){
        .shards = input->shards,
        .pool = input->pool,
        .ledger = input->ledger,
        .stop_fd = input->stop_fd,
        .timeout_ms = input->settings->failure.timeout_ms,
    };
    lanes->n = n;
    lanes->lane = mem_zero(n, sizeof(*lanes->lane));
    lanes->writers = mem_zero(n_writers, sizeof(*lanes->writers));
    lanes->scratch = mem_zero(n_writers, sizeof(*lanes->scratch));
    for (size_t i = 0; i < n_writers; i++)
        add_writer(lanes, input, i, apart ? 1 : n);
    return lanes;
}

void
lanes_free(struct lanes *lanes)
{
    if (!lanes)
        return;
    for (size_t i = 0; i < lanes->n; i++)
        lane_release(&lanes->lane[i]);
    for (size_t i = 0; i < lanes->n_writers; i++) {
        writer_release(&lanes->writers[i]);
        mem_pages_free(lanes->scratch[i], SCRATCH_BYTES);
    }
    free(lanes->scratch);
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

void
lanes_take(struct lanes *lanes, struct batch *batch)
{
    /* of the batch: one for each lane, each writer, and this call */
    size_t uses = 1;

    for (size_t i = 0; i < lanes->n; i++)
        uses += batch->lanes[i].n > 0;
    for (size_t i = 0; i < lanes->n_writers; i++)
        uses += writer_concerns(&lanes->writers[i], batch);
    atomic_store(&batch->left, uses);
    ledger_out(lanes->shared.ledger, batch);
    for (size_t i = 0; i < lanes->n_writers; i++)
        if (writer_concerns(&lanes->writers[i], batch))
            writer_give(&lanes->writers[i], batch);
    writer_drop(&lanes->shared, batch);
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
    atomic_store(&lanes->shared.is_starved, is_starved);
    if (is_starved)
        wake_all(lanes);
}

void
lanes_close(struct lanes *lanes)
{
    atomic_store(&lanes->shared.is_closed, true);
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
