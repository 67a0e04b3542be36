/*
 * The 64-bit hash of a key: XXH3, unseeded. It decides on which connection a
 * key travels and finds lines of the same key; it is not the pool's ketama
 * hash (memc/pool.h). Pure, any thread.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t n_bytes);

#endif
