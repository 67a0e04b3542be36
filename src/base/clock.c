#include "base/clock.h"

#include <limits.h>
#include <time.h>

static int64_t
read_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
clock_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t
clock_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

int64_t
clock_ms(void)
{
    return clock_ns() / 1000000;
}

int64_t
clock_wall_s(void)
{
    return (int64_t)time(NULL);
}

int
clock_poll_ms(int64_t wake_at, int64_t now_ms)
{
    if (wake_at == CLOCK_NEVER)
        return -1;
    if (wake_at <= now_ms)
        return 0;
    return wake_at - now_ms > INT_MAX ? INT_MAX : (int)(wake_at - now_ms);
}
