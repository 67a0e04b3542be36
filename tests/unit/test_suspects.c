/* Keys that were in flight on a lost connection, held against a model: what the
 * last line of each is, and which values may still come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "load/suspects.h"
#include "unit/every.h"
#include "unit/item_maker.h"
#include "unit/seed.h"

enum { KEYS = 12, ITEMS = 40, VALUES = 30 };

/* Item i of a load: its key and value are numbers. */
struct model {
    struct item *items[ITEMS];
    int key[ITEMS], value[ITEMS];
    bool is_suspect[KEYS], is_stale[KEYS][VALUES];
    int last[KEYS];
};

static struct item *
make(int key, int value)
{
    char key_text[16], value_text[16];
    int n = snprintf(value_text, sizeof(value_text), "value %d", value);

    snprintf(key_text, sizeof(key_text), "k%d", key);
    return make_item(key_text, value_text, (size_t)n);
}

static void
check(const struct suspects *suspects, const struct model *model)
{
    size_t n = 0;

    for (int i = 0; i < KEYS; i++)
        n += model->is_suspect[i];
    assert_int_equal(suspects->n, n);
    for (size_t i = 0; i < suspects->n; i++) {
        const struct suspect *of = &suspects->items[i];
        char text[32];
        int key, value;

        snprintf(text, sizeof(text), "%.*s", (int)of->item->key_bytes,
            item_key(of->item));
        assert_int_equal(sscanf(text, "k%d", &key), 1);
        assert_true(model->is_suspect[key]);
        snprintf(text, sizeof(text), "%.*s", (int)of->item->value_bytes,
            item_value(of->item));
        assert_int_equal(sscanf(text, "value %d", &value), 1);
        assert_int_equal(value, model->last[key]);
        for (value = 0; value < VALUES; value++) {
            int n_text = snprintf(text, sizeof(text), "value %d", value);

            assert_int_equal(suspect_is_stale(of, text, (size_t)n_text),
                model->is_stale[key][value]);
        }
    }
}

/* Items are put in some at a time, the oldest done now and then, and a
 * connection lost with some of the rest in flight. */
static void
one_load(struct rng *rng)
{
    struct suspects suspects = {0};
    struct model model = {0};
    size_t done = 0, put = 0, n;

    for (size_t i = 0; i < ITEMS; i++) {
        model.key[i] = (int)rng_below(rng, KEYS);
        model.value[i] = (int)rng_below(rng, VALUES);
        model.items[i] = make(model.key[i], model.value[i]);
    }
    while (put < ITEMS) {
        n = 1 + rng_below(rng, ITEMS - put);
        for (size_t i = put; i < put + n; i++) {
            if (i)
                model.items[i - 1]->next = model.items[i];
            model.last[model.key[i]] = model.value[i];
        }
        suspects_later(&suspects, model.items[put]);
        put += n;
        check(&suspects, &model);
        done += rng_below(rng, put - done + 1);
        if (done == put || rng_below(rng, 2))
            continue;
        n = 1 + rng_below(rng, put - done);
        for (size_t i = done; i < done + n; i++) {
            model.is_suspect[model.key[i]] = true;
            model.is_stale[model.key[i]][model.value[i]] = true;
        }
        suspects_lost(&suspects, model.items[done], n);
        check(&suspects, &model);
    }
    suspects_release(&suspects);
    assert_int_equal(suspects.n, 0);
    for (size_t i = 0; i < ITEMS; i++)
        free(model.items[i]);
}

static void
many_loads(void **state)
{
    struct rng rng;

    (void)state;
    seed_rng(&rng);
    for (size_t i = 0; i < 5000; i += every(7))
        one_load(&rng);
}

static void
what_is_refused_is_not_expected(void **state)
{
    struct suspects suspects = {0};
    struct item *old = make(1, 1), *new = make(1, 2);

    (void)state;
    suspects_lost(&suspects, old, 1);
    suspects_later(&suspects, new);
    suspects_refused(&suspects, old); /* an earlier line of it */
    assert_false(suspects.items[0].is_dropped);
    suspects_refused(&suspects, new);
    assert_true(suspects.items[0].is_dropped);
    suspects_later(&suspects, old);
    assert_false(suspects.items[0].is_dropped);
    suspects_release(&suspects);
    free(old);
    free(new);
}

/* What there is no room for is counted. */
static void
it_has_a_bound(void **state)
{
    enum { BYTES = 1 << 20 };
    struct suspects suspects = {0};
    char *value = mem_zero(1, BYTES);
    struct item *item = make_item("0123456789", value, BYTES);

    (void)state;
    for (int i = 0; i < 100; i++) {
        char key[11];

        snprintf(key, sizeof(key), "%010d", i);
        memcpy(item->bytes, key, 10);
        suspects_lost(&suspects, item, 1);
    }
    assert_in_range(suspects.n, SUSPECTS_MOST_BYTES / BYTES - 2,
        SUSPECTS_MOST_BYTES / BYTES);
    assert_int_equal(suspects.n + suspects.forgotten, 100);
    suspects_release(&suspects);
    free(value);
    free(item);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_loads),
        cmocka_unit_test(what_is_refused_is_not_expected),
        cmocka_unit_test(it_has_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
