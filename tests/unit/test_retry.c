/* The table of remedies, and the delays between tries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sink/retry.h"

static void
remedies(void **state)
{
    static const struct {
        enum trouble trouble;
        struct remedy remedy;
    } table[] = {
        {TROUBLE_NO_MEMORY, {true, false, OUTCOME_OUT_OF_MEMORY}},
        {TROUBLE_TOO_LARGE, {false, false, OUTCOME_TOO_LARGE}},
        {TROUBLE_REFUSED, {true, false, OUTCOME_REFUSED}},
        {TROUBLE_CLOSED, {true, false, OUTCOME_OUTAGE}},
        {TROUBLE_SILENT, {true, true, OUTCOME_OUTAGE}},
        {TROUBLE_GARBAGE, {true, true, OUTCOME_OUTAGE}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct remedy remedy = retry_remedy(table[i].trouble);

        assert_int_equal(remedy.retry, table[i].remedy.retry);
        assert_int_equal(remedy.drain, table[i].remedy.drain);
        assert_int_equal(remedy.final, table[i].remedy.final);
        assert_true(*trouble_text(table[i].trouble));
    }
}

static void
delays_double_with_jitter_up_to_five_seconds(void **state)
{
    static const int64_t full_ms[] = {
        100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};
    struct rng rng;

    (void)state;
    rng_init(&rng, 1);
    for (unsigned n = 1; n <= 9; n++) {
        int64_t least = INT64_MAX, most = 0;

        for (int i = 0; i < 1000; i++) {
            int64_t delay_ms = retry_delay_ms(100, n, &rng);

            least = delay_ms < least ? delay_ms : least;
            most = delay_ms > most ? delay_ms : most;
        }
        assert_in_range(least, full_ms[n - 1] / 2, full_ms[n - 1] * 6 / 10);
        assert_in_range(most, full_ms[n - 1] * 9 / 10, full_ms[n - 1]);
    }
    assert_in_range(retry_delay_ms(100, 4000000000u, &rng), 2500, 5000);
}

static void
no_delay_stays_no_delay(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 1);
    assert_int_equal(retry_delay_ms(0, 1, &rng), 0);
    assert_int_equal(retry_delay_ms(0, 100, &rng), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remedies),
        cmocka_unit_test(delays_double_with_jitter_up_to_five_seconds),
        cmocka_unit_test(no_delay_stays_no_delay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
