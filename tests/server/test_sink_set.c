/*
 * What the sink of mode `set` promises beyond the others, against a real
 * memcached: its waits are counted from when they begin.
 */
#include <pthread.h>

#include "server/sink_bench.h"

enum { PATIENCE_MS = 4000 };

/* Lets the server go on in the middle of the sink's patience. */
static void *
continue_server(void *unused)
{
    (void)unused;
    poll(NULL, 0, PATIENCE_MS * 3 / 8);
    kill(server.pid, SIGCONT);
    return NULL;
}

/* As when connecting, or another lane of the same thread, took long: the time
 * that work() is given lies far back when the request is sent. */
static void
a_request_has_its_own_timeout(void **state)
{
    struct item *items[2] = {
        make_item("first", "x", 1), make_item("second", "y", 1)};
    struct bench bench;
    pthread_t thread;

    (void)state;
    open_sink(&bench, "set", (struct sink_config){.timeout_ms = PATIENCE_MS});
    put(&bench, &items[0], 1);
    run(&bench);
    kill(server.pid, SIGSTOP);
    assert_int_equal(waitpid(server.pid, NULL, WUNTRACED), server.pid);
    put(&bench, &items[1], 1);
    assert_int_equal(pthread_create(&thread, NULL, continue_server, NULL), 0);
    bench.sink->type->work(bench.sink, clock_ms() - 10 * PATIENCE_MS);
    pthread_join(thread, NULL);
    run(&bench);
    assert_int_equal(bench.n_by_outcome[OUTCOME_STORED], 2);
    assert_int_equal(bench.sink->stats.reconnects, 0);
    assert_stored(items[1]);
    sink_free(bench.sink);
    free(items[0]);
    free(items[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_its_own_timeout),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
