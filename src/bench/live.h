/*
 * What a benchmark shows while it measures, on standard error: on a terminal
 * one line that is drawn again and again, elsewhere a line for each run;
 * nothing with --progress never or -q.
 *
 * The time left is estimated from the runs so far: from those of the same
 * setting, or, before the first of these, from the mean of all. One thread.
 * Cannot fail.
 */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <stdint.h>

#include "bench/bench_result.h"
#include "bench/schedule.h"
#include "settings/settings.h"

struct live;
struct live *live_new(const struct settings *settings);
void live_free(struct live *live);

/* What is done until the next call, before the turns begin. */
void live_say(struct live *live, const char *what);

/* From now on turns are counted. seconds: how long a run took, for a first
 * estimate. The schedule must outlive live. */
void live_schedule(struct live *live, const struct schedule *schedule,
    const struct bench_results *results, double seconds);

/* A turn begins; ends, with its result. */
void live_begin(struct live *live, size_t turn);
void live_end(struct live *live, const struct bench_run *run);

/* Draws the live line again, if it is time. A waiter's tick; ctx is the struct
 * live. */
void live_tick(void *ctx);

/* Removes the line, so that something else can be printed; the next tick draws
 * it again. */
void live_clear(struct live *live);

/* Seconds until the schedule is done; for live.c and its test. */
double live_left_s(const struct live *live, int64_t now_ns);

#endif
