#include <string.h>

#include "record/plan.h"

/* Where the text of that part ends: at the literal text behind it, or where
 * the key does; NULL: there is no such text. */
static const char *
part_end(const struct plan *plan, size_t i, const char *at, const char *end)
{
    const struct key_part *next =
        i + 1 < plan->n_key ? &plan->key[i + 1] : NULL;

    if (!next)
        return end;
    return next->text.at ? memmem(at, (size_t)(end - at), next->text.at,
                               next->text.n_bytes)
                         : NULL;
}

/* Can a key be taken apart again, and does it hold the shard's name then? */
static bool
names_shard(const struct plan *plan)
{
    bool is_there = false;

    for (size_t i = 0; i < plan->n_key; i++) {
        if (plan->key[i].text.at)
            continue;
        if (i + 1 < plan->n_key && !plan->key[i + 1].text.at)
            return false;
        is_there |= plan->key[i].column == plan->route_column;
    }
    return is_there && !plan->routes_by_hash;
}

enum key_route
mapping_route_of_key(const struct mapping *mapping, const char *key,
    size_t n_bytes, struct span *shard)
{
    const struct plan *plan = &mapping->plan;
    const char *at = key, *end = key + n_bytes, *stop;

    if (!names_shard(plan))
        return KEY_OF_ANY;
    for (size_t i = 0; i < plan->n_key; i++) {
        const struct span *text = &plan->key[i].text;

        if (text->at) {
            if ((size_t)(end - at) < text->n_bytes ||
                memcmp(at, text->at, text->n_bytes) != 0)
                return KEY_OF_NONE;
            at += text->n_bytes;
            continue;
        }
        stop = part_end(plan, i, at, end);
        if (!stop || stop == at)
            return KEY_OF_NONE;
        if (plan->key[i].column == plan->route_column)
            *shard = (struct span){at, (size_t)(stop - at)};
        at = stop;
    }
    return at == end ? KEY_OF_SHARD : KEY_OF_NONE;
}

const char *
mapping_key_text(const struct mapping *mapping)
{
    return mapping->plan.key_text;
}
