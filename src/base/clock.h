/*
 * Time. Spans are measured on the monotonic clock, in milliseconds unless the
 * name says otherwise; only log lines and expiry times know the wall clock.
 * Any thread; cannot fail.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* "No time": later than any. */
#define CLOCK_NEVER INT64_MAX

int64_t clock_ms(void);
int64_t clock_ns(void);

/* What the calling thread has had of a core. */
int64_t clock_cpu_ns(void);

/* Seconds since 1970. */
int64_t clock_wall_s(void);

/* poll()'s timeout for waking at wake_at (CLOCK_NEVER: -1, past: 0). */
int clock_poll_ms(int64_t wake_at, int64_t now_ms);

#endif
