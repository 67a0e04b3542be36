#include "verify/sample_heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ROOM_FIRST = 256 };

void
sample_heap_release(struct sample_heap *heap)
{
    for (size_t i = 0; i < heap->n; i++)
        sample_key_release(&heap->keys[i]);
    free(heap->keys);
    free(heap->nodes);
    free(heap->table);
    *heap = (struct sample_heap){0};
}

/* ------------------------------------------------------ finding by hash --- */

/* The hashes kept are small numbers, so their low bits are taken. */
static size_t
slot_of(const struct sample_heap *heap, uint64_t hash)
{
    return hash & (heap->table_size - 1);
}

static void
table_insert(struct sample_heap *heap, size_t key)
{
    size_t at = slot_of(heap, heap->keys[key].hash);

    while (heap->table[at])
        at = (at + 1) & (heap->table_size - 1);
    heap->table[at] = (uint32_t)key + 1;
}

/* The slot of this key, or the free one where the search ended. */
static size_t
table_find(const struct sample_heap *heap, uint64_t hash, const char *key,
    size_t n_bytes)
{
    size_t at = slot_of(heap, hash);

    for (; heap->table[at]; at = (at + 1) & (heap->table_size - 1)) {
        const struct sample_key *other = &heap->keys[heap->table[at] - 1];

        if (other->hash == hash && other->n_bytes == n_bytes &&
            memcmp(other->bytes, key, n_bytes) == 0)
            break;
    }
    return at;
}

/* Moves up the keys behind it that would no longer be found. */
static void
table_remove(struct sample_heap *heap, size_t hole)
{
    size_t mask = heap->table_size - 1, at = hole, home;

    for (;;) {
        at = (at + 1) & mask;
        if (!heap->table[at])
            break;
        home = slot_of(heap, heap->keys[heap->table[at] - 1].hash);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        heap->table[hole] = heap->table[at];
        hole = at;
    }
    heap->table[hole] = 0;
}

static void
make_table(struct sample_heap *heap, size_t size)
{
    free(heap->table);
    heap->table = mem_zero(size, sizeof(*heap->table));
    heap->table_size = size;
    for (size_t i = 0; i < heap->n; i++)
        table_insert(heap, i);
}

/* ----------------------------------------------------- the largest hash --- */

static uint64_t
hash_at(const struct sample_heap *heap, size_t at)
{
    return heap->nodes[at].hash;
}

static void
swap(struct sample_heap *heap, size_t a, size_t b)
{
    struct sample_heap_node node = heap->nodes[a];

    heap->nodes[a] = heap->nodes[b];
    heap->nodes[b] = node;
}

static void
sift_up(struct sample_heap *heap, size_t at)
{
    for (; at && hash_at(heap, (at - 1) / 2) < hash_at(heap, at);
         at = (at - 1) / 2)
        swap(heap, at, (at - 1) / 2);
}

static void
sift_down(struct sample_heap *heap, size_t at)
{
    size_t child;

    while ((child = 2 * at + 1) < heap->n) {
        if (child + 1 < heap->n &&
            hash_at(heap, child) < hash_at(heap, child + 1))
            child++;
        if (hash_at(heap, at) >= hash_at(heap, child))
            break;
        swap(heap, at, child);
        at = child;
    }
}

/* --------------------------------------------------------------- adding --- */

static void
make_room(struct sample_heap *heap)
{
    if (heap->n < heap->room)
        return;
    heap->room = heap->room ? heap->room * 2 : ROOM_FIRST;
    if (heap->room > heap->most)
        heap->room = heap->most;
    heap->keys = mem_grow(heap->keys, heap->room, sizeof(*heap->keys));
    heap->nodes = mem_grow(heap->nodes, heap->room, sizeof(*heap->nodes));
}

/* At most half of the slots are taken. */
static void
make_table_room(struct sample_heap *heap)
{
    if (2 * (heap->n + 1) > heap->table_size)
        make_table(heap,
            heap->table_size ? heap->table_size * 2 : 2 * (size_t)ROOM_FIRST);
}

static void
add_key(struct sample_heap *heap, const struct sample_item *item)
{
    size_t at = heap->n;

    make_room(heap);
    make_table_room(heap);
    sample_key_init(&heap->keys[at], item);
    heap->nodes[at] = (struct sample_heap_node){item->hash, (uint32_t)at};
    table_insert(heap, at);
    heap->n++;
    sift_up(heap, at);
}

/* Replaces the key with the largest hash. */
static void
replace_key(struct sample_heap *heap, const struct sample_item *item)
{
    size_t at = heap->nodes[0].key;
    struct sample_key *old = &heap->keys[at];

    table_remove(heap, table_find(heap, old->hash, old->bytes, old->n_bytes));
    sample_key_release(old);
    sample_key_init(old, item);
    heap->nodes[0].hash = item->hash;
    table_insert(heap, at);
    sift_down(heap, 0);
}

void
sample_heap_add(struct sample_heap *heap, const struct sample_item *item)
{
    size_t at = 0;

    if (heap->table_size)
        at = table_find(heap, item->hash, item->key, item->key_bytes);
    if (heap->table_size && heap->table[at]) {
        sample_key_add(&heap->keys[heap->table[at] - 1], item);
    } else if (heap->n < heap->most) {
        add_key(heap, item);
    } else {
        heap->has_more = true;
        if (item->hash < hash_at(heap, 0))
            replace_key(heap, item);
    }
}

uint64_t
sample_heap_top(const struct sample_heap *heap)
{
    return hash_at(heap, 0);
}

void
sample_heap_keep(struct sample_heap *heap,
    bool (*keep)(void *ctx, const struct sample_origin *origin), void *ctx)
{
    size_t n = 0;

    for (size_t i = 0; i < heap->n; i++) {
        if (sample_key_keep(&heap->keys[i], keep, ctx))
            heap->keys[n++] = heap->keys[i];
        else
            sample_key_release(&heap->keys[i]);
    }
    heap->n = n;
    for (size_t i = 0; i < n; i++) {
        heap->nodes[i] =
            (struct sample_heap_node){heap->keys[i].hash, (uint32_t)i};
        sift_up(heap, i);
    }
    if (heap->table_size)
        make_table(heap, heap->table_size);
}
