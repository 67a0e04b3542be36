#include "load/batch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "record/mapping.h"

/*
 * Text for one line, on average, that a batch has room for. Real lines are
 * 313 bytes. With 20,000 lines and four batches this keeps a worker below
 * 64 MiB whatever its lines look like: 4 x (6.5 MiB of text and at most
 * 7.5 MiB of items, when every app id is a single digit, in slices of which
 * 0.8 MiB may lie idle).
 */
enum { LINE_BYTES = 340 };

/* One filling and two with the writers, beside one a packer. */
enum { BATCHES = 3 };

/* What a lane takes of the arena at a time, and the part of the arena that may
 * lie idle in the lanes' last slices when there are many. */
enum { SLICE_LEAST = 2 * 1024, SLICE_MOST = 64 * 1024, IDLE_PART = 8 };

struct batch_pool {
    pthread_mutex_t lock; /* guards all below but the batches themselves */
    pthread_cond_t has_one;
    struct batch *batches;
    size_t n;
    struct batch **home; /* a stack */
    size_t n_home;
    bool is_closed;
};

struct batch_room
batch_room_of(const struct settings *settings)
{
    return (struct batch_room){
        .lines = settings->tuning.batch_lines,
        .max_line_bytes = settings->input.max_line_bytes,
        .mapping = settings->input.mapping,
        .n_packers = settings->tuning.threads ? settings->tuning.threads : 1,
        .has_picks = settings->verification.n > 0,
    };
}

static size_t
text_room(const struct batch_room *room)
{
    size_t usual = room->lines * LINE_BYTES;
    size_t least = line_room(room->max_line_bytes);

    return usual > least ? usual : least;
}

static size_t
slice_bytes(const struct batch_room *room, size_t n_lanes)
{
    size_t n =
        text_room(room) / IDLE_PART / n_lanes / SLICE_LEAST * SLICE_LEAST;

    return n < SLICE_LEAST ? SLICE_LEAST : n > SLICE_MOST ? SLICE_MOST : n;
}

/*
 * An upper bound of what the slices of a batch take. A new slice is begun for
 * an item when its room, still unpacked, exceeds what is left of the old one:
 * that much may be lost, and that much it takes anew. Most of it is never
 * touched.
 */
static size_t
items_room(const struct batch_room *room, size_t n_lanes)
{
    struct mapping_room items_of = mapping_room(room->mapping);
    size_t each =
        sizeof(struct item) + items_of.line_bytes + _Alignof(struct item);
    size_t items = items_of.text_factor * text_room(room) + room->lines * each;

    return 3 * items + n_lanes * slice_bytes(room, n_lanes);
}

static size_t
n_batches(const struct batch_room *room)
{
    return BATCHES + room->n_packers;
}

struct item *
batch_item(struct batch *batch, size_t lane, size_t key_and_value_bytes)
{
    struct lane_list *list = &batch->lanes[lane];
    size_t align = _Alignof(struct item);
    size_t room =
        (sizeof(struct item) + key_and_value_bytes + align - 1) / align * align;

    if (list->room_bytes < room) {
        list->room_bytes =
            room > batch->slice_bytes ? room : batch->slice_bytes;
        list->at = batch->items + batch->items_used;
        batch->items_used += list->room_bytes;
        must(batch->items_used <= batch->items_room);
    }
    return (struct item *)(void *)list->at;
}

void
batch_append(struct batch *batch, size_t lane, struct item *item)
{
    struct lane_list *list = &batch->lanes[lane];
    size_t n_bytes = item->key_bytes + item->value_bytes;
    size_t align = _Alignof(struct item);
    size_t used = (sizeof(*item) + n_bytes + align - 1) / align * align;

    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    list->n++;
    list->n_bytes += n_bytes;
    list->at += used;
    list->room_bytes -= used;
}

void
batch_bad(struct batch *batch, size_t line, enum reason reason,
    enum outcome outcome, const char *detail)
{
    must(batch->n_bad < batch->block.room_lines);
    batch->bad[batch->n_bad++] = (struct bad_line){
        .detail = detail,
        .line = (uint32_t)line,
        .reason = (uint8_t)reason,
        .outcome = (uint8_t)outcome,
    };
}

