#include <string.h>

#include "record/plan.h"

/* Where the text of that column ends: at the literal text after it, or where
 * the key does; NULL: there is no such text. */
static const char *
column_end(const struct plan *plan, size_t part, const char *at,
    const char *end)
{
    const struct span *next = &plan->key[part + 1];

    return part + 1 == plan->n_key
               ? end
               : memmem(at, (size_t)(end - at), next->at, next->n_bytes);
}

/* Can a key be taken apart again, and does it hold the shard's name then? */
static bool
names_shard(const struct plan *plan)
{
    if (plan->routes_by_hash)
        return false;
    for (size_t i = 0; i + 1 < plan->n_key; i++)
        if (!plan->key[i].at && !plan->key[i + 1].at)
            return false;
    for (size_t i = 0; i < plan->n_key_columns; i++)
        if (plan->key_columns[i] == plan->route_column)
            return true;
    return false;
}

enum key_route
mapping_route_of_key(const struct mapping *mapping, const char *key,
    size_t n_bytes, struct span *shard)
{
    const struct plan *plan = &mapping->plan;
    const char *at = key, *end = key + n_bytes, *stop;
    size_t column = 0;

    if (!names_shard(plan))
        return KEY_OF_ANY;
    for (size_t i = 0; i < plan->n_key; i++) {
        const struct span *text = &plan->key[i];

        if (text->at) {
            if ((size_t)(end - at) < text->n_bytes ||
                memcmp(at, text->at, text->n_bytes) != 0)
                return KEY_OF_NONE;
            at += text->n_bytes;
            continue;
        }
        stop = column_end(plan, i, at, end);
        if (!stop || stop == at)
            return KEY_OF_NONE;
        if (plan->key_columns[column++] == plan->route_column)
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

const char *
mapping_route_column(const struct mapping *mapping)
{
    const struct plan *plan = &mapping->plan;

    return plan->routes_by_hash ? NULL
                                : plan->columns.needed[plan->route_column];
}
