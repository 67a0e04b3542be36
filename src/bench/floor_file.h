/*
 * A file of a floor: inflated, or inflated and packed as the loader does it,
 * by its own rooms, but with nothing around it.
 *
 * Each file is one thread's; any number of threads side by side. Errors are
 * ERR_IO and ERR_DATA, with the file's name.
 */
#ifndef BENCH_FLOOR_FILE_H
#define BENCH_FLOOR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "settings/settings.h"
#include "memc/shard_map.h"

struct floor_sum {
    uint64_t lines, text_bytes;
};

/* Requests of one file for one server, built beforehand. */
struct requests {
    char *bytes;
    size_t n, room;
};

/* Where packed items go, as requests; or nowhere (requests NULL). */
struct floor_items {
    const struct shards *shards; /* named as the lines' types are */
    struct requests *requests;   /* by server */
    size_t max_bytes;            /* of all of them; the rest is not read */
};

int floor_inflate_file(const char *path, const struct settings *settings,
    struct floor_sum *sum, struct err *err);
int floor_pack_file(const char *path, const struct settings *settings,
    const struct floor_items *items, struct floor_sum *sum, struct err *err);

#endif
