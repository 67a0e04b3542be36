/*
 * Reading a draw back: all its keys, by multi-get from all servers at once
 * (sink/fetch.h), each held against what it should be, byte for byte.
 *
 * A key matches when its server has the last value of any file that had it, and
 * the flags.
 * Blocks until all have answered or were given up; one thread. The first few
 * keys that are not as they should be are logged, with file and line; all of
 * them with -v.
 */
#ifndef VERIFY_READBACK_H
#define VERIFY_READBACK_H

#include "sink/servers.h"
#include "verify/draw.h"
#include "verify/result.h"

struct readback_input {
    const struct shards *shards;
    uint32_t flags; /* that each item should have */
    int64_t timeout_ms;
    /* what messages call the file of that number */
    const char *(*file_name)(void *ctx, uint32_t file);
    void *ctx;
};

/* Adds to the counts of each key's server. */
void readback(const struct readback_input *input, const struct draw *draw,
    struct verify_counts *servers);

#endif
