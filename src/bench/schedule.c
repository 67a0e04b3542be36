#include "bench/schedule.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"

size_t
schedule_count_settings(const struct bench_results *results)
{
    size_t n = 1;

    for (size_t i = 0; i < results->n_sweeps; i++)
        if (__builtin_mul_overflow(n, results->sweeps[i].n_values, &n))
            return SIZE_MAX;
    return n;
}

void
schedule_make_settings(struct bench_results *results)
{
    results->n_settings = schedule_count_settings(results);
    results->settings =
        mem_zero(results->n_settings, sizeof(*results->settings));
    for (size_t i = 0; i < results->n_settings; i++) {
        size_t rest = i;

        for (size_t sweep = results->n_sweeps; sweep-- > 0;) {
            size_t n_values = results->sweeps[sweep].n_values;

            results->settings[i].value[sweep] = rest % n_values;
            rest /= n_values;
        }
    }
}

static void
shuffle(struct turn *turns, size_t n, struct rng *rng)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = (size_t)rng_below(rng, i);
        struct turn turn = turns[i - 1];

        turns[i - 1] = turns[other];
        turns[other] = turn;
    }
}

void
schedule_make(struct schedule *schedule, const struct bench_results *results)
{
    size_t each = results->n_settings + N_FLOORS;
    struct turn *turn;
    struct rng rng;

    rng_init(&rng, results->seed);
    schedule->n = each * results->rounds;
    schedule->turns = mem_zero(schedule->n, sizeof(*schedule->turns));
    turn = schedule->turns;
    for (unsigned round = 0; round < results->rounds; round++, turn += each) {
        for (size_t i = 0; i < each; i++) {
            bool is_floor = i >= results->n_settings;

            turn[i] = (struct turn){.is_floor = is_floor,
                .which = is_floor ? i - results->n_settings : i,
                .round = round};
        }
        shuffle(turn, each, &rng);
    }
}

void
schedule_release(struct schedule *schedule)
{
    free(schedule->turns);
    *schedule = (struct schedule){0};
}
