/* Which lane a key travels on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/lane_map.h"
#include "unit/seed.h"

enum { N_SERVERS = 8, N_KEYS = 8000 };

/* Always the same one, of its server, and each has its part of the keys. */
static void
test_lane_of_a_key(void **state)
{
    static char text[] = "unix:/a";
    static const struct address address = {.text = text, .is_unix = true};
    static const char *const names[N_SERVERS] = {
        "a", "b", "c", "d", "e", "f", "g", "h"};
    struct shards shards;
    struct rng rng;

    (void)state;
    seed_rng(&rng);
    shards_init(&shards);
    for (size_t i = 0; i < N_SERVERS; i++)
        shards_add(&shards, names[i], &address, 1);
    for (unsigned connections = 1; connections < 9; connections++) {
        unsigned used[N_SERVERS * 8] = {0};

        assert_int_equal(lane_map_count(connections, &shards),
            N_SERVERS * connections);
        for (unsigned i = 0; i < N_KEYS; i++) {
            size_t server = rng_below(&rng, N_SERVERS), lane;
            uint64_t hash = rng_next(&rng);

            lane = lane_map_find(connections, server, hash);
            assert_int_equal(lane, lane_map_find(connections, server, hash));
            assert_int_equal(lane_map_server(connections, lane), server);
            used[lane]++;
        }
        for (size_t i = 0; i < N_SERVERS * connections; i++)
            assert_in_range(used[i], 500 / connections, 2 * 1000 / connections);
    }
    shards_release(&shards);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lane_of_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
