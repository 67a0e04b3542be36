#include "verify/sample.h"

#include <stdlib.h>

#include "base/mem.h"
#include "verify/sample_heap.h"

struct sample *
sample_new(size_t n, uint64_t seed)
{
    struct sample *sample = mem_zero(1, sizeof(*sample));

    must(n > 0);
    pthread_mutex_init(&sample->lock, NULL);
    sample->heap = mem_zero(1, sizeof(*sample->heap));
    sample->heap->most = n;
    sample->seed = sample_mix(seed + 0x9e3779b97f4a7c15u);
    atomic_init(&sample->limit, UINT64_MAX);
    return sample;
}

void
sample_free(struct sample *sample)
{
    if (!sample)
        return;
    pthread_mutex_destroy(&sample->lock);
    sample_heap_release(sample->heap);
    free(sample->heap);
    free(sample);
}

void
sample_add(struct sample *sample, const struct sample_item *item)
{
    struct sample_heap *heap = sample->heap;

    pthread_mutex_lock(&sample->lock);
    sample_heap_add(heap, item);
    if (heap->n == heap->most)
        atomic_store_explicit(&sample->limit, sample_heap_top(heap),
            memory_order_relaxed);
    pthread_mutex_unlock(&sample->lock);
}

void
sample_pass(struct sample *sample)
{
    pthread_mutex_lock(&sample->lock);
    sample->heap->has_more = true;
    pthread_mutex_unlock(&sample->lock);
}

/* The limit stays: of the keys below it, all that are left are known. */
void
sample_keep(struct sample *sample,
    bool (*keep)(void *ctx, const struct sample_origin *origin), void *ctx)
{
    sample_heap_keep(sample->heap, keep, ctx);
}

size_t
sample_count(const struct sample *sample)
{
    return sample->heap->n;
}

const struct sample_key *
sample_at(const struct sample *sample, size_t i)
{
    return &sample->heap->keys[i];
}

/* Each line of a kept key was offered and counted, since its hash was never
 * above the limit. */
static uint64_t
count_lines(const struct sample_heap *heap)
{
    uint64_t n = 0;

    for (size_t i = 0; i < heap->n; i++)
        for (const struct sample_value *value = heap->keys[i].values; value;
             value = value->next)
            n += value->n_lines;
    return n;
}

uint64_t
sample_population(const struct sample *sample, uint64_t n_items, bool *is_about)
{
    const struct sample_heap *heap = sample->heap;
    uint64_t n_lines = count_lines(heap);
    double estimate;

    *is_about = heap->has_more && heap->n < n_items;
    if (!*is_about || !n_lines)
        return heap->n;
    estimate = (double)n_items * (double)heap->n / (double)n_lines;
    return estimate > (double)heap->n ? (uint64_t)(estimate + 0.5) : heap->n;
}
