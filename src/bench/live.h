/*
 * What a benchmark shows while it measures, on standard error: a line that is
 * drawn over itself on a terminal, a line a run elsewhere; nothing with
 * --progress never or -q.
 *
 * Times to come are those of the runs so far: each setting's own, or, while it
 * had none, the mean of all. One thread. Cannot fail.
 */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <stdint.h>

#include "bench/schedule.h"
#include "bench/bench_result.h"
#include "settings/settings.h"

struct live;
struct live *live_new(const struct settings *settings);
void live_free(struct live *live);

/* What is done before there is a schedule, until the next call. */
void live_say(struct live *live, const char *what);

/* From now on turns are counted. seconds: what a run took, for a first guess.
 */
void live_schedule(struct live *live, const struct schedule *schedule,
    const struct bench_results *results, double seconds);

/* A turn begins; ends, with what came of it. */
void live_begin(struct live *live, size_t turn);
void live_end(struct live *live, const struct bench_run *run);

/* Draws the live line anew: the waiter's tick, ctx the struct live. */
void live_tick(void *ctx);

/* Takes the line off, for what else is printed; the next tick puts it back. */
void live_clear(struct live *live);

/* Seconds from now until the schedule is done; for live.c and its test. */
double live_left_s(const struct live *live, int64_t now_ns);

#endif
