/*
 * The files that a benchmark loads: those it was given, or made up.
 *
 * Made up ones look like the real ones (made_line.h) and are gzipped as gzip
 * does; a process each, as many at a time as there are cores. The struct is
 * the caller's. One thread. Errors: ERR_USAGE for a FILE that is no good,
 * ERR_IO for a disk that is full.
 */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/child.h"
#include "bench/work_dir.h"
#include "settings/settings.h"

struct bench_data {
    struct words paths;
    uint64_t gz_bytes;
    uint64_t text_bytes; /* 0: not known yet */
    uint64_t lines;      /* likewise */
};

/* -1 when one is not a regular file that can be read. */
int bench_data_take(struct bench_data *data, const struct words *files,
    struct err *err);

/* Lines in all; of files as even as can be. -1, too, when a stop was asked
 * for: look at the waiter. */
int bench_data_make(struct bench_data *data, const struct work_dir *work_dir,
    uint64_t lines, size_t n_files, uint64_t seed, struct waiter *waiter,
    struct err *err);

void bench_data_release(struct bench_data *data);

#endif
