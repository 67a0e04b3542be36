/*
 * Inflates a file, or inflates and packs it, with the loader's own functions
 * for these steps and nothing else.
 *
 * One thread a file; any number of threads at a time. Errors are ERR_IO and
 * ERR_DATA, with the name of the file.
 */
#ifndef BENCH_FLOOR_FILE_H
#define BENCH_FLOOR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "memc/shard_map.h"
#include "settings/settings.h"

struct floor_sum {
    uint64_t lines, text_bytes;
};

/* Requests of one file for one server, built beforehand. */
struct requests {
    char *bytes;
    size_t n, room;
};

/* Packed items become requests; or are dropped, when requests is NULL. */
struct floor_items {
    const struct shards *shards; /* whose names are the types of the lines */
    struct requests *requests;   /* by server */
    size_t max_bytes; /* of all requests; the rest of the file is not read */
};

int floor_inflate_file(const char *path, const struct settings *settings,
    struct floor_sum *sum, struct err *err);
int floor_pack_file(const char *path, const struct settings *settings,
    const struct floor_items *items, struct floor_sum *sum, struct err *err);

#endif
