/*
 * The sample: which keys it keeps, whatever the order they come in, and what
 * they should hold.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/rng.h"
#include "verify/sample.h"

enum { KEY_BYTES = 32 };

static uint8_t
make_key(unsigned number, char out[KEY_BYTES])
{
    return (uint8_t)snprintf(out, KEY_BYTES, "idfa:%x", number);
}

/* An item as the loader offers it; its value is a text of its line. */
static void
offer(struct sample *sample, unsigned number, struct sample_origin origin)
{
    char key[KEY_BYTES], value[32];
    uint8_t n = make_key(number, key);
    struct sample_item item = {
        .hash = sample_hash(sample, hash_bytes(key, n)),
        .origin = origin,
        .n_lines = 1,
        .key = key,
        .key_bytes = n,
        .value = value,
    };

    item.value_bytes = (uint32_t)snprintf(value, sizeof(value), "%u:%llu",
        origin.file, (unsigned long long)origin.line);
    if (sample_wants(sample, item.hash))
        sample_add(sample, &item);
    else
        sample_pass(sample);
}

static void
offer_line(struct sample *sample, unsigned number, uint64_t line)
{
    offer(sample, number, (struct sample_origin){.line = line});
}

static const struct sample_key *
find(const struct sample *sample, unsigned number)
{
    char key[KEY_BYTES];
    uint8_t n = make_key(number, key);

    for (size_t i = 0; i < sample_count(sample); i++) {
        const struct sample_key *at = sample_at(sample, i);

        if (at->n_bytes == n && memcmp(at->bytes, key, n) == 0)
            return at;
    }
    return NULL;
}

static bool
holds(const struct sample_key *key, const char *value)
{
    for (const struct sample_value *at = key->values; at; at = at->next)
        if (at->n_bytes == strlen(value) &&
            memcmp(at->bytes, value, at->n_bytes) == 0)
            return true;
    return false;
}

static int
compare_hashes(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* The n smallest hashes of keys 0 .. n_keys - 1, by sorting all of them. */
static uint64_t *
smallest(const struct sample *sample, unsigned n_keys)
{
    uint64_t *all = calloc(n_keys, sizeof(*all));
    char key[KEY_BYTES];

    for (unsigned i = 0; i < n_keys; i++) {
        uint8_t n = make_key(i, key);

        all[i] = sample_hash(sample, hash_bytes(key, n));
    }
    qsort(all, n_keys, sizeof(*all), compare_hashes);
    return all;
}

static void
assert_is_smallest(const struct sample *sample, size_t n, unsigned n_keys)
{
    uint64_t *want = smallest(sample, n_keys), *got = calloc(n, sizeof(*got));

    assert_int_equal(sample_count(sample), n);
    for (size_t i = 0; i < n; i++)
        got[i] = sample_at(sample, i)->hash;
    qsort(got, n, sizeof(*got), compare_hashes);
    assert_memory_equal(got, want, n * sizeof(*got));
    free(want);
    free(got);
}

/* ---------------------------------------------------------------- tests --- */

static void
test_the_smallest_are_kept_in_any_order(void **state)
{
    enum { N_KEYS = 3000 };
    static const size_t sizes[] = {1, 2, 100, 255, 256, 257, 2999, 3000};
    struct rng rng;

    (void)state;
    rng_init(&rng, 1);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct sample *sample = sample_new(sizes[i], 7 + i);

        /* each once, up or down, then many again */
        for (unsigned k = 0; k < N_KEYS; k++)
            offer_line(sample, i % 2 ? k : N_KEYS - 1 - k, k + 1);
        for (unsigned k = 0; k < 2 * N_KEYS; k++)
            offer_line(sample, (unsigned)rng_below(&rng, N_KEYS), k + 1);
        assert_is_smallest(sample, sizes[i], N_KEYS);
        sample_free(sample);
    }
}

static void
test_the_last_line_counts(void **state)
{
    static const uint64_t lines[] = {5, 9, 2, 7};
    struct sample *sample = sample_new(10, 1);

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        offer_line(sample, 1, lines[i]);
    assert_int_equal(sample_count(sample), 1);
    assert_true(holds(find(sample, 1), "0:9"));
    assert_null(find(sample, 1)->values->next);
    assert_int_equal(find(sample, 1)->values->n_lines, 4);
    sample_free(sample);
}

