#include "load/key_index.h"

#include <stdlib.h>

#include "base/mem.h"

static int
compare_hashes(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int
compare(const void *left, const void *right)
{
    const struct item *a = *(struct item *const *)left;
    const struct item *b = *(struct item *const *)right;
    int order = compare_hashes(a->key_hash, b->key_hash);

    return order ? order : (a->line > b->line) - (a->line < b->line);
}

void
key_index_make(struct key_index *index, const struct batch *batch, size_t lane)
{
    const struct lane_list *list = &batch->lanes[lane];
    struct item *item = list->first;

    if (index->batch == batch->number)
        return;
    free(index->items);
    index->items = mem_new(list->n * sizeof(struct item *) + 1);
    index->n = list->n;
    index->batch = batch->number;
    for (size_t i = 0; i < list->n; i++, item = item->next)
        index->items[i] = item;
    qsort(index->items, index->n, sizeof(struct item *), compare);
}

void
key_index_release(struct key_index *index)
{
    free(index->items);
    *index = (struct key_index){0};
}

struct item **
key_index_find(const struct key_index *index, uint32_t key_hash, size_t *n_out)
{
    size_t low = 0, high = index->n, end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (index->items[middle]->key_hash < key_hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < index->n; end++)
        if (index->items[end]->key_hash != key_hash)
            break;
    *n_out = end - low;
    return index->items + low;
}
