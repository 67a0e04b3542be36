/* The shard map, and which server of a pool holds a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libmemcached/memcached.h>

#include "base/mem.h"
#include "memc/item.h"
#include "memc/shard_map.h"
#include "memc/router.h"

enum { MAX_ADDRESSES = POOL_MAX_SERVERS, N_KEYS = 20000, KEY_ROOM = 64 };

/* -------------------------------------------------------------- helpers --- */

/* Addresses out of "A B C"; returns how many. */
static size_t
read_addresses(const char *list, struct address *out)
{
    char *copy = mem_text(list), *at = copy, *word;
    struct err err;
    size_t n = 0;

    while ((word = strsep(&at, " ")))
        assert_int_equal(address_parse(&out[n++], word, strlen(word), &err), 0);
    free(copy);
    return n;
}

static size_t
make_key(char *out, int i)
{
    return (size_t)snprintf(out, KEY_ROOM, "idfa:%08x%d",
        (unsigned)i * 2654435761u, i);
}

/* -------------------------------------------------------------- the map --- */

static void
test_find(void **state)
{
    enum { N = 500 };
    char text[] = "a:1";
    struct address address = {.text = text};
    char names[N][16];
    struct shards shards;

    (void)state;
    shards_init(&shards);
    assert_int_equal(shards_find(&shards, "idfa", 4), -1);
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof(names[i]), i % 2 ? "t%d" : "%d_shard", i);
        assert_int_equal(shards_find(&shards, names[i], strlen(names[i])), -1);
        shards_add(&shards, names[i], &address, 1);
        for (int j = 0; j <= i; j += 1 + i / 20)
            assert_int_equal(shards_find(&shards, names[j], strlen(names[j])),
                j);
    }
    assert_int_equal(shards.n, N);
    assert_int_equal(shards.n_servers, N);
    shards_release(&shards);
    assert_int_equal(shards_find(&shards, names[0], strlen(names[0])), -1);
}

