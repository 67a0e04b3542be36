/*
 * Reading back from servers that are away, in different ways: it touches no
 * other server, and says why.
 */
#include <netinet/in.h>

#include "base/clock.h"
#include "contract/asker.h"

/* Dead servers, dead in different ways, beside one that is well. */
static void
test_others_go_on(void **state)
{
    static const struct script echo_script = {ECHO, NULL},
                               silent = {STAY_SILENT, NULL},
                               web = {GREET, "HTTP/1.1 400 Bad\r\n\r\n"};
    static const char *const why[] = {
        "", "No such file", "no answer within", "as memcached does"};
    struct address addresses[4];
    struct fake servers[3];
    struct fetch_key keys[40];
    struct shards shards;
    struct fetcher *fetcher;
    struct err err;
    char names[40][16], gone[128];
    int64_t began_at;

    (void)state;
    start(&servers[0], "well", &echo_script, 1);
    start(&servers[1], "silent", &silent, 1);
    start(&servers[2], "web", &web, 1);
    snprintf(gone, sizeof(gone), "unix:%s/gone", directory);
    address_parse(&addresses[0], servers[0].address, strlen(servers[0].address),
        &err);
    address_parse(&addresses[1], gone, strlen(gone), &err);
    address_parse(&addresses[2], servers[1].address, strlen(servers[1].address),
        &err);
    address_parse(&addresses[3], servers[2].address, strlen(servers[2].address),
        &err);
    shards_init(&shards);
    for (size_t i = 0; i < 4; i++) {
        static const char *const names_of[] = {"a", "b", "c", "d"};

        shards_add(&shards, names_of[i], &addresses[i], 1);
    }
    for (size_t i = 0; i < 40; i++)
        keys[i] = (struct fetch_key){names[i],
            (size_t)snprintf(names[i], sizeof(names[i]), "%c:%zu",
                "abcd"[i % 4], i),
            i % 4};
    fetcher = fetcher_new(&shards, TIMEOUT_MS, FETCH_TRIES);
    ask(fetcher, keys, 40);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(answers.key[i].server, i % 4);
        assert_int_equal(answers.key[i].state,
            i % 4 ? FETCH_UNREADABLE : FETCH_FOUND);
        if (!strstr(answers.key[i].why, why[i % 4]))
            fail_msg("%s: %s", names[i], answers.key[i].why);
    }

    /* those given up are not asked again */
    began_at = clock_ms();
    ask(fetcher, keys, 40);
    assert_true(clock_ms() - began_at < TIMEOUT_MS);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(answers.key[i].state,
            i % 4 ? FETCH_UNREADABLE : FETCH_FOUND);
    assert_int_equal(atomic_load(&servers[0].n_connections), 1);
    assert_int_equal(atomic_load(&servers[1].n_connections), 2);
    fetcher_free(fetcher);
    shards_release(&shards);
    for (size_t i = 0; i < 4; i++)
        address_release(&addresses[i]);
    for (size_t i = 0; i < 3; i++)
        stop(&servers[i]);
}

/* A list may leave servers out that an earlier one did not. */
static void
test_left_out(void **state)
{
    static const struct script scripts[] = {{ECHO, NULL}, {SAY, END}};
    static const struct fetch_key keys[] = {
        {"a:1", 3, 0}, {"b:2", 3, 1}, {"a:3", 3, 0}, {"b:4", 3, 1}};
    struct address addresses[2];
    struct fake servers[2];
    struct fetcher *fetcher;
    struct shards shards;
    struct err err;

    (void)state;
    shards_init(&shards);
    for (size_t i = 0; i < 2; i++) {
        start(&servers[i], i ? "b" : "a", &scripts[i], 1);
        assert_int_equal(address_parse(&addresses[i], servers[i].address,
                             strlen(servers[i].address), &err),
            0);
        shards_add(&shards, i ? "b" : "a", &addresses[i], 1);
    }
    fetcher = fetcher_new(&shards, TIMEOUT_MS, FETCH_TRIES);
    ask(fetcher, keys, 4);
    ask(fetcher, keys, 1);
    ask(fetcher, keys + 1, 1);
    ask(fetcher, keys, 4);
    fetcher_free(fetcher);
    shards_release(&shards);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(atomic_load(&servers[i].n_requests), 3);
        stop(&servers[i]);
        address_release(&addresses[i]);
    }
}

static void
test_no_listener(void **state)
{
    struct setup setup;

    (void)state;
    set_up(&setup, "127.0.0.1:1");
    ask(setup.fetcher, abc, 3);
    tear_down(&setup);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(answers.key[i].state, FETCH_UNREADABLE);
        assert_string_equal(answers.key[i].why,
            "cannot connect: Connection refused");
    }
}

/* A machine that is switched off says nothing: neither does a full backlog. */
static void
test_no_answer_to_connect(void **state)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), filling[8];
    socklen_t n = sizeof(at);
    char address[32];
    struct setup setup;

    (void)state;
    assert_int_equal(bind(listener, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
    for (size_t i = 0; i < 8; i++) {
        filling[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(filling[i], (struct sockaddr *)&at, n);
    }
    snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(at.sin_port));
    set_up(&setup, address);
    ask(setup.fetcher, abc, 1);
    tear_down(&setup);
    for (size_t i = 0; i < 8; i++)
        close(filling[i]);
    close(listener);
    assert_int_equal(answers.key[0].state, FETCH_UNREADABLE);
    assert_string_equal(answers.key[0].why, "no answer within 250 ms");
}

static void
test_no_host(void **state)
{
    struct setup setup;

    (void)state;
    set_up(&setup, "no-such-host.invalid:11211");
    ask(setup.fetcher, abc, 1);
    tear_down(&setup);
    assert_int_equal(answers.key[0].state, FETCH_UNREADABLE);
    assert_non_null(strstr(answers.key[0].why, "its host name does not "
                                               "resolve"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_others_go_on),
        cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_no_listener),
        cmocka_unit_test(test_no_answer_to_connect),
        cmocka_unit_test(test_no_host),
    };

    alarm(110); /* a server that is never asked would wait for ever */
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