static void
test_a_value_a_file(void **state)
{
    struct sample *sample = sample_new(10, 1);

    (void)state;
    offer(sample, 1, (struct sample_origin){.file = 0, .line = 10});
    offer(sample, 1, (struct sample_origin){.file = 2, .line = 3});
    offer(sample, 1, (struct sample_origin){.file = 0, .line = 4});
    assert_true(holds(find(sample, 1), "0:10"));
    assert_true(holds(find(sample, 1), "2:3"));
    assert_false(holds(find(sample, 1), "0:4"));
    sample_free(sample);
}

static void
test_a_later_life_replaces(void **state)
{
    struct sample *sample = sample_new(10, 1);

    (void)state;
    offer(sample, 1, (struct sample_origin){.generation = 1, .line = 3});
    offer(sample, 1, (struct sample_origin){.generation = 0, .line = 9});
    assert_true(holds(find(sample, 1), "0:3"));
    assert_int_equal(find(sample, 1)->values->n_lines, 1);
    offer(sample, 1, (struct sample_origin){.generation = 2, .line = 1});
    assert_true(holds(find(sample, 1), "0:1"));
    sample_free(sample);
}

/* Samples of parts of the keys, handed over, make the sample of all of them. */
static void
test_parts_make_the_whole(void **state)
{
    enum { N_KEYS = 5000, N = 300, N_FILES = 7 };
    struct sample *whole = sample_new(N, 3);
    unsigned generations[] = {4};
    int fd = memfd_create("sample", 0);
    struct err err;
    bool is_about;

    (void)state;
    for (uint32_t file = 0; file < N_FILES; file++) {
        struct sample *part = sample_new(N, 3);

        /* the last has but a few, and a key may be in several */
        for (unsigned k = 0; k < N_KEYS; k++)
            if (k % N_FILES == file || (k + 1) % N_FILES == file)
                offer_line(part, k, k + 1);
        assert_int_equal(sample_write(part, fd, &err), 0);
        assert_true(sample_read(whole, fd, file, generations));
        sample_free(part);
    }
    assert_is_smallest(whole, N, N_KEYS);
    for (size_t i = 0; i < N; i++) {
        const struct sample_value *value = sample_at(whole, i)->values;

        assert_non_null(value->next); /* of the other file */
        assert_int_equal(value->origin.generation, 4);
        assert_int_equal(value->origin.line, value->next->origin.line);
    }
    assert_int_equal(sample_population(whole, 2 * N_KEYS, &is_about), N_KEYS);
    assert_true(is_about);
    close(fd);
    sample_free(whole);
}

static void
test_what_is_not_whole_is_not_read(void **state)
{
    struct sample *part = sample_new(10, 3), *whole = sample_new(10, 3);
    unsigned generations[] = {0};
    int fd = memfd_create("sample", 0);
    off_t size;
    struct err err;

    (void)state;
    assert_false(sample_read(whole, fd, 0, generations));
    for (unsigned k = 0; k < 20; k++)
        offer_line(part, k, k + 1);
    assert_int_equal(sample_write(part, fd, &err), 0);
    size = lseek(fd, 0, SEEK_END);
    for (off_t n = 0; n < size; n++) {
        assert_int_equal(sample_write(part, fd, &err), 0);
        assert_int_equal(ftruncate(fd, n), 0);
        assert_false(sample_read(whole, fd, 0, generations));
    }
    assert_int_equal(sample_count(whole), 0);
    /* a shorter one after a longer one */
    sample_free(part);
    part = sample_new(10, 3);
    offer_line(part, 1, 1);
    assert_int_equal(sample_write(part, fd, &err), 0);
    assert_true(sample_read(whole, fd, 0, generations));
    assert_int_equal(sample_count(whole), 1);
    sample_free(part);
    sample_free(whole);
    close(fd);
    fd = open("/dev/full", O_RDWR);
    assert_true(fd >= 0);
    part = sample_new(1, 1);
    assert_int_equal(sample_write(part, fd, &err), -1);
    assert_non_null(strstr(err.text, "cannot hand over the sample"));
    sample_free(part);
    close(fd);
}

