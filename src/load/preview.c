#include "load/preview.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "load/batch.h"
#include "load/lane_map.h"
#include "load/mapped_lines.h"
#include "load/pack.h"
#include "record/mapping.h"
#include "source/source.h"

/* Read between two looks at the clock; a fraction of a millisecond for ordinary
 * lines. */
enum { STEP_LINES = 128 };

/* A lane is a server here: where items go is all that is asked. */
enum { CONNECTIONS = 1 };

/* The beginning of a file, in text; see scale(). */
enum { FIRST_BYTES = 32 << 10 };

/* How far a source has come. */
struct source_position {
    double offset, text_bytes;
};

struct previewer {
    const struct settings *settings; /* the caller's */
    struct shards shards;
    struct batch_pool *pool;
    struct packer *packer;
};

struct previewer *
previewer_new(const struct settings *settings, const struct shards *shards)
{
    struct previewer *previewer = mem_zero(1, sizeof(*previewer));
    struct batch_room room = batch_room_of(settings);
    size_t n = shards->n_servers;

    previewer->settings = settings;
    room.lines = STEP_LINES;
    room.n_packers = 1;
    room.has_picks = false;
    previewer->shards = *shards;
    previewer->shards.server = mem_zero(n, sizeof(*shards->server));
    for (size_t i = 0; i < n; i++) {
        previewer->shards.server[i] = shards->server[i];
        previewer->shards.server[i].facts.is_known = true;
        previewer->shards.server[i].facts.item_size_max = UINT64_MAX;
    }
    previewer->pool = batch_pool_new(&room, n);
    previewer->packer = packer_new(&(struct packer_input){
        .settings = settings,
        .connections = CONNECTIONS,
        .shards = &previewer->shards,
    });
    return previewer;
}

void
previewer_free(struct previewer *previewer)
{
    if (!previewer)
        return;
    packer_free(previewer->packer);
    batch_pool_free(previewer->pool);
    free(previewer->shards.server);
    free(previewer);
}

bool
preview_is_late(const struct preview_limits *limits)
{
    return clock_cpu_ns() >= limits->cpu_end_ns ||
           clock_ns() >= limits->end_ns ||
           (limits->is_stopped && limits->is_stopped(limits->ctx));
}

/* One file at hand. */
struct reading_limits {
    const struct preview_limits *limits;
    const struct source *source;
    uint64_t text_bytes; /* of lines that are too long, too */
};

static bool
is_over(void *ctx)
{
    const struct reading_limits *of = ctx;

    return source_text_bytes(of->source) >= of->text_bytes ||
           preview_is_late(of->limits);
}

static void
take_items(const struct batch *batch, preview_item *take, void *ctx)
{
    for (size_t i = 0; i < batch->n_lanes; i++)
        for (const struct item *item = batch->lanes[i].first; item;
             item = item->next)
            take(ctx, lane_map_server(CONNECTIONS, i), item);
}

/*
 * By bytes: the lines that were read relate to all lines as the text that was
 * read to all text, which is estimated from the bytes of the file. The
 * beginning of a gzip file compresses less well than the rest, since there is
 * nothing before it to refer to, so it is left out of the comparison: for files
 * of 1,200 lines, 384 of them read, sizes are right to 1 % that way, otherwise
 * to 5 %.
 */
static double
scale(const struct preview *preview, const struct source *source,
    struct source_position first, uint64_t file_bytes)
{
    double offset = (double)source_offset(source);
    double text = (double)source_text_bytes(source);

    if (preview->state != SOURCE_MORE)
        return 1;
    if (preview->counts.text_bytes == 0)
        return 0;
    if (text - first.text_bytes < FIRST_BYTES)
        first = (struct source_position){0};
    text = first.text_bytes + ((double)file_bytes - first.offset) *
                                  (text - first.text_bytes) /
                                  (offset - first.offset);
    return text / (double)preview->counts.text_bytes;
}

void
previewer_read(struct previewer *previewer, int fd, uint64_t file_bytes,
    const struct preview_limits *limits, struct preview *out,
    preview_item *take, void *ctx)
{
    struct source *source =
        source_open(fd, -1, previewer->settings->input.inflate);
    struct mapped_lines *lines = mapped_lines_new(source,
        mapping_columns(previewer->settings->input.mapping),
        previewer->settings->input.max_line_bytes);
    struct counts *counts = &out->counts;
    struct source_position first = {0};
    struct reading_limits reading = {limits, source,
        limits->text_bytes +
            2 * line_room(previewer->settings->input.max_line_bytes)};
    struct batch *batch;

    memset(out, 0, sizeof(*out));
    source_stop_when(source, is_over, &reading);
    packer_turn_to(previewer->packer, mapped_lines_columns(lines));
    while (out->state == SOURCE_MORE && !out->has_no_header &&
           counts->lines < limits->lines &&
           counts->text_bytes < limits->text_bytes &&
           !preview_is_late(limits)) {
        batch = batch_pool_get(previewer->pool, false);
        must(batch);
        if (limits->lines - counts->lines < STEP_LINES)
            batch->block.room_lines = limits->lines - counts->lines;
        if (mapped_lines_fill(lines, &batch->block, &out->state, &out->err)) {
            out->has_no_header = true;
            batch->block.n_lines = 0;
        }
        packer_run(previewer->packer, batch);
        take_items(batch, take, ctx);
        counts_add(counts, &batch->counts);
        batch->block.room_lines = STEP_LINES;
        batch_pool_put(previewer->pool, batch);
        if (first.offset <= 0 && source_text_bytes(source) >= FIRST_BYTES)
            first = (struct source_position){(double)source_offset(source),
                (double)source_text_bytes(source)};
    }
    if (out->state == SOURCE_STOPPED)
        out->state = SOURCE_MORE;
    out->scale = scale(out, source, first, file_bytes);
    mapped_lines_free(lines);
    source_close(source);
}
