/*
 * What every sink promises (src/sink/sink.h), for all of them, against a real
 * memcached: `set` is the control of `multi` and `noreply`, the null sink shows
 * that the promises can be kept without a server, and `check` that they are no
 * matter of storing.
 */
#include "server/sink_bench.h"

static void
names_find_their_sinks(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SINKS; i++)
        assert_string_equal(sink_find(names[i])->name, names[i]);
    assert_null(sink_find("mutli"));
    assert_null(sink_find(""));
}

static void
nothing_put_is_nothing_done(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SINKS; i++) {
        struct bench bench;

        open_sink(&bench, names[i], (struct sink_config){0});
        sink_put(bench.sink, NULL, NULL, 0, 0);
        run(&bench);
        assert_int_equal(bench.n_done, 0);
        sink_free(bench.sink);
    }
    sink_free(NULL);
}

static void
many_items_in_any_window(void **state)
{
    static const size_t windows[] = {1, 100, 1000, 100000, 1 << 20};
    enum { N = 500 };
    struct item *items[N];
    char key[64], value[200];

    (void)state;
    for (size_t w = 0; w < sizeof(windows) / sizeof(windows[0]); w++)
        for (size_t s = 0; s < N_SINKS; s++) {
            struct bench bench;

            flush_server();
            for (int i = 0; i < N; i++) {
                snprintf(key, sizeof(key), "many:%s:%d", names[s], i);
                memset(value, 'a' + i % 26, sizeof(value));
                items[i] = make_item(key, value, (size_t)(i % 200));
            }
            open_sink(&bench, names[s],
                (struct sink_config){.window_bytes = windows[w]});
            put(&bench, items, 1);
            put(&bench, items + 1, 7);
            put(&bench, items + 8, N - 8);
            /* the list was put in three parts: it came out as one */
            run(&bench);
            assert_int_equal(bench.n_done, N);
            assert_int_equal(bench.n_by_outcome[good(bench.sink)], N);
            for (int i = 0; i < N; i++) {
                if (stores(bench.sink))
                    assert_stored(items[i]);
            }
            sink_free(bench.sink);
            for (int i = 0; i < N; i++)
                free(items[i]);
        }
}

static void
the_last_of_a_key_wins(void **state)
{
    enum { N = 300, KEYS = 7 };
    struct item *items[N];
    char key[64], value[64];

    (void)state;
    for (size_t s = 0; s < N_SINKS; s++) {
        struct bench bench;

        flush_server();
        for (int i = 0; i < N; i++) {
            snprintf(key, sizeof(key), "dup:%d", i % KEYS);
            snprintf(value, sizeof(value), "value %d", i);
            items[i] = make_item(key, value, strlen(value));
        }
        open_sink(&bench, names[s], (struct sink_config){.window_bytes = 200});
        put(&bench, items, N);
        run(&bench);
        assert_int_equal(bench.n_done, N);
        for (int i = N - KEYS; i < N; i++)
            if (stores(bench.sink))
                assert_stored(items[i]);
        sink_free(bench.sink);
        for (int i = 0; i < N; i++)
            free(items[i]);
    }
}

static void
long_keys_and_odd_bytes(void **state)
{
    char longest[251];
    struct item *items[4];
    static const char bytes[] = "\r\nset pwn 0 0 1\r\nx\r\n\0end";

    (void)state;
    memset(longest, 'k', 250);
    longest[250] = '\0';
    for (size_t s = 0; s < N_SINKS; s++) {
        struct bench bench;

        flush_server();
        items[0] = make_item(longest, "250", 3);
        items[1] = make_item("k", "", 0);
        items[2] = make_item("k\xc3\xbc\xff", bytes, sizeof(bytes) - 1);
        items[3] = make_item("z", "last", 4);
        open_sink(&bench, names[s], (struct sink_config){0});
        put(&bench, items, 4);
        run(&bench);
        assert_int_equal(bench.n_by_outcome[good(bench.sink)], 4);
        for (int i = 0; i < 4; i++) {
            if (stores(bench.sink))
                assert_stored(items[i]);
            free(items[i]);
        }
        assert_string_equal(memcached_ask(&server, "mg pwn v\r\n", "\r\n"),
            "EN\r\n");
        sink_free(bench.sink);
    }
}