static void
batch_init(struct batch *batch, const struct batch_room *room, size_t n_lanes)
{
    batch->block.room_bytes = text_room(room);
    batch->block.text = mem_pages(batch->block.room_bytes);
    batch->block.room_lines = room->lines;
    batch->block.lines = mem_pages(room->lines * sizeof(*batch->block.lines));
    if (mapping_line_format(room->mapping)->has_quotes)
        batch->block.numbers =
            mem_pages(room->lines * sizeof(*batch->block.numbers));
    batch->bad = mem_pages(room->lines * sizeof(*batch->bad));
    if (room->has_picks)
        batch->picks.at = mem_pages(room->lines * sizeof(*batch->picks.at));
    batch->slice_bytes = slice_bytes(room, n_lanes);
    batch->items_room = items_room(room, n_lanes);
    batch->items = mem_pages(batch->items_room);
    batch->n_lanes = n_lanes;
    batch->lanes = mem_zero(n_lanes, sizeof(*batch->lanes));
    batch->outcomes = mem_zero(n_lanes, sizeof(*batch->outcomes));
}

static void
batch_release(struct batch *batch)
{
    mem_pages_free(batch->block.text, batch->block.room_bytes);
    mem_pages_free(batch->block.lines,
        batch->block.room_lines * sizeof(*batch->block.lines));
    if (batch->block.numbers)
        mem_pages_free(batch->block.numbers,
            batch->block.room_lines * sizeof(*batch->block.numbers));
    mem_pages_free(batch->bad, batch->block.room_lines * sizeof(*batch->bad));
    if (batch->picks.at)
        mem_pages_free(batch->picks.at,
            batch->block.room_lines * sizeof(*batch->picks.at));
    mem_pages_free(batch->items, batch->items_room);
    free(batch->lanes);
    free(batch->outcomes);
}

struct batch_pool *
batch_pool_new(const struct batch_room *room, size_t n_lanes)
{
    struct batch_pool *pool = mem_zero(1, sizeof(*pool));

    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->has_one, NULL);
    pool->n = n_batches(room);
    pool->batches = mem_zero(pool->n, sizeof(*pool->batches));
    pool->home = mem_zero(pool->n, sizeof(struct batch *));
    for (size_t i = 0; i < pool->n; i++) {
        batch_init(&pool->batches[i], room, n_lanes);
        pool->home[pool->n_home++] = &pool->batches[i];
    }
    return pool;
}

void
batch_pool_free(struct batch_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->n; i++)
        batch_release(&pool->batches[i]);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->has_one);
    free(pool->batches);
    free(pool->home);
    free(pool);
}

/* As new, but for its pages. */
static void
batch_clear(struct batch *batch)
{
    batch->items_used = 0;
    batch->n_bad = 0;
    batch->picks.n = 0;
    batch->picks.n_passed = 0;
    batch->counts = (struct counts){0};
    for (size_t i = 0; i < batch->n_lanes; i++) {
        batch->lanes[i] = (struct lane_list){0};
        for (size_t j = 0; j < N_OUTCOMES; j++)
            batch->outcomes[i][j] = 0;
    }
}

struct batch *
batch_pool_get(struct batch_pool *pool, bool wait)
{
    struct batch *batch = NULL;

    pthread_mutex_lock(&pool->lock);
    while (wait && pool->n_home == 0 && !pool->is_closed)
        pthread_cond_wait(&pool->has_one, &pool->lock);
    if (pool->n_home && !pool->is_closed)
        batch = pool->home[--pool->n_home];
    pthread_mutex_unlock(&pool->lock);
    if (batch)
        batch_clear(batch);
    return batch;
}

void
batch_pool_put(struct batch_pool *pool, struct batch *batch)
{
    pthread_mutex_lock(&pool->lock);
    must(pool->n_home < pool->n);
    pool->home[pool->n_home++] = batch;
    pthread_cond_signal(&pool->has_one);
    pthread_mutex_unlock(&pool->lock);
}

void
batch_pool_close(struct batch_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_closed = true;
    pthread_cond_broadcast(&pool->has_one);
    pthread_mutex_unlock(&pool->lock);
}

bool
batch_pool_all_home(struct batch_pool *pool)
{
    bool all;

    pthread_mutex_lock(&pool->lock);
    all = pool->n_home == pool->n;
    pthread_mutex_unlock(&pool->lock);
    return all;
}

struct batch *
batch_pool_at(struct batch_pool *pool, size_t i)
{
    return &pool->batches[i];
}

size_t
batch_pool_size(const struct batch_pool *pool)
{
    return pool->n;
}

size_t
batch_pool_memory(const struct batch_room *room)
{
    return n_batches(room) *
           (text_room(room) * 2 +
               room->lines * (sizeof(struct line) + sizeof(struct item)));
}
