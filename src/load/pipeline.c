/*
 * How a file is loaded, as a story.
 *
 * The reader (the thread that called) takes an empty batch from the pool, has
 * the text of up to --batch whole lines inflated straight into it, and pushes
 * it to the packers. What belongs to a line that is not whole yet is the only
 * text that is copied: to the start of the next batch. A header is taken out of
 * the first one before a packer sees that, so all of them know the columns;
 * when these are not there, nothing is pushed at all.
 *
 * A packer turns every line of a batch into an item in the batch's own arena,
 * linked into the list of its lane, or into a reason. Several packers finish
 * in any order; the turnstile hands batches on in the order of the file, so
 * that each lane, and with it each key, keeps that order.
 *
 * A writer passes its lanes' lists to their sinks and drives these: encode,
 * send, read, acknowledge. An item is copied once, into the bytes of a send.
 * When the last item of a batch has its outcome, the batch goes home: the
 * ledger adds its counts to the report, all at once, its lines that were
 * rejected or failed are written to the rejects files, and the pool takes it
 * back.
 *
 * Who waits for whom: the reader for an empty batch, packers for a full one,
 * writers for items, sockets and time. The pool is the only limit: a server
 * that is slow or away keeps its batches out, the reader finds the pool empty
 * and stops reading, and memory stays where it is. Since windows close only
 * when they are full, a batch could wait in an unfilled window for a line that
 * is never read; so the reader, before it waits, declares itself starved, and
 * writers close the windows at hand.
 *
 * At the end the reader closes the packers' queue and joins them, then closes
 * the lanes and joins the writers: in the data's order, so that each finds
 * its input complete. Then every batch is home, and every line is accounted
 * for; both are asserted. A stop (SIGTERM) ends the reading; what is out has
 * --timeout to come home, and batches that do not are not counted at all.
 *
 * With --threads 0 the reader does all of it in turn, with the same code.
 */
#include "load/pipeline.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/queue.h"
#include "load/batch.h"
#include "load/lane_map.h"
#include "load/lanes.h"
#include "load/ledger.h"
#include "load/mapped_lines.h"
#include "load/pack.h"
#include "load/rejects.h"
#include "load/turnstile.h"
#include "record/mapping.h"
#include "sink/sink_types.h"
#include "source/source.h"

struct pipeline {
    const struct pipeline_input *input;
    struct source *source;
    struct mapped_lines *lines;
    struct batch_pool *pool;
    struct queue *to_pack;
    struct line_log line_log;
    struct rejects *rejects;
    struct turnstile turnstile;
    struct ledger *ledger;
    struct lanes *lanes;
    struct packer **packers;
    pthread_t *pack_threads;
    size_t n_packers;
    bool has_threads;
    uint64_t n_batches;
};

/* How reading the source ended. */
struct read_end {
    enum source_state state;
    bool has_no_header; /* though the mapping asks for one */
    struct err err;     /* why, when the source or its header is bad */
};

struct pack_thread {
    struct pipeline *pipeline;
    struct packer *packer;
};

static void *
pack_main(void *ctx)
{
    struct pack_thread *self = ctx;
    struct batch *batch;

    while ((batch = queue_pop(self->pipeline->to_pack))) {
        packer_run(self->packer, batch);
        turnstile_pass(&self->pipeline->turnstile, batch);
    }
    free(self);
    return NULL;
}

static void
start_packers(struct pipeline *pipeline)
{
    struct pack_thread *self;
    int error;

    for (size_t i = 0; i < pipeline->n_packers; i++) {
        self = mem_new(sizeof(*self));
        *self = (struct pack_thread){pipeline, pipeline->packers[i]};
        error =
            pthread_create(&pipeline->pack_threads[i], NULL, pack_main, self);
        if (error)
            die("cannot start a packing thread: %s", strerror(error));
    }
}

/* ------------------------------------------------------------- reading --- */

static bool
is_stopped(const struct pipeline *pipeline)
{
    struct pollfd stop = {.fd = pipeline->input->stop_fd, .events = POLLIN};

    return poll(&stop, 1, 0) > 0;
}

/* An empty batch, waiting for one if need be; NULL when none will come. */
static struct batch *
get_batch(struct pipeline *pipeline)
{
    struct batch *batch = batch_pool_get(pipeline->pool, false);

    if (batch)
        return batch;
    lanes_starve(pipeline->lanes, true);
    if (pipeline->has_threads) {
        batch = batch_pool_get(pipeline->pool, true);
    } else {
        while (!batch && lanes_work(pipeline->lanes, true))
            batch = batch_pool_get(pipeline->pool, false);
    }
    lanes_starve(pipeline->lanes, false);
    return batch;
}

