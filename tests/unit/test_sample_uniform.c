/* Is the sample uniform, over thousands of seeds? */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "verify/sample.h"

enum { KEYS = 1000, SAMPLED = 100, SEEDS = 5000 };

/* No chance any more: beyond this many standard deviations. */
static const double MOST = 4;

struct key {
    char bytes[32];
    uint8_t n_bytes;
    uint64_t hash;
};

static struct key keys[KEYS];

/* Keys as like one another as those of real files. */
static int
make_keys(void **state)
{
    static const char *const types[] = {"idfa", "gaid", "adid", "dvid"};

    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        int n = snprintf(keys[i].bytes, sizeof(keys[i].bytes), "%s:%zu",
            types[i % 4], i);

        keys[i].n_bytes = (uint8_t)n;
        keys[i].hash = hash_bytes(keys[i].bytes, keys[i].n_bytes);
    }
    return 0;
}

static void
offer(struct sample *sample, size_t i)
{
    struct sample_item item = {
        .hash = sample_hash(sample, keys[i].hash),
        .origin = {.line = i + 1},
        .key = keys[i].bytes,
        .key_bytes = keys[i].n_bytes,
        .value = &i,
        .value_bytes = sizeof(i),
    };

    if (sample_wants(sample, item.hash))
        sample_add(sample, &item);
    else
        sample_pass(sample);
}

/* Marks the keys drawn under the seed; offers them from `first` on. */
static void
sample_marks(uint64_t seed, size_t first, bool marks[KEYS])
{
    struct sample *sample = sample_new(SAMPLED, seed);

    for (size_t i = 0; i < KEYS; i++)
        offer(sample, (first + i) % KEYS);
    memset(marks, 0, KEYS * sizeof(*marks));
    assert_int_equal(sample_count(sample), SAMPLED);
    for (size_t i = 0; i < SAMPLED; i++) {
        size_t key;

        memcpy(&key, sample_at(sample, i)->values->bytes, sizeof(key));
        assert_false(marks[key]);
        marks[key] = true;
    }
    sample_free(sample);
}

/*
 * How far a chi-square of `cells` counts, each of which should be `wanted`
 * with that variance, is from what it should be; in standard deviations. The
 * counts add up, so one of them is no news.
 */
static double
chi_square_off(const double *counts, size_t cells, double wanted,
    double variance)
{
    double sum = 0, freedom = (double)cells - 1;

    for (size_t i = 0; i < cells; i++)
        sum += (counts[i] - wanted) * (counts[i] - wanted);
    sum *= freedom / (double)cells / variance;
    return (sum - freedom) / sqrt(2 * freedom);
}

/* Each key in one sample of ten. */
static void
test_every_key_is_drawn_as_often(void **state)
{
    static double counts[KEYS];
    const double part = (double)SAMPLED / KEYS;
    double off;

    (void)state;
    memset(counts, 0, sizeof(counts));
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        bool marks[KEYS];

        sample_marks(seed, seed % KEYS, marks);
        for (size_t i = 0; i < KEYS; i++)
            counts[i] += marks[i];
    }
    off = chi_square_off(counts, KEYS, SEEDS * part, SEEDS * part * (1 - part));
    print_message("chi-square off by %.2f standard deviations\n", off);
    assert_true(fabs(off) < MOST);
    /* and it would be seen if one type were drawn a tenth more often */
    for (size_t i = 0; i < KEYS; i++)
        counts[i] *= i % 4 == 0 ? 1.075 : 0.975;
    off = chi_square_off(counts, KEYS, SEEDS * part, SEEDS * part * (1 - part));
    assert_true(off > MOST);
}

/* Seeds that follow one another have no more keys in common than others. */
static void
test_samples_of_neighbouring_seeds_are_strangers(void **state)
{
    const double part = (double)SAMPLED / KEYS;
    const double variance =
        SAMPLED * part * (1 - part) * (1 - part) * ((double)KEYS / (KEYS - 1));
    static bool marks[2][KEYS];
    double common = 0, squares = 0, mean;

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double n = 0;

        sample_marks(seed, 0, marks[seed % 2]);
        if (seed == 0)
            continue;
        for (size_t i = 0; i < KEYS; i++)
            n += marks[0][i] && marks[1][i];
        common += n;
        squares += (n - SAMPLED * part) * (n - SAMPLED * part);
    }
    mean = common / (SEEDS - 1);
    print_message("%.3f of %d keys in common, variance %.3f\n", mean, SAMPLED,
        squares / (SEEDS - 1));
    assert_true(fabs(mean - SAMPLED * part) <
                MOST * sqrt(variance / (SEEDS - 1)));
    assert_true(fabs(squares / (SEEDS - 1) / variance - 1) <
                MOST * sqrt(2.0 / (SEEDS - 1)));
}

/* Pairs, too: keys next to one another come together as often as chance has
 * it, so the sample is no comb. */
static void
test_neighbouring_keys_are_drawn_on_their_own(void **state)
{
    const double both = (double)SAMPLED / KEYS * (SAMPLED - 1) / (KEYS - 1);
    static double counts[KEYS];
    double off, sum = 0;

    (void)state;
    memset(counts, 0, sizeof(counts));
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        bool marks[KEYS];

        sample_marks(seed, 0, marks);
        for (size_t i = 0; i < KEYS; i++)
            counts[i] += marks[i] && marks[(i + 1) % KEYS];
    }
    for (size_t i = 0; i < KEYS; i++)
        sum += counts[i];
    assert_true(fabs(sum / KEYS / SEEDS / both - 1) <
                MOST / sqrt(SEEDS * both * KEYS));
    off = chi_square_off(counts, KEYS, SEEDS * both, SEEDS * both * (1 - both));
    print_message("chi-square of pairs off by %.2f\n", off);
    assert_true(fabs(off) < MOST);
}

/* Which keys are drawn follows from the seed alone, not from their order. */
static void
test_order_does_not_matter(void **state)
{
    bool marks[KEYS], others[KEYS];

    (void)state;
    sample_marks(42, 0, marks);
    sample_marks(42, KEYS / 3, others);
    assert_memory_equal(marks, others, sizeof(marks));
    sample_marks(43, 0, others);
    assert_memory_not_equal(marks, others, sizeof(marks));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_is_drawn_as_often),
        cmocka_unit_test(test_samples_of_neighbouring_seeds_are_strangers),
        cmocka_unit_test(test_neighbouring_keys_are_drawn_on_their_own),
        cmocka_unit_test(test_order_does_not_matter),
    };

    return cmocka_run_group_tests(tests, make_keys, NULL);
}
