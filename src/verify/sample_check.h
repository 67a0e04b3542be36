/*
 * Reading a sample back: all its keys, by multi-get from all servers at once
 * (memc/fetch.h), each held against what it should be, byte for byte.
 *
 * A key matches when its server has the last value of any file that had it, and
 * the flags.
 * Blocks until all have answered or were given up; one thread. The first few
 * keys that are not as they should be are logged, with file and line; all of
 * them with -v.
 */
#ifndef VERIFY_SAMPLE_CHECK_H
#define VERIFY_SAMPLE_CHECK_H

#include "memc/shard_map.h"
#include "verify/sample.h"
#include "verify/verify_result.h"

struct readback_input {
    const struct shards *shards;
    uint32_t flags; /* that each item should have */
    int64_t timeout_ms;
    /* what messages call the file of that number */
    const char *(*file_name)(void *ctx, uint32_t file);
    void *ctx;
};

/* Adds to the counts of each key's server. */
void readback(const struct readback_input *input, const struct sample *sample,
    struct verify_counts *servers);

#endif
