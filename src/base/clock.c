#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t
clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
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
