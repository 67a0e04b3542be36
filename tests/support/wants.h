/*
 * What compare.c wants to find on the servers: a table of keys, and for each
 * the last value of every file that holds it. Nothing is given back before
 * the program ends.
 */
#ifndef SUPPORT_WANTS_H
#define SUPPORT_WANTS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

enum { MAX_KEY_BYTES = 250, ARENA_BYTES = 64 << 20 };

/* What a key's value must be, by one file. */
struct want {
    struct want *next;  /* of the same key, by another file */
    struct want *queue; /* of the same server */
    uint64_t hash;
    double lat, lon;
    uint32_t file, n_apps;
    uint16_t server;
    uint8_t key_bytes;
    _Alignas(4) char key[]; /* the apps follow it */
};

static struct want **table; /* open addressing, NULL is free */
static size_t table_size, n_keys;

static inline void *
room(size_t n_bytes)
{
    static char *arena;
    static size_t left;
    char *at;

    n_bytes = (n_bytes + 7) & ~(size_t)7;
    if (n_bytes > ARENA_BYTES / 4) {
        at = malloc(n_bytes);
    } else {
        if (n_bytes > left) {
            arena = malloc(ARENA_BYTES);
            left = ARENA_BYTES;
        }
        at = arena;
        arena += n_bytes;
        left -= n_bytes;
    }
    if (!at)
        fail("no memory", "start");
    return at;
}

static inline uint32_t *
apps_of(struct want *want)
{
    return (uint32_t *)(void *)(want->key + ((want->key_bytes + 3u) & ~3u));
}

static inline uint64_t
hash_of(const char *key, size_t n)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)key[i]) * 1099511628211u;
    return hash ^ (hash >> 29);
}

static inline struct want **
find(const struct want *like)
{
    size_t i = like->hash & (table_size - 1);

    while (table[i] &&
           (table[i]->hash != like->hash ||
               table[i]->key_bytes != like->key_bytes ||
               memcmp(table[i]->key, like->key, like->key_bytes) != 0))
        i = (i + 1) & (table_size - 1);
    return &table[i];
}

static inline void
grow(void)
{
    struct want **old = table;
    size_t old_size = table_size;

    table_size = old_size ? old_size * 2 : 1 << 16;
    table = calloc(table_size, sizeof(*table));
    if (!table)
        fail("no memory", "table");
    for (size_t i = 0; i < old_size; i++)
        if (old[i])
            *find(old[i]) = old[i];
    free(old);
}

static inline void
add(struct want *want)
{
    struct want **at;

    if (n_keys * 2 >= table_size)
        grow();
    at = find(want);
    if (!*at)
        n_keys++;
    while (*at && (*at)->file != want->file)
        at = &(*at)->next;
    want->next = *at ? (*at)->next : NULL;
    *at = want;
}

#endif
