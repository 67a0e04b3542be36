#include "verify/sample_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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

void
sample_key_init(struct sample_key *key, const struct sample_item *item)
{
    key->hash = item->hash;
    key->n_bytes = item->key_bytes;
    key->bytes = mem_new(item->key_bytes);
    memcpy(key->bytes, item->key, item->key_bytes);
    key->values = make_value(item, NULL);
}

void
sample_key_release(struct sample_key *key)
{
    struct sample_value *value, *next;

    for (value = key->values; value; value = next) {
        next = value->next;
        free(value);
    }
    free(key->bytes);
}

static bool
is_later(const struct sample_origin *a, const struct sample_origin *b)
{
    return a->generation != b->generation ? a->generation > b->generation
                                          : a->line >= b->line;
}

void
sample_key_add(struct sample_key *key, const struct sample_item *item)
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

bool
sample_key_keep(struct sample_key *key,
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
    return key->values != NULL;
}
