/*
 * What every sink promises of expiry and flags, and what an item takes with
 * them in a server, against a real memcached.
 */
#include "server/sink_bench.h"

static void
expiry_is_passed_on(void **state)
{
    (void)state;
    for (size_t s = 0; s < N_SINKS; s++) {
        struct item *item = make_item("ttl", "x", 1);
        struct bench bench;
        int left;

        flush_server();
        open_sink(&bench, names[s],
            (struct sink_config){.terms.exptime = 1000});
        put(&bench, &item, 1);
        run(&bench);
        if (stores(bench.sink)) {
            assert_int_equal(sscanf(memcached_ask(&server, "mg ttl t\r\n",
                                        "\r\n"),
                                 "HD t%d", &left),
                1);
            assert_in_range(left, 990, 1000);
        }
        sink_free(bench.sink);
        free(item);
    }
}

static void
flags_are_passed_on(void **state)
{
    static const uint32_t flags[] = {0, 1, 65535, 65536, UINT32_MAX};

    (void)state;
    for (size_t s = 0; s < N_SINKS; s++)
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
            struct item *item = make_item("flags", "x", 1);
            struct terms terms = {flags[i], 1000};
            struct bench bench;
            unsigned got;
            int left;

            flush_server();
            open_sink(&bench, names[s], (struct sink_config){.terms = terms});
            put(&bench, &item, 1);
            run(&bench);
            assert_int_equal(bench.n_by_outcome[good(bench.sink)], 1);
            if (stores(bench.sink)) {
                assert_int_equal(sscanf(memcached_ask(&server,
                                            "mg flags f t\r\n", "\r\n"),
                                     "HD f%u t%d", &got, &left),
                    2);
                assert_int_equal(got, flags[i]);
                assert_in_range(left, 990, 1000);
                assert_stored(item);
            }
            sink_free(bench.sink);
            free(item);
        }
}

/* Key, value and flags in the largest item that the server takes. */
static void
an_item_takes_what_item_bytes_says(void **state)
{
    char *value = mem_zero(1, 1 << 20);

    (void)state;
    for (unsigned flags = 0; flags < 2; flags++)
        for (size_t over = 0; over < 2; over++) {
            struct terms terms = {.flags = flags};
            size_t key_and_value = (1 << 20) - 59 - 4 * flags + over;
            struct item *item = make_item("edge", value, key_and_value - 4);
            struct bench bench;

            flush_server();
            assert_int_equal(item_bytes(item, flags), (1 << 20) + over);
            open_sink(&bench, "multi", (struct sink_config){.terms = terms});
            put(&bench, &item, 1);
            run(&bench);
            assert_int_equal(bench.n_by_outcome[OUTCOME_STORED], 1 - over);
            assert_int_equal(bench.n_by_outcome[OUTCOME_TOO_LARGE], over);
            sink_free(bench.sink);
            free(item);
        }
    free(value);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expiry_is_passed_on),
        cmocka_unit_test(flags_are_passed_on),
        cmocka_unit_test(an_item_takes_what_item_bytes_says),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
