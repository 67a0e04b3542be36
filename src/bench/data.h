/*
 * The files that a benchmark loads: those of the user, or generated ones.
 *
 * Generated files look like the real ones (made_line.h) and are gzipped; a
 * process makes each, as many at a time as there are cores. The struct is the
 * caller's. One thread. Errors: ERR_USAGE for a FILE that cannot be used,
 * ERR_IO for a full disk.
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

/* Uses these files. -1 when one is not a regular file that can be read. */
int bench_data_take(struct bench_data *data, const struct words *files,
    struct err *err);

/* Generates that many lines in total, spread evenly over the files. -1 also
 * when a stop was asked for: ask the waiter. */
int bench_data_make(struct bench_data *data, const struct work_dir *work_dir,
    uint64_t lines, size_t n_files, uint64_t seed, struct waiter *waiter,
    struct err *err);

void bench_data_release(struct bench_data *data);

#endif