static void
send_off(struct pipeline *pipeline, struct batch *batch)
{
    if (batch->block.n_lines == 0) {
        batch_pool_put(pipeline->pool, batch);
        return;
    }
    batch->number = ++pipeline->n_batches;
    if (pipeline->has_threads) {
        must(queue_push(pipeline->to_pack, batch));
        return;
    }
    packer_run(pipeline->packers[0], batch);
    turnstile_pass(&pipeline->turnstile, batch);
    lanes_work(pipeline->lanes, false);
}

static void
set_gauges(struct pipeline *pipeline, const struct line_block *block)
{
    struct gauges *gauges = &pipeline->input->slot->gauges;

    atomic_store_explicit(&gauges->offset, source_offset(pipeline->source),
        memory_order_relaxed);
    atomic_fetch_add_explicit(&gauges->text_bytes, block->text_bytes,
        memory_order_relaxed);
    atomic_fetch_add_explicit(&gauges->lines, block->n_lines,
        memory_order_relaxed);
}

/*
 * Fills a batch and sends it off. False: nothing can be read, since the header
 * does not fit the mapping.
 */
static bool
read_batch(struct pipeline *pipeline, struct batch *batch,
    struct read_end *reading)
{
    const char *header;
    size_t n_bytes;

    if (mapped_lines_fill(pipeline->lines, &batch->block, &reading->state,
            &reading->err)) {
        batch_pool_put(pipeline->pool, batch);
        return false;
    }
    if (pipeline->n_batches == 0) {
        header = mapped_lines_header(pipeline->lines, &n_bytes);
        rejects_header(pipeline->rejects, header, n_bytes);
    }
    set_gauges(pipeline, &batch->block);
    send_off(pipeline, batch);
    return true;
}

/* Reads until the source does not go on, or a stop. */
static void
read_all(struct pipeline *pipeline, struct read_end *reading)
{
    struct batch *batch;

    while (reading->state == SOURCE_MORE && !reading->has_no_header) {
        batch = is_stopped(pipeline) ? NULL : get_batch(pipeline);
        if (batch)
            reading->has_no_header = !read_batch(pipeline, batch, reading);
        else
            reading->state = SOURCE_STOPPED;
    }
}

/* ------------------------------------------------------ beginning, end --- */

/* Where items go. */
static const struct sink_type *
sink_of(const struct pipeline_input *input)
{
    const struct purpose_type *purpose = purpose_type(input->purpose);

    if (purpose->stores)
        return sink_find(mode_name(input->settings->tuning.mode));
    /* a sample is read back afterwards, everything while the files are read */
    return sink_find(purpose->only_reads && input->settings->verification.all
                         ? "check"
                         : "null");
}

static struct rejects *
open_rejects(const struct pipeline_input *input)
{
    const struct settings *settings = input->settings;

    if (!input->rejects)
        return NULL;
    return rejects_new(&(struct rejects_input){
        .settings = settings,
        .shards = input->shards,
        .stem = input->rejects,
        .name = input->name,
        .fd = input->fd,
        .stop_fd = input->stop_fd,
        .is_dry = purpose_type(input->purpose)->is_dry,
        .is_csv = mapping_line_format(settings->input.mapping)->has_quotes,
        .continues = input->only != NULL,
    });
}

static void
open_ledger(struct pipeline *pipeline, size_t n_lanes)
{
    const struct pipeline_input *input = pipeline->input;
    size_t *servers = mem_new(n_lanes * sizeof(*servers));

    for (size_t i = 0; i < n_lanes; i++)
        servers[i] = lane_map_server(input->settings->tuning.connections, i);
    pipeline->ledger = ledger_new(&(struct ledger_input){
        .slot = input->slot,
        .pool = pipeline->pool,
        .line_log = &pipeline->line_log,
        .rejects = pipeline->rejects,
        .sample = input->sample,
        .check_log = input->check_log,
        .stop_fd = input->stop_fd,
        .server_of_lane = servers,
        .n_lanes = n_lanes,
    });
    free(servers);
}

static void
open_packers(struct pipeline *pipeline)
{
    const struct pipeline_input *input = pipeline->input;
    size_t n = pipeline->n_packers;

    pipeline->packers = mem_zero(n, sizeof(*pipeline->packers));
    pipeline->pack_threads = mem_zero(n, sizeof(*pipeline->pack_threads));
    for (size_t i = 0; i < n; i++)
        pipeline->packers[i] = packer_new(&(struct packer_input){
            .settings = input->settings,
            .connections = input->settings->tuning.connections,
            .shards = input->shards,
            .columns = mapped_lines_columns(pipeline->lines),
            .only = input->only,
            .prints_items = purpose_type(input->purpose)->prints_items,
            .line_log = &pipeline->line_log,
            .sample = input->sample,
        });
}

