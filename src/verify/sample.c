#include "verify/sample.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "verify/sample_heap.h"

enum { ROOM_FIRST = 256 };

struct sample *
sample_new(size_t n, uint64_t seed)
{
    struct sample *sample = mem_zero(1, sizeof(*sample));
    struct sample_heap *pile = mem_zero(1, sizeof(*pile));

    must(n > 0);
    pthread_mutex_init(&pile->lock, NULL);
    pile->most = n;
    sample->pile = pile;
    sample->seed = sample_mix(seed + 0x9e3779b97f4a7c15u);
    atomic_init(&sample->limit, UINT64_MAX);
    return sample;
}

static void
release_key(struct sample_key *key)
{
    struct sample_value *value, *next;

    for (value = key->values; value; value = next) {
        next = value->next;
        free(value);
    }
    free(key->bytes);
}

void
sample_free(struct sample *sample)
{
    struct sample_heap *pile;

    if (!sample)
        return;
    pile = sample->pile;
    for (size_t i = 0; i < pile->n; i++)
        release_key(&pile->keys[i]);
    pthread_mutex_destroy(&pile->lock);
    free(pile->keys);
    free(pile->heap);
    free(pile->table);
    free(pile);
    free(sample);
}

/* ------------------------------------------------------ finding by hash --- */

/* Hashes that are kept are small, but their low bits are as good as any. */
static size_t
place_of(const struct sample_heap *pile, uint64_t hash)
{
    return hash & (pile->table_size - 1);
}

static void
table_insert(struct sample_heap *pile, size_t key)
{
    size_t at = place_of(pile, pile->keys[key].hash);

    while (pile->table[at])
        at = (at + 1) & (pile->table_size - 1);
    pile->table[at] = (uint32_t)key + 1;
}

/* The place of this key, or of the free one where the search ended. */
static size_t
table_find(const struct sample_heap *pile, uint64_t hash, const char *key,
    size_t n_bytes)
{
    size_t at = place_of(pile, hash);

    for (; pile->table[at]; at = (at + 1) & (pile->table_size - 1)) {
        const struct sample_key *other = &pile->keys[pile->table[at] - 1];

        if (other->hash == hash && other->n_bytes == n_bytes &&
            memcmp(other->bytes, key, n_bytes) == 0)
            break;
    }
    return at;
}

/* Those behind it that would not be found any more move up. */
static void
table_remove(struct sample_heap *pile, size_t hole)
{
    size_t mask = pile->table_size - 1, at = hole, home;

    for (;;) {
        at = (at + 1) & mask;
        if (!pile->table[at])
            break;
        home = place_of(pile, pile->keys[pile->table[at] - 1].hash);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        pile->table[hole] = pile->table[at];
        hole = at;
    }
    pile->table[hole] = 0;
}

static void
make_table(struct sample_heap *pile, size_t size)
{
    free(pile->table);
    pile->table = mem_zero(size, sizeof(*pile->table));
    pile->table_size = size;
    for (size_t i = 0; i < pile->n; i++)
        table_insert(pile, i);
}

/* ----------------------------------------------------- the largest hash --- */

static uint64_t
hash_at(const struct sample_heap *pile, size_t at)
{
    return pile->heap[at].hash;
}

static void
swap(struct sample_heap *pile, size_t a, size_t b)
{
    struct sample_place place = pile->heap[a];

    pile->heap[a] = pile->heap[b];
    pile->heap[b] = place;
}

static void
sift_up(struct sample_heap *pile, size_t at)
{
    for (; at && hash_at(pile, (at - 1) / 2) < hash_at(pile, at);
         at = (at - 1) / 2)
        swap(pile, at, (at - 1) / 2);
}

static void
sift_down(struct sample_heap *pile, size_t at)
{
    size_t child;

    while ((child = 2 * at + 1) < pile->n) {
        if (child + 1 < pile->n &&
            hash_at(pile, child) < hash_at(pile, child + 1))
            child++;
        if (hash_at(pile, at) >= hash_at(pile, child))
            break;
        swap(pile, at, child);
        at = child;
    }
}

/* --------------------------------------------------------------- adding --- */

static void
make_room(struct sample_heap *pile)
{
    if (pile->n < pile->room)
        return;
    pile->room = pile->room ? pile->room * 2 : ROOM_FIRST;
    if (pile->room > pile->most)
        pile->room = pile->most;
    pile->keys = mem_grow(pile->keys, pile->room, sizeof(*pile->keys));
    pile->heap = mem_grow(pile->heap, pile->room, sizeof(*pile->heap));
}

/* At most half of the table is taken. */
static void
make_table_room(struct sample_heap *pile)
{
    if (2 * (pile->n + 1) > pile->table_size)
        make_table(pile,
            pile->table_size ? pile->table_size * 2 : 2 * (size_t)ROOM_FIRST);
}

static bool
is_later(const struct sample_origin *a, const struct sample_origin *b)
{
    return a->generation != b->generation ? a->generation > b->generation
                                          : a->line >= b->line;
}

static struct sample_value *
make_value(const struct sample_item *item, struct sample_value *next)
{
    struct sample_value *value = mem_new(sizeof(*value) + item->value_bytes);

    value->next = next;
    value->origin = item->origin;
    value->n_lines = item->n_lines;
    value->n_bytes = item->value_bytes;
    memcpy(value->bytes, item->value, item->value_bytes);
    return value;
}

