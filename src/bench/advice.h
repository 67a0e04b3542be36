/*
 * The setting to take: of those that are as fast as the fastest, as far as the
 * noise lets one tell (noise.h), those that use as little client CPU as the
 * least of them, again within the noise; and of these the fastest. A setting
 * of which a run failed is never advised.
 *
 * With fewer than NOISE_LEAST_RUNS runs of each the noise is not known; then
 * it is the fastest, and that is said. Comparing the winner of many settings
 * with the others favours it a little: what is called slower may be noise more
 * often than NOISE_LEVEL says, and the advice errs towards speed.
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
    bool is_given; /* else no setting had nothing but good runs */
    bool is_noise_known;
    size_t setting;
    size_t fastest;  /* which may be the same */
    size_t n_within; /* settings as fast as the fastest, with it */
    bool *is_within; /* by setting; owned */
};

void advice_make(struct advice *advice, const struct bench_results *results);
void advice_release(struct advice *advice);

/* "memc_load --processes 2 --window 256KiB FILE...", for a shell. */
void advice_command(struct text *out, const struct bench_results *results,
    size_t setting);

/*
 * The same as a file for --config. -1 with ERR_DATA when an option's value
 * cannot stand in YAML (it is no UTF-8).
 */
int advice_config(struct text *out, const struct bench_results *results,
    const struct advice *advice, struct err *err);

/* What is advised and why, as a paragraph and the command line. */
void advice_print(struct text *out, const struct bench_results *results,
    const struct advice *advice);

#endif