static void
open_all(struct pipeline *pipeline, const struct pipeline_input *input)
{
    const struct settings *settings = input->settings;
    struct batch_room room = batch_room_of(settings);
    size_t n_lanes =
        lane_map_count(settings->tuning.connections, input->shards);

    *pipeline = (struct pipeline){.input = input};
    pipeline->line_log.file_name = input->name;
    pipeline->has_threads = settings->tuning.threads > 0;
    pipeline->n_packers = room.n_packers;
    pipeline->source =
        source_open(input->fd, input->stop_fd, settings->input.inflate);
    pipeline->lines = mapped_lines_new(pipeline->source,
        mapping_columns(settings->input.mapping),
        settings->input.max_line_bytes);
    pipeline->pool = batch_pool_new(&room, n_lanes);
    pipeline->to_pack = queue_new(batch_pool_size(pipeline->pool));
    pipeline->rejects = open_rejects(input);
    open_ledger(pipeline, n_lanes);
    pipeline->lanes = lanes_new(&(struct lanes_input){
        .settings = settings,
        .shards = input->shards,
        .sink = sink_of(input),
        .pool = pipeline->pool,
        .ledger = pipeline->ledger,
        .stop_fd = input->stop_fd,
    });
    turnstile_open(&pipeline->turnstile, batch_pool_size(pipeline->pool),
        pipeline->lanes);
    open_packers(pipeline);
}

static void
close_all(struct pipeline *pipeline)
{
    free(pipeline->pack_threads);
    turnstile_close(&pipeline->turnstile);
    lanes_free(pipeline->lanes);
    ledger_free(pipeline->ledger);
    rejects_free(pipeline->rejects);
    queue_free(pipeline->to_pack);
    batch_pool_free(pipeline->pool);
    /* bad lines point to what their packers said of them */
    for (size_t i = 0; i < pipeline->n_packers; i++)
        packer_free(pipeline->packers[i]);
    free(pipeline->packers);
    mapped_lines_free(pipeline->lines);
    source_close(pipeline->source);
}

/* Everything that was read is brought home. False: a stop ran out of time. */
static bool
drain(struct pipeline *pipeline)
{
    queue_close(pipeline->to_pack);
    for (size_t i = 0; pipeline->has_threads && i < pipeline->n_packers; i++)
        pthread_join(pipeline->pack_threads[i], NULL);
    lanes_close(pipeline->lanes);
    while (!pipeline->has_threads && lanes_work(pipeline->lanes, true))
        ;
    return lanes_join(pipeline->lanes);
}

/* Makes what was noted for a full verification visible to the supervisor. */
static int
close_check_log(struct verify_log *verify_log, struct err *err)
{
    return verify_log && (verify_log_has_failed(verify_log, err) ||
                             verify_log_flush(verify_log, err))
               ? -1
               : 0;
}

static void
report_end(struct pipeline *pipeline, const struct read_end *reading)
{
    enum source_state state = reading->state;
    /* where lines were not read, the rejects files of an earlier load stay */
    bool is_whole = state != SOURCE_STOPPED && !reading->has_no_header;
    struct err no_room;

    if (rejects_close(pipeline->rejects, is_whole, &no_room)) {
        ledger_end(pipeline->ledger, ENDING_REJECTS, INPUT_REASON_REJECTS,
            &no_room);
        return;
    }
    if (close_check_log(pipeline->input->check_log.verify_log, &no_room)) {
        ledger_end(pipeline->ledger, ENDING_VERIFY_LOG, INPUT_REASON_CENSUS,
            &no_room);
        return;
    }
    if (reading->has_no_header) {
        ledger_end(pipeline->ledger, ENDING_HEADER, INPUT_REASON_HEADER,
            &reading->err);
        return;
    }
    switch (state) {
    case SOURCE_STOPPED:
        ledger_end(pipeline->ledger, ENDING_INTERRUPTED,
            INPUT_REASON_INTERRUPTED, NULL);
        break;
    case SOURCE_END:
        ledger_end(pipeline->ledger, ENDING_READ, INPUT_REASON_NONE, NULL);
        break;
    default:
        ledger_end(pipeline->ledger, ENDING_BROKEN,
            input_reason_of_source(state), &reading->err);
    }
}

void
pipeline_run(const struct pipeline_input *input)
{
    struct pipeline pipeline;
    struct read_end reading = {.state = SOURCE_MORE};

    open_all(&pipeline, input);
    if (pipeline.has_threads) {
        lanes_start(pipeline.lanes);
        start_packers(&pipeline);
    }
    read_all(&pipeline, &reading);
    if (drain(&pipeline))
        must(batch_pool_all_home(pipeline.pool));
    else
        reading.state = SOURCE_STOPPED;
    report_end(&pipeline, &reading);
    close_all(&pipeline);
}
