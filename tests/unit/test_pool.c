/*
 * Pools (src/memc/pool.h) against libmemcached's own placement: pools of every
 * size, and random lists of hosts, ports and unix sockets. Known keys are in
 * test_servers.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <libmemcached/memcached.h>

#include "base/mem.h"
#include "base/rng.h"
#include "memc/pool.h"

enum { LISTS = 400, KEYS_OF_A_LIST = 60, MIXED_MOST = 12, HOST_ROOM = 64 };

static struct rng rng;

static size_t
below(size_t n)
{
    return (size_t)(rng_next(&rng) % n);
}

/* A list of servers of ours, and libmemcached's. */
struct list {
    struct address addresses[POOL_MAX_SERVERS];
    struct server servers[POOL_MAX_SERVERS];
    char hosts[POOL_MAX_SERVERS][HOST_ROOM];
    size_t n;
    memcached_st *theirs;
};

/* Its host says its place, so no two are the same. */
static void
make_server(struct list *list, bool may_be_unix)
{
    size_t i = list->n++;
    struct address *address = &list->addresses[i];
    char *host = list->hosts[i];

    *address = (struct address){.host = host};
    switch (below(may_be_unix ? 4 : 3)) {
    case 0:
        snprintf(host, HOST_ROOM, "10.%zu.%zu.%zu", below(256), below(256), i);
        break;
    case 1:
        snprintf(host, HOST_ROOM, "cache-%zu.%zu.example.com", i, below(1000));
        break;
    case 2:
        snprintf(host, HOST_ROOM, "fe80::%zx:%zx", below(65536), i);
        break;
    default:
        snprintf(host, HOST_ROOM, "/run/memcached-%zu.%zu/sock", below(99), i);
        address->is_unix = true;
    }
    if (!address->is_unix)
        address->port = below(3) ? (uint16_t)(1 + below(65535)) : 11211;
    list->servers[i].address = address;
}

/* All hosts at once: with each server that is added alone, the ring is made
 * anew. There is no such call for unix sockets. */
static void
add_hosts(struct list *list)
{
    memcached_server_st *servers = NULL;
    memcached_return_t rc = MEMCACHED_SUCCESS;

    for (size_t i = 0; i < list->n; i++)
        if (!list->addresses[i].is_unix)
            servers = memcached_server_list_append_with_weight(servers,
                list->addresses[i].host, list->addresses[i].port, 1, &rc);
    assert_int_equal(rc, MEMCACHED_SUCCESS);
    assert_int_equal(memcached_server_push(list->theirs, servers),
        MEMCACHED_SUCCESS);
    memcached_server_list_free(servers);
}

static void
make_theirs(struct list *list, bool is_mixed)
{
    list->theirs = memcached_create(NULL);
    assert_non_null(list->theirs);
    assert_int_equal(memcached_behavior_set(list->theirs,
                         MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1),
        MEMCACHED_SUCCESS);
    if (!is_mixed)
        add_hosts(list);
    for (size_t i = 0; is_mixed && i < list->n; i++) {
        const struct address *address = &list->addresses[i];

        assert_int_equal(address->is_unix
                             ? memcached_server_add_unix_socket(list->theirs,
                                   address->host)
                             : memcached_server_add(list->theirs, address->host,
                                   address->port),
            MEMCACHED_SUCCESS);
    }
}

static size_t
make_key(char key[251])
{
    size_t n = 1 + below(below(8) ? 60 : 250);

    for (size_t i = 0; i < n; i++)
        do
            key[i] = (char)rng_next(&rng);
        while ((unsigned char)key[i] <= ' ' || key[i] == 0x7f);
    return n;
}

static void
compare(struct list *list, size_t n_keys)
{
    struct pool *pool = pool_new(list->servers, list->n);
    char key[251];

    for (size_t i = 0; i < n_keys; i++) {
        size_t n = make_key(key), ours = pool_server(pool, key, n);
        uint32_t theirs = memcached_generate_hash(list->theirs, key, n);

        if (ours != theirs)
            fail_msg("%zu servers, a key of %zu bytes: %zu, not %u", list->n, n,
                ours, theirs);
    }
    pool_free(pool);
    memcached_free(list->theirs);
}

/* Shares are computed in single precision, so each size counts. */
static void
test_every_size(void **state)
{
    static struct list list;

    (void)state;
    for (size_t n = 1; n <= POOL_MAX_SERVERS; n++) {
        list.n = 0;
        while (list.n < n)
            make_server(&list, false);
        make_theirs(&list, false);
        compare(&list, 300);
    }
}

static void
test_random_lists(void **state)
{
    static struct list list;

    (void)state;
    for (size_t i = 0; i < LISTS; i++) {
        size_t n = 1 + below(MIXED_MOST);

        list.n = 0;
        while (list.n < n)
            make_server(&list, true);
        make_theirs(&list, true);
        compare(&list, KEYS_OF_A_LIST);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_random_lists),
    };
    const char *text = getenv("SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);

    print_message("SEED=%llu\n", (unsigned long long)seed);
    rng_init(&rng, seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
