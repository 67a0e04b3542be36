/*
 * The setting to recommend. Of the settings that are as fast as the fastest,
 * within the noise (noise.h), take those that use as little client CPU as the
 * least of them, again within the noise; of these the fastest is recommended.
 * A setting with a failed run never is.
 *
 * With fewer than NOISE_LEAST_RUNS runs of each setting the noise is not known;
 * then the fastest is recommended, and the text says so. Comparing the fastest
 * of many settings with the others favours it a little: a difference called
 * slower is noise more often than NOISE_LEVEL says, so the advice errs towards
 * speed.
 *
 * One thread; memory that runs out ends the process.
 */
#ifndef BENCH_ADVICE_H
#define BENCH_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "bench/bench_result.h"

struct advice {
    bool is_given; /* false: every setting had a failed run */
    bool is_noise_known;
    size_t setting;
    size_t fastest;  /* may be the same */
    size_t n_within; /* settings as fast as the fastest, itself included */
    bool *is_within; /* by setting; owned */
};

void advice_make(struct advice *advice, const struct bench_results *results);
void advice_release(struct advice *advice);

/* "memc_load --processes 2 --window 256KiB FILE...", for a shell. */
void advice_command(struct text *out, const struct bench_results *results,
    size_t setting);

/*
 * The recommended setting as a file for --config. -1 with ERR_DATA when the
 * value of an option cannot be written in YAML, since it is not UTF-8.
 */
int advice_config(struct text *out, const struct bench_results *results,
    const struct advice *advice, struct err *err);

/* What is recommended and why: a paragraph and the command line. */
void advice_print(struct text *out, const struct bench_results *results,
    const struct advice *advice);

#endif
