/* Losses and reloads in any order: no item appears or vanishes. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "audit/losses.h"
#include "base/rng.h"
#include "unit/loss_cases.h"

enum { DEADLINE_S = 60 };

static void
by_chance(struct rng *rng)
{
    struct run_input *of = &at[rng_below(rng, FAKE_FILES)];
    size_t server = rng_below(rng, FAKE_SERVERS);
    struct report *again;

    switch (rng_below(rng, 8)) {
    case 0:
        restart(server);
        break;
    case 1:
        if (rng_below(rng, 10) == 0)
            baseline_lose(&fake.baselines[server]);
        break;
    case 2:
        if (of->status.state == INPUT_TO_RELOAD && rng_below(rng, 10) == 0)
            losses_fail(run, of);
        break;
    case 3:
        if (rng_below(rng, 10) == 0)
            losses_drop(run);
        break;
    case 4:
        if (of->status.state == INPUT_TO_RELOAD)
            begin_again(of);
        break;
    case 5:
        if (of->status.state != INPUT_RELOADING)
            break;
        again = stored_again(of, 0);
        for (size_t i = 0; i < FAKE_SERVERS; i++)
            again->servers[i].stored -=
                rng_below(rng, again->servers[i].stored / 8 + 1);
        losses_reloaded(run, of, again, rng_below(rng, 4) > 0);
        free(again);
        break;
    case 6:
        if (of->status.state == INPUT_READ)
            input_settle(&of->status,
                &(struct input_outcome){.end = INPUT_END_DONE});
        break;
    default:
        losses_find(run, rng_below(rng, 8) > 0);
    }
}

static void
check_all(const uint64_t lines[FAKE_FILES])
{
    uint64_t lost = 0, lost_of_servers = 0;

    assert_balanced();
    for (size_t i = 0; i < FAKE_FILES; i++) {
        const struct counts *counts = &at[i].report->counts;

        assert_int_equal(counts->lines, lines[i]);
        assert_int_equal(counts->stored + counts->failed,
            lines[i] - counts->blank - counts->rejected);
        assert_true(at[i].lost <= counts->failed);
        assert_int_equal(at[i].again != NULL,
            at[i].status.state == INPUT_TO_RELOAD ||
                at[i].status.state == INPUT_RELOADING);
        lost += at[i].lost;
    }
    for (size_t i = 0; i < FAKE_SERVERS; i++)
        lost_of_servers += fake.baselines[i].lost;
    assert_int_equal(lost, lost_of_servers);
}

static void
any_order_of_events(void **state)
{
    const char *given = getenv("SEED");
    uint64_t seed =
        given ? strtoull(given, NULL, 10) : (uint64_t)clock_ns() % 1000000;
    struct rng rng;

    print_message("SEED=%" PRIu64 "\n", seed);
    rng_init(&rng, seed);
    for (int i = 0; i < 100; i++) {
        uint64_t lines[FAKE_FILES];

        if (i) {
            load_tear_down(state);
            load_set_up(state);
        }
        log_init(log_fd, LOG_E);
        for (size_t j = 0; j < FAKE_FILES; j++)
            lines[j] = at[j].report->counts.lines;
        for (int n = 0; n < 200; n++) {
            by_chance(&rng);
            check_all(lines);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LOAD_CASE(any_order_of_events),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
