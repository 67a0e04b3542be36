/* Items for tests: key and value from texts, freed by the caller. */
#ifndef TESTS_ITEM_MAKER_H
#define TESTS_ITEM_MAKER_H

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "memc/item.h"

static inline struct item *
make_item(const char *key, const char *value, size_t value_bytes)
{
    size_t key_bytes = strlen(key);
    struct item *item = mem_zero(1, sizeof(*item) + key_bytes + value_bytes);

    item->key_bytes = (uint8_t)key_bytes;
    item->value_bytes = (uint32_t)value_bytes;
    item->key_hash = (uint32_t)hash_bytes(key, key_bytes);
    memcpy(item->bytes, key, key_bytes);
    memcpy(item->bytes + key_bytes, value, value_bytes);
    return item;
}

#endif
