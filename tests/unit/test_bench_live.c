/* How long a benchmark will take yet. Time stands still but for what the test
 * says. */
// LDFLAGS: -Wl,--wrap=clock_ns
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bench/live.h"
#include "settings/settings.h"

static int64_t now_ns = 1000000000;

int64_t __wrap_clock_ns(void);
int64_t
__wrap_clock_ns(void)
{
    return now_ns;
}

static void
pass(double seconds)
{
    now_ns += (int64_t)(seconds * 1e9);
}

static void
left_is(const struct live *live, double seconds)
{
    double left_s = live_left_s(live, now_ns);

    if (left_s < seconds - 1e-6 || left_s > seconds + 1e-6)
        fail_msg("%g s left, not %g", left_s, seconds);
}

static void
test_time_to_come(void **state)
{
    struct turn turns[] = {{.which = 0}, {.which = 1},
        {.is_floor = true, .which = FLOOR_PACK}, {.which = 1, .round = 1},
        {.which = 0, .round = 1}};
    struct bench_setting combos[2] = {0};
    struct bench_results results = {.settings = combos, .n_settings = 2};
    struct schedule schedule = {.turns = turns, .n = 5};
    struct bench_run run = {.lines = 1, .wall_s = 1};
    struct live *live;
    struct settings settings;

    (void)state;
    settings_defaults(&settings);
    settings.output.progress = PROGRESS_NEVER;
    live = live_new(&settings);
    live_say(live, "warming up");
    pass(2);
    live_schedule(live, &schedule, &results, 2);

    /* nothing but the guess: five of two seconds */
    live_begin(live, 0);
    left_is(live, 10);
    pass(0.5);
    left_is(live, 9.5);
    pass(3.5);
    /* it takes longer than it should: no less than nothing is left of it */
    left_is(live, 8);
    live_end(live, &run);
    /* 4 s for setting 0, the mean of 2 and 4 for what is not known */
    left_is(live, 3 + 3 + 3 + 4);

    live_begin(live, 1);
    pass(1);
    live_end(live, &run);
    /* a floor at the mean of 2, 4 and 1, then what is known */
    left_is(live, 7.0 / 3 + 1 + 4);
    for (size_t i = 2; i < 5; i++) {
        live_begin(live, i);
        pass(1);
        live_end(live, &run);
    }
    left_is(live, 0);
    live_free(live);
    settings_release(&settings);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_to_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