static bool
is_of_life_one(void *ctx, const struct sample_origin *origin)
{
    (*(size_t *)ctx)++;
    return origin->generation == 1;
}

static void
test_keys_without_a_value_go(void **state)
{
    enum { N = 400 };
    struct sample *sample = sample_new(N, 1);
    size_t n_asked = 0, n_left = 0;

    (void)state;
    for (unsigned k = 0; k < N; k++) {
        offer(sample, k,
            (struct sample_origin){.generation = k % 2, .line = 1});
        if (k % 3 == 0)
            offer(sample, k,
                (struct sample_origin){.file = 1, .generation = 1, .line = 2});
    }
    sample_keep(sample, is_of_life_one, &n_asked);
    assert_int_equal(n_asked, N + (N + 2) / 3);
    for (unsigned k = 0; k < N; k++) {
        bool wanted = k % 2 == 1 || k % 3 == 0;

        n_left += wanted;
        assert_int_equal(find(sample, k) != NULL, wanted);
        if (wanted && k % 2 == 0)
            assert_true(holds(find(sample, k), "1:2"));
    }
    assert_int_equal(sample_count(sample), n_left);
    sample_free(sample);
}

static void
test_the_population(void **state)
{
    struct sample *sample = sample_new(100, 1);
    bool is_about = true;
    uint64_t n;

    (void)state;
    assert_int_equal(sample_population(sample, 0, &is_about), 0);
    assert_false(is_about);
    for (unsigned k = 0; k < 300; k++)
        offer_line(sample, k % 100, k + 1);
    assert_int_equal(sample_population(sample, 300, &is_about), 100);
    assert_false(is_about);
    /* 20,000 keys, three lines each */
    for (unsigned k = 0; k < 60000; k++)
        offer_line(sample, 1000 + k % 20000, k + 1);
    n = sample_population(sample, 60300, &is_about);
    assert_true(is_about);
    assert_int_equal(n, 20100);
    sample_free(sample);
}

/*
 * Is each key as likely as any other? The number of seeds that pick it is
 * binomial; the sum over the keys of their squared deviations has the mean
 * K - 1 and the deviation sqrt(2 (K - 1)). Keys differ in a digit, seeds by
 * one: a hash that mixes badly shows here.
 */
static void
test_it_is_uniform(void **state)
{
    enum { N_KEYS = 1000, N = 50, N_SEEDS = 5000 };
    static unsigned drawn[N_KEYS];
    uint64_t hashes[N_KEYS];
    double expected = (double)N_SEEDS * N / N_KEYS, sum = 0, away;
    char key[KEY_BYTES];

    (void)state;
    for (unsigned k = 0; k < N_KEYS; k++)
        hashes[k] = hash_bytes(key, make_key(k, key));
    for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
        struct sample *sample = sample_new(N, seed);

        for (unsigned k = 0; k < N_KEYS; k++)
            if (sample_wants(sample, sample_hash(sample, hashes[k])))
                offer_line(sample, k, k);
        for (size_t i = 0; i < N; i++)
            drawn[sample_at(sample, i)->values->origin.line]++;
        sample_free(sample);
    }
    for (unsigned k = 0; k < N_KEYS; k++)
        sum += (drawn[k] - expected) * (drawn[k] - expected) / expected /
               (1 - (double)N / N_KEYS);
    away = (sum - (N_KEYS - 1)) / 44.7; /* in deviations */
    if (away < -4 || away > 4)
        fail_msg("%g deviations away", away);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_smallest_are_kept_in_any_order),
        cmocka_unit_test(test_the_last_line_counts),
        cmocka_unit_test(test_a_value_a_file),
        cmocka_unit_test(test_a_later_life_replaces),
        cmocka_unit_test(test_parts_make_the_whole),
        cmocka_unit_test(test_what_is_not_whole_is_not_read),
        cmocka_unit_test(test_keys_without_a_value_go),
        cmocka_unit_test(test_the_population),
        cmocka_unit_test(test_it_is_uniform),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
