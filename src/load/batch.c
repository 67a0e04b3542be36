#include "load/batch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "record/record.h"

/*
 * Text for one line, on average, that a batch has room for. Real lines are
 * 313 bytes. With 20,000 lines and four batches this keeps a worker below
 * 64 MiB whatever its lines look like: 4 x (6.5 MiB of text and at most
 * 7.5 MiB of items, when every app id is a single digit).
 */
enum { LINE_BYTES = 340 };

/* One filling and two with the writers, beside one a packer. */
enum { BATCHES = 3 };

/* Behind an item: key's ':' and lat, lon with their tags; see below. */
enum { ITEM_EXTRA_BYTES = 1 + 9 + 9 };

struct batch_pool {
    pthread_mutex_t lock; /* guards all below but the batches themselves */
    pthread_cond_t has_one;
    struct batch *batches;
    size_t n;
    struct batch **home; /* a stack */
    size_t n_home;
    bool is_closed;
};

static size_t
text_room(const struct job *job)
{
    size_t room = job->batch_lines * LINE_BYTES;
    size_t least = line_room(job->max_line_bytes);

    return room > least ? room : least;
}

/*
 * An upper bound of what the items of a batch take. A packed app id is never
 * longer than its digits and comma, so an item is at most its line's bytes and
 * ITEM_EXTRA_BYTES; the one being packed is given room for 6 bytes an id, and
 * an id takes at least 2 bytes of line. Most of it is never touched.
 */
static size_t
items_room(const struct job *job)
{
    size_t each =
        sizeof(struct item) + ITEM_EXTRA_BYTES + _Alignof(struct item);

    return text_room(job) + job->batch_lines * each + 3 * job->max_line_bytes +
           4096;
}

static size_t
n_batches(const struct job *job)
{
    return BATCHES + (job->threads ? job->threads : 1);
}

struct item *
batch_item(struct batch *batch, size_t key_and_value_bytes)
{
    struct item *item =
        (struct item *)(void *)(batch->items + batch->items_used);

    must(sizeof(*item) + key_and_value_bytes <=
         batch->items_room - batch->items_used);
    return item;
}

void
batch_item_end(struct batch *batch, const struct item *item)
{
    size_t n = sizeof(*item) + item->key_bytes + item->value_bytes;
    size_t align = _Alignof(struct item);

    batch->items_used += (n + align - 1) / align * align;
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
batch_init(struct batch *batch, const struct job *job, size_t n_lanes)
{
    batch->block.room_bytes = text_room(job);
    batch->block.text = mem_pages(batch->block.room_bytes);
    batch->block.room_lines = job->batch_lines;
    batch->block.lines =
        mem_pages(job->batch_lines * sizeof(*batch->block.lines));
    batch->bad = mem_pages(job->batch_lines * sizeof(*batch->bad));
    batch->items_room = items_room(job);
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
    mem_pages_free(batch->bad, batch->block.room_lines * sizeof(*batch->bad));
    mem_pages_free(batch->items, batch->items_room);
    free(batch->lanes);
    free(batch->outcomes);
}

struct batch_pool *
batch_pool_new(const struct job *job, size_t n_lanes)
{
    struct batch_pool *pool = mem_zero(1, sizeof(*pool));

    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->has_one, NULL);
    pool->n = n_batches(job);
    pool->batches = mem_zero(pool->n, sizeof(*pool->batches));
    pool->home = mem_zero(pool->n, sizeof(struct batch *));
    for (size_t i = 0; i < pool->n; i++) {
        batch_init(&pool->batches[i], job, n_lanes);
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
batch_pool_memory(const struct job *job)
{
    return n_batches(job) *
           (text_room(job) * 2 +
               job->batch_lines * (sizeof(struct line) + sizeof(struct item)));
}