/* The later one of a file stays; lines of a former generation do not count. */
static void
set_value(struct sample_key *key, const struct sample_item *item)
{
    struct sample_value **at = &key->values, *old;
    uint64_t n_lines = 0;

    while (*at && (*at)->origin.file != item->origin.file)
        at = &(*at)->next;
    old = *at;
    if (old && old->origin.generation == item->origin.generation)
        n_lines = old->n_lines;
    if (!old || is_later(&item->origin, &old->origin)) {
        *at = make_value(item, old ? old->next : NULL);
        (*at)->n_lines += n_lines;
        free(old);
    } else if (n_lines) {
        old->n_lines += item->n_lines;
    }
}

static void
fill_key(struct sample_key *key, const struct sample_item *item)
{
    key->hash = item->hash;
    key->n_bytes = item->key_bytes;
    key->bytes = mem_new(item->key_bytes);
    memcpy(key->bytes, item->key, item->key_bytes);
    key->values = make_value(item, NULL);
}

static void
add_key(struct sample_heap *pile, const struct sample_item *item)
{
    size_t at = pile->n;

    make_room(pile);
    make_table_room(pile);
    fill_key(&pile->keys[at], item);
    pile->heap[at] = (struct sample_place){item->hash, (uint32_t)at};
    table_insert(pile, at);
    pile->n++;
    sift_up(pile, at);
}

/* In the place of the one with the largest hash. */
static void
replace_key(struct sample_heap *pile, const struct sample_item *item)
{
    size_t at = pile->heap[0].key;
    struct sample_key *old = &pile->keys[at];

    table_remove(pile, table_find(pile, old->hash, old->bytes, old->n_bytes));
    release_key(old);
    fill_key(old, item);
    pile->heap[0].hash = item->hash;
    table_insert(pile, at);
    sift_down(pile, 0);
}

static void
add(struct sample_heap *pile, const struct sample_item *item)
{
    size_t at = 0;

    if (pile->table_size)
        at = table_find(pile, item->hash, item->key, item->key_bytes);
    if (pile->table_size && pile->table[at]) {
        set_value(&pile->keys[pile->table[at] - 1], item);
    } else if (pile->n < pile->most) {
        add_key(pile, item);
    } else {
        pile->has_more = true;
        if (item->hash < hash_at(pile, 0))
            replace_key(pile, item);
    }
}

void
sample_add(struct sample *sample, const struct sample_item *item)
{
    struct sample_heap *pile = sample->pile;

    pthread_mutex_lock(&pile->lock);
    add(pile, item);
    if (pile->n == pile->most)
        atomic_store_explicit(&sample->limit, hash_at(pile, 0),
            memory_order_relaxed);
    pthread_mutex_unlock(&pile->lock);
}

void
sample_pass(struct sample *sample)
{
    pthread_mutex_lock(&sample->pile->lock);
    sample->pile->has_more = true;
    pthread_mutex_unlock(&sample->pile->lock);
}

/* --------------------------------------------------------- at the end --- */

static void
keep_values(struct sample_key *key,
    bool (*keep)(void *ctx, const struct sample_origin *origin), void *ctx)
{
    struct sample_value **at = &key->values, *value;

    while ((value = *at)) {
        if (keep(ctx, &value->origin)) {
            at = &value->next;
            continue;
        }
        *at = value->next;
        free(value);
    }
}

/* The limit stays: below it, what is left is complete. */
void
sample_keep(struct sample *sample,
    bool (*keep)(void *ctx, const struct sample_origin *origin), void *ctx)
{
    struct sample_heap *pile = sample->pile;
    size_t n = 0;

    for (size_t i = 0; i < pile->n; i++) {
        keep_values(&pile->keys[i], keep, ctx);
        if (pile->keys[i].values)
            pile->keys[n++] = pile->keys[i];
        else
            release_key(&pile->keys[i]);
    }
    pile->n = n;
    for (size_t i = 0; i < n; i++) {
        pile->heap[i] = (struct sample_place){pile->keys[i].hash, (uint32_t)i};
        sift_up(pile, i);
    }
    if (pile->table_size)
        make_table(pile, pile->table_size);
}

size_t
sample_count(const struct sample *sample)
{
    return sample->pile->n;
}

const struct sample_key *
sample_at(const struct sample *sample, size_t i)
{
    return &sample->pile->keys[i];
}

/* All lines of a kept key were offered and counted, since its hash was never
 * above the limit. */
static uint64_t
count_lines(const struct sample_heap *pile)
{
    uint64_t n = 0;

    for (size_t i = 0; i < pile->n; i++)
        for (const struct sample_value *value = pile->keys[i].values; value;
             value = value->next)
            n += value->n_lines;
    return n;
}

uint64_t
sample_population(const struct sample *sample, uint64_t n_items, bool *is_about)
{
    const struct sample_heap *pile = sample->pile;
    uint64_t n_lines = count_lines(pile);
    double estimate;

    *is_about = pile->has_more && pile->n < n_items;
    if (!*is_about || !n_lines)
        return pile->n;
    estimate = (double)n_items * (double)pile->n / (double)n_lines;
    return estimate > (double)pile->n ? (uint64_t)(estimate + 0.5) : pile->n;
}