/* Larger than any buffer of ours, and than memcached takes. */
static void
large_items(void **state)
{
    char *value = mem_zero(1, 3 << 20);
    struct item *items[3];

    (void)state;
    memset(value, 'L', 3 << 20);
    for (size_t s = 0; s < N_SINKS; s++) {
        struct bench bench;
        bool confirms;

        flush_server();
        items[0] = make_item("big", value, 1000000);
        items[1] = make_item("bigger", value, 2 << 20);
        items[2] = make_item("small", "x", 1);
        open_sink(&bench, names[s], (struct sink_config){.retries = 3});
        put(&bench, items, 3);
        run(&bench);
        assert_int_equal(bench.n_done, 3);
        confirms = bench.sink->type->caps & SINK_CONFIRMS;
        assert_int_equal(bench.n_by_outcome[OUTCOME_TOO_LARGE], confirms);
        assert_int_equal(bench.n_by_outcome[good(bench.sink)], 3 - confirms);
        if (stores(bench.sink)) {
            assert_stored(items[0]);
            assert_stored(items[2]);
        }
        sink_free(bench.sink);
        for (int i = 0; i < 3; i++)
            free(items[i]);
    }
    free(value);
}

static void
an_item_waits_for_flush_or_a_full_window(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SINKS; s++) {
        struct item *item = make_item("wait", "x", 1);
        struct bench bench;

        open_sink(&bench, names[s], (struct sink_config){.max_outage_ms = 1});
        put(&bench, &item, 1);
        while (bench.sink->type->work(bench.sink, clock_ms()))
            ;
        assert_true(bench.sink->pending <= 1);
        run(&bench);
        assert_int_equal(bench.n_done, 1);
        sink_free(bench.sink);
        free(item);
    }
}

static void
abandoned_items_have_no_outcome(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SINKS; s++) {
        struct item *item = make_item("gone", "x", 1);
        struct bench bench;

        open_sink(&bench, names[s], (struct sink_config){0});
        put(&bench, &item, 1);
        bench.sink->type->abandon(bench.sink);
        assert_int_equal(bench.sink->pending, 0);
        run(&bench);
        assert_int_equal(bench.n_done, 0);
        sink_free(bench.sink);
        free(item);
    }
}

static void
a_server_away_is_an_outage(void **state)
{
    struct address nowhere;
    struct err err;

    (void)state;
    assert_int_equal(address_parse(&nowhere, "unix:/nonexistent/s", 19, &err),
        0);
    for (size_t s = 0; s < N_SINKS; s++) {
        struct item *items[2] = {
            make_item("a", "x", 1), make_item("b", "y", 1)};
        struct bench bench;
        struct sink_config config;

        open_sink(&bench, names[s], (struct sink_config){0});
        config = bench.sink->config;
        sink_free(bench.sink);
        if (!(sink_find(names[s])->caps & SINK_CONNECTS)) {
            free(items[0]);
            free(items[1]);
            continue;
        }
        config.address = &nowhere;
        config.max_outage_ms = 30;
        bench.sink = sink_new(sink_find(names[s]), &config);
        put(&bench, items, 2);
        run(&bench);
        assert_int_equal(bench.n_by_outcome[away(bench.sink)], 2);
        assert_true(bench.sink->stats.is_away);
        sink_free(bench.sink);

        /* and one that was given up before it began fails at once */
        memset(bench.n_by_outcome, 0, sizeof(bench.n_by_outcome));
        bench.expected = NULL;
        config.is_away = true;
        config.max_outage_ms = 1 << 30;
        bench.sink = sink_new(sink_find(names[s]), &config);
        put(&bench, items, 2);
        run(&bench);
        assert_int_equal(bench.n_by_outcome[away(bench.sink)], 2);
        sink_free(bench.sink);
        free(items[0]);
        free(items[1]);
    }
    address_release(&nowhere);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_find_their_sinks),
        cmocka_unit_test(nothing_put_is_nothing_done),
        cmocka_unit_test(many_items_in_any_window),
        cmocka_unit_test(the_last_of_a_key_wins),
        cmocka_unit_test(long_keys_and_odd_bytes),
        cmocka_unit_test(large_items),
        cmocka_unit_test(an_item_waits_for_flush_or_a_full_window),
        cmocka_unit_test(abandoned_items_have_no_outcome),
        cmocka_unit_test(a_server_away_is_an_outage),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