static void
test_find_likeness(void **state)
{
    static const struct {
        const char *name;
        size_t n_bytes;
        int shard;
    } rows[] = {
        {"idfa", 4, 0},
        {"gaid", 4, 1},
        {"idfa", 3, -1},
        {"idfab", 5, 2},
        {"idfab", 4, 0},
        {"idfabc", 6, -1},
        {"idfa\0", 5, -1},
        {"idfa\0b", 6, -1},
        {"\0", 1, -1},
        {"", 0, -1},
        {"IDFA", 4, -1},
        {" idfa", 5, -1},
    };
    char text[] = "a:1";
    struct address address = {.text = text};
    struct shards shards;

    (void)state;
    shards_init(&shards);
    shards_add(&shards, "idfa", &address, 1);
    shards_add(&shards, "gaid", &address, 1);
    shards_add(&shards, "idfab", &address, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (shards_find(&shards, rows[i].name, rows[i].n_bytes) !=
            rows[i].shard)
            fail_msg("row %zu, \"%s\"", i, rows[i].name);
    shards_release(&shards);
}

static void
test_layout(void **state)
{
    struct address addresses[6] = {0};
    char texts[6][4] = {"a:1", "b:1", "a:1", "c:1", "d:1", "b:1"};
    static const size_t first[] = {0, 1, 0, 3, 4, 1};
    struct shards shards;

    (void)state;
    for (size_t i = 0; i < 6; i++)
        addresses[i].text = texts[i];
    shards_init(&shards);
    shards_add(&shards, "a", addresses, 1);
    shards_add(&shards, "b", addresses + 1, 3);
    shards_add(&shards, "c", addresses + 4, 2);
    assert_int_equal(shards.n_servers, 6);
    assert_int_equal(shards.shard[1].first_server, 1);
    assert_int_equal(shards.shard[1].n_servers, 3);
    assert_int_equal(shards.shard[2].first_server, 4);
    for (size_t i = 0; i < 6; i++) {
        assert_ptr_equal(shards.server[i].address, &addresses[i]);
        assert_int_equal(shards.server[i].shard, i < 1 ? 0 : i < 4 ? 1 : 2);
        assert_int_equal(shards_first(&shards, i), first[i]);
        assert_false(shards.server[i].facts.is_known);
        assert_int_equal(server_item_max(&shards.server[i]), 1 << 20);
    }
    /* b and d are found to be one server */
    shards_join(&shards, 4, 1);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(shards_first(&shards, i), i == 4 ? 1 : first[i]);
    shards_release(&shards);
}

/* -------------------------------------------------------------- routing --- */

/* A client of another program: set up by libmemcached's own words and the
 * behaviours that "libketama compatible" stands for, by hand. */
static memcached_st *
other_client(const char *config, const struct address *addresses, size_t n)
{
    memcached_st *client =
        config ? memcached(config, strlen(config)) : memcached_create(NULL);

    assert_non_null(client);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(addresses[i].is_unix
                             ? memcached_server_add_unix_socket(client,
                                   addresses[i].host)
                             : memcached_server_add(client, addresses[i].host,
                                   addresses[i].port),
            MEMCACHED_SUCCESS);
    assert_int_equal(memcached_behavior_set(client,
                         MEMCACHED_BEHAVIOR_DISTRIBUTION,
                         MEMCACHED_DISTRIBUTION_CONSISTENT_WEIGHTED),
        MEMCACHED_SUCCESS);
    assert_int_equal(memcached_behavior_set(client, MEMCACHED_BEHAVIOR_HASH,
                         MEMCACHED_HASH_MD5),
        MEMCACHED_SUCCESS);
    assert_int_equal(memcached_behavior_set(client,
                         MEMCACHED_BEHAVIOR_KETAMA_HASH, MEMCACHED_HASH_MD5),
        MEMCACHED_SUCCESS);
    assert_int_equal(memcached_behavior_get(client,
                         MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED),
        1);
    return client;
}

/* By name and port: the client's order of servers need not be ours. */
static void
check_key(struct router *router, const struct shards *shards,
    memcached_st *other, const char *key, size_t n_bytes)
{
    const struct address *ours =
        shards->server[router_server(router, 0, key, n_bytes)].address;
    const memcached_instance_st *theirs;
    memcached_return_t rc = MEMCACHED_SUCCESS; /* set on failure only */

    theirs = memcached_server_by_key(other, key, n_bytes, &rc);
    assert_int_equal(rc, MEMCACHED_SUCCESS);
    if (strcmp(memcached_server_name(theirs), ours->host) != 0 ||
        memcached_server_port(theirs) != ours->port)
        fail_msg("%.*s: we say %s, libmemcached %s:%d", (int)n_bytes, key,
            ours->text, memcached_server_name(theirs),
            (int)memcached_server_port(theirs));
}

static void
check_pool(const char *list, const char *config)
{
    struct address addresses[MAX_ADDRESSES];
    size_t n = read_addresses(list, addresses), counts[MAX_ADDRESSES] = {0};
    struct router *router, *twin;
    struct shards shards;
    memcached_st *other;
    char key[KEY_ROOM];

    shards_init(&shards);
    shards_add(&shards, "idfa", addresses, n);
    router = router_new(&shards);
    twin = router_new(&shards);
    other = other_client(config, addresses, config ? 0 : n);
    for (int i = 0; i < N_KEYS; i++) {
        size_t n_bytes = make_key(key, i);
        size_t server = router_server(router, 0, key, n_bytes);

        assert_true(server < n);
        assert_int_equal(server, router_server(twin, 0, key, n_bytes));
        counts[server]++;
        if (i % 4 == 0)
            check_key(router, &shards, other, key, n_bytes);
    }
    /* 160 points a server: shares are uneven, but nobody is left out */
    for (size_t i = 0; i < n; i++)
        assert_in_range(counts[i], N_KEYS / n / 3, N_KEYS / n * 3);
    memcached_free(other);
    router_free(router);
    router_free(twin);
    shards_release(&shards);
    for (size_t i = 0; i < n; i++)
        address_release(&addresses[i]);
}

static void
test_pools(void **state)
{
    (void)state;
    check_pool("127.0.0.1:33013 127.0.0.1:33014",
        "--SERVER=127.0.0.1:33013 --SERVER=127.0.0.1:33014");
    /* another order finds the same servers */
    check_pool("c.example:1 a.example:65535 b.example:11211",
        "--SERVER=a.example:65535 --SERVER=b.example:11211 "
        "--SERVER=c.example:1");
    check_pool("[::1]:33013 [::1]:33014 [fe80::1]:11211 10.0.0.1:33013", NULL);
    check_pool("unix:/tmp/a.sock unix:/tmp/b.sock", NULL);
    check_pool("unix:/run/m.sock localhost:11211 [::1]:11211", NULL);
    check_pool("h:1 h:2 h:3 h:4 h:5 h:6 h:7", NULL);
}

/*
 * Servers as a second implementation found them: md5 of "HOST:PORT-I" (of
 * "HOST-I" at port 11211) for I from 0 to 39 makes four points each, a key
 * belongs to the next point from the first four bytes of its md5. A
 * libmemcached that some day hashes otherwise would lose stored keys.
 */
static void
test_known_keys(void **state)
{
    static const struct {
        const char *key;
        size_t server;
    } rows[] = {
        {"idfa:e7e1a50c0ec2747ca56cd9e1558c0d7c", 2},
        {"idfa:f5ae5fe6122bb20d08ff2c2ec43fb4c4", 0},
        {"gaid:7rfw4452g5gjq4j4kb", 0},
        {"idfa:1", 2},
        {"idfa:2", 2},
        {"idfa:3", 0},
        {"idfa:4", 0},
        {"idfa:5", 1},
        {"idfa:6", 0},
        {"idfa:7", 0},
        {"idfa:8", 1},
        {"idfa:9", 1},
        {"idfa:10", 2},
        {"idfa:11", 2},
        {"idfa:12", 2},
        {"idfa:13", 2},
    };
    struct address addresses[3];
    struct shards shards;
    struct router *router;

    (void)state;
    assert_int_equal(read_addresses("10.0.1.1:11211 10.0.1.2:11212 cache:33013",
                         addresses),
        3);
    shards_init(&shards);
    shards_add(&shards, "idfa", addresses, 3);
    router = router_new(&shards);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(router_server(router, 0, rows[i].key,
                             strlen(rows[i].key)),
            rows[i].server);
    router_free(router);
    shards_release(&shards);
    for (size_t i = 0; i < 3; i++)
        address_release(&addresses[i]);
}

static void
test_largest_pool(void **state)
{
    struct address addresses[POOL_MAX_SERVERS];
    struct router *router;
    struct shards shards;
    struct err err;
    size_t seen[POOL_MAX_SERVERS] = {0};
    char text[KEY_ROOM];

    (void)state;
    for (size_t i = 0; i < POOL_MAX_SERVERS; i++) {
        snprintf(text, sizeof(text), "10.0.0.%zu:11211", i + 1);
        assert_int_equal(address_parse(&addresses[i], text, strlen(text), &err),
            0);
    }
    shards_init(&shards);
    shards_add(&shards, "idfa", addresses, POOL_MAX_SERVERS);
    router = router_new(&shards);
    for (int i = 0; i < N_KEYS; i++)
        seen[router_server(router, 0, text, make_key(text, i))]++;
    for (size_t i = 0; i < POOL_MAX_SERVERS; i++) {
        assert_true(seen[i] > 0);
        address_release(&addresses[i]);
    }
    router_free(router);
    shards_release(&shards);
}

/* Several shards: a key is looked for among its own shard's servers. */
static void
test_shards_apart(void **state)
{
    struct address addresses[5];
    struct router *router;
    struct shards shards;
    char key[KEY_ROOM];

    (void)state;
    assert_int_equal(read_addresses("a:1 b:2 c:3 d:4 e:5", addresses), 5);
    shards_init(&shards);
    shards_add(&shards, "one", addresses, 1);
    shards_add(&shards, "pool", addresses + 1, 3);
    shards_add(&shards, "other", addresses + 4, 1);
    router = router_new(&shards);
    for (int i = 0; i < 1000; i++) {
        size_t n_bytes = make_key(key, i);

        assert_int_equal(router_server(router, 0, key, n_bytes), 0);
        assert_in_range(router_server(router, 1, key, n_bytes), 1, 3);
        assert_int_equal(router_server(router, 2, key, n_bytes), 4);
    }
    router_free(router);
    router_free(NULL);
    shards_release(&shards);
    for (size_t i = 0; i < 5; i++)
        address_release(&addresses[i]);
}

static void
test_outcome_words(void **state)
{
    static const char *const words[] = {"", "stored", "sent", "too_large",
        "out_of_memory", "refused", "outage"};

    (void)state;
    assert_int_equal(N_OUTCOMES, sizeof(words) / sizeof(words[0]));
    for (size_t i = 0; i < N_OUTCOMES; i++)
        assert_string_equal(outcome_word((enum outcome)i), words[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_find_likeness),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_known_keys),
        cmocka_unit_test(test_largest_pool),
        cmocka_unit_test(test_shards_apart),
        cmocka_unit_test(test_outcome_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
