#include "load/suspects.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void
suspects_release(struct suspects *suspects)
{
    for (size_t i = 0; i < suspects->n; i++) {
        free(suspects->items[i].item);
        free(suspects->items[i].stale);
    }
    free(suspects->items);
    free(suspects->table);
    *suspects = (struct suspects){0};
}

static size_t
first_place(const struct suspects *suspects, const struct item *item)
{
    return hash_bytes(item_key(item), item->key_bytes) &
           (suspects->table_size - 1);
}

static bool
is_of(const struct suspect *suspect, const struct item *item)
{
    return suspect->item->key_bytes == item->key_bytes &&
           memcmp(item_key(suspect->item), item_key(item), item->key_bytes) ==
               0;
}

static struct suspect *
find(const struct suspects *suspects, const struct item *item)
{
    struct suspect *found;
    size_t at;

    if (!suspects->n)
        return NULL;
    at = first_place(suspects, item);
    for (; suspects->table[at]; at = (at + 1) & (suspects->table_size - 1)) {
        found = &suspects->items[suspects->table[at] - 1];
        if (is_of(found, item))
            return found;
    }
    return NULL;
}

static void
enter(struct suspects *suspects, size_t index)
{
    size_t at = first_place(suspects, suspects->items[index].item);

    while (suspects->table[at])
        at = (at + 1) & (suspects->table_size - 1);
    suspects->table[at] = (uint32_t)index + 1;
}

/* Never more than half full. */
static void
grow_table(struct suspects *suspects)
{
    free(suspects->table);
    suspects->table_size =
        suspects->table_size ? suspects->table_size * 2 : 1024;
    suspects->table = mem_zero(suspects->table_size, sizeof(*suspects->table));
    for (size_t i = 0; i + 1 < suspects->n; i++)
        enter(suspects, i);
}

static size_t
bytes_of(const struct item *item)
{
    return sizeof(*item) + item->key_bytes + item->value_bytes;
}

static struct item *
copy_of(struct suspects *suspects, const struct item *item)
{
    size_t n = bytes_of(item);
    struct item *copy = mem_new(n);

    memcpy(copy, item, n);
    copy->next = NULL;
    copy->outcome = OUTCOME_NONE;
    suspects->n_bytes += n;
    return copy;
}

static bool
has_room(const struct suspects *suspects, const struct item *item)
{
    return suspects->n_bytes + bytes_of(item) + sizeof(struct suspect) <=
           SUSPECTS_MOST_BYTES;
}

static struct suspect *
add(struct suspects *suspects, const struct item *item)
{
    struct suspect *suspect;

    if (suspects->n == suspects->room) {
        suspects->room = suspects->room ? suspects->room * 2 : 256;
        suspects->items =
            mem_grow(suspects->items, suspects->room, sizeof(*suspects->items));
    }
    suspect = &suspects->items[suspects->n++];
    *suspect = (struct suspect){.item = copy_of(suspects, item)};
    suspects->n_bytes += sizeof(*suspect);
    if (suspects->n * 2 > suspects->table_size)
        grow_table(suspects);
    enter(suspects, suspects->n - 1);
    return suspect;
}

bool
suspect_is_stale(const struct suspect *suspect, const void *value,
    size_t n_bytes)
{
    uint64_t hash = hash_bytes(value, n_bytes);

    for (size_t i = 0; i < suspect->n_stale; i++)
        if (suspect->stale[i] == hash)
            return true;
    return false;
}

static void
add_stale(struct suspects *suspects, struct suspect *suspect,
    const struct item *item)
{
    if (suspect_is_stale(suspect, item_value(item), item->value_bytes))
        return;
    suspect->stale =
        mem_grow(suspect->stale, suspect->n_stale + 1, sizeof(*suspect->stale));
    suspect->stale[suspect->n_stale++] =
        hash_bytes(item_value(item), item->value_bytes);
    suspects->n_bytes += sizeof(*suspect->stale);
}

/* Its last line so far is this one. */
static void
renew(struct suspects *suspects, struct suspect *suspect,
    const struct item *item)
{
    suspects->n_bytes -= bytes_of(suspect->item);
    free(suspect->item);
    suspect->item = copy_of(suspects, item);
    suspect->is_dropped = false;
}

void
suspects_lost(struct suspects *suspects, const struct item *first, size_t n)
{
    const struct item *item = first;
    struct suspect *suspect;

    for (size_t i = 0; i < n; i++, item = item->next) {
        suspect = find(suspects, item);
        if (!suspect && !has_room(suspects, item)) {
            suspects->forgotten++;
            continue;
        }
        if (!suspect)
            suspect = add(suspects, item);
        add_stale(suspects, suspect, item);
    }
    suspects_later(suspects, first);
}

void
suspects_later(struct suspects *suspects, const struct item *first)
{
    struct suspect *suspect;

    if (!suspects->n)
        return;
    for (const struct item *item = first; item; item = item->next) {
        suspect = find(suspects, item);
        if (suspect)
            renew(suspects, suspect, item);
    }
}

void
suspects_refused(struct suspects *suspects, const struct item *item)
{
    struct suspect *suspect = find(suspects, item);

    if (suspect && suspect->item->value_bytes == item->value_bytes &&
        memcmp(item_value(suspect->item), item_value(item),
            item->value_bytes) == 0)
        suspect->is_dropped = true;
}
