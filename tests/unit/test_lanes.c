/*
 * Lanes and their writers, on sinks without servers: each lane keeps the order
 * of the file, every item is accounted for, whatever becomes of it, and a stop
 * ends in time.
 */
// LDFLAGS: -Wl,--wrap=clock_ms
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "load/lanes.h"
#include "unit/batch_maker.h"
#include "unit/fake_sink.h"
#include "unit/seed.h"

enum { DEADLINE_S = 120, N_KEYS = 200 };

/* Added to the clock: time that passes at once. */
static _Atomic int64_t passed_ms;

int64_t __real_clock_ms(void);
int64_t __wrap_clock_ms(void);

int64_t
__wrap_clock_ms(void)
{
    return __real_clock_ms() + atomic_load(&passed_ms);
}

/* All that a load has around its lanes. */
static struct settings settings;
static struct shards shards;
static struct batch_pool *pool;
static struct slot *slot;
static struct line_log line_log;
static struct ledger *ledger;
static struct lanes *lanes;
static int stop_fd;
static int64_t timeout_ms;
static bool has_threads;
static uint64_t n_batches, n_items;

static const struct setup {
    const char *name;
    const struct sink_type *type;
    unsigned threads, connections;
    size_t servers;
} setups[] = {
    {"one thread", &fake_polled, 0, 1, 1},
    {"one thread, many lanes", &fake_polled, 0, 3, 4},
    {"one thread, a sink that blocks", &fake_blocking, 0, 2, 2},
    {"a writer", &fake_polled, 1, 1, 1},
    {"a writer, many lanes", &fake_polled, 2, 3, 4},
    {"a writer a lane", &fake_blocking, 2, 2, 3},
};
enum { N_SETUPS = sizeof(setups) / sizeof(setups[0]) };

static void
open_lanes(const struct setup *setup)
{
    size_t servers[FAKE_LANES_MOST], n;
    struct batch_room room;

    settings = maker_settings(setup->connections, setup->threads);
    settings.failure.timeout_ms = timeout_ms;
    maker_shards(&shards, setup->servers);
    n = lane_map_count(settings.tuning.connections, &shards);
    for (size_t i = 0; i < n; i++)
        servers[i] = lane_map_server(settings.tuning.connections, i);
    has_threads = setup->threads > 0;
    stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    atomic_store(&passed_ms, 0);
    n_batches = n_items = 0;
    line_log = (struct line_log){.file_name = "a.gz"};
    slot = slot_new(setup->servers);
    room = batch_room_of(&settings);
    pool = batch_pool_new(&room, n);
    ledger = ledger_new(&(struct ledger_input){
        .slot = slot,
        .pool = pool,
        .line_log = &line_log,
        .stop_fd = stop_fd,
        .server_of_lane = servers,
        .n_lanes = n,
    });
    lanes = lanes_new(&(struct lanes_input){
        .settings = &settings,
        .shards = &shards,
        .sink = setup->type,
        .pool = pool,
        .ledger = ledger,
        .stop_fd = stop_fd,
    });
    assert_int_equal(n_fakes, n);
    if (has_threads)
        lanes_start(lanes);
}

static void
close_lanes(void)
{
    lanes_free(lanes);
    ledger_free(ledger);
    slot_free(slot);
    batch_pool_free(pool);
    shards_release(&shards);
    close(stop_fd);
    fakes_free();
}

/* As the reader gets one: NULL when none will come. */
static bool
wait_for_batch(void)
{
    struct batch *batch = batch_pool_get(pool, false);

    if (!batch) {
        lanes_starve(lanes, true);
        if (has_threads)
            batch = batch_pool_get(pool, true);
        else
            while (!batch && lanes_work(lanes, true))
                batch = batch_pool_get(pool, false);
        lanes_starve(lanes, false);
    }
    if (batch)
        batch_pool_put(pool, batch);
    return batch != NULL;
}

/* A batch of n items of random keys, which are numbered through. */
static void
send_batch(struct rng *rng, size_t n)
{
    struct batch *batch = maker_batch(pool, ++n_batches);
    char key[24], value[24];

    for (size_t i = 0; i < n; i++) {
        size_t server = rng_below(rng, shards.n_servers), lane;

        snprintf(key, sizeof(key), "key:%u", (unsigned)rng_below(rng, N_KEYS));
        snprintf(value, sizeof(value), "%llu", (unsigned long long)n_items++);
        lane = lane_map_find(settings.tuning.connections, server,
            hash_bytes(key, strlen(key)));
        maker_item(batch, lane, key, value);
    }
    lanes_take(lanes, batch);
    if (!has_threads)
        lanes_work(lanes, false);
}

/* False: batches were given up. */
static bool
finish(void)
{
    lanes_close(lanes);
    while (!has_threads && lanes_work(lanes, true))
        ;
    return lanes_join(lanes);
}

static struct report *
read_report(void)
{
    struct report *report = slot_read(slot);

    assert_true(counts_balance(&report->counts));
    return report;
}

/* ------------------------------------------------------------- accounts --- */

/* What the sinks did is what the report says. */
static void
check_accounts(void)
{
    struct report *report = read_report();
    struct server_counts servers[8] = {{0}};

    for (size_t i = 0; i < n_fakes; i++) {
        struct server_counts *server =
            &servers[lane_map_server(settings.tuning.connections, i)];
        const uint64_t *of = fakes[i]->by_outcome;

        server->rejected += of[OUTCOME_TOO_LARGE];
        server->outage += of[OUTCOME_OUTAGE];
        server->retried += fakes[i]->sink.stats.retried;
        server->reconnects += fakes[i]->sink.stats.reconnects;
        server->is_away += fakes[i]->sink.stats.is_away;
    }
    for (size_t i = 0; i < shards.n_servers; i++) {
        const struct server_counts *of = &report->servers[i];

        assert_int_equal(of->rejected, servers[i].rejected);
        assert_int_equal(of->outage, servers[i].outage);
        assert_int_equal(of->retried, servers[i].retried);
        assert_int_equal(of->reconnects, servers[i].reconnects);
        assert_int_equal(of->is_away, servers[i].is_away);
    }
    assert_int_equal(report->counts.lines, n_items);
    assert_int_equal(report->counts.batches, n_batches);
    free(report);
}

static void
load_all(const struct setup *setup, struct rng *rng, unsigned rounds)
{
    open_lanes(setup);
    for (unsigned i = 0; i < rounds; i++) {
        /* often none of a lane, now and then none at all */
        size_t n =
            rng_below(rng, 8) ? rng_below(rng, MAKER_LINES) : rng_below(rng, 3);

        assert_true(wait_for_batch());
        send_batch(rng, n);
        free(read_report());
    }
    assert_true(finish());
    assert_true(batch_pool_all_home(pool));
    check_accounts();
    close_lanes();
}

/* The order of each lane is asserted by its sink. */
static void
test_random_loads(void **state)
{
    struct rng rng;

    (void)state;
    seed_rng(&rng);
    for (size_t i = 0; i < N_SETUPS; i++)
        for (unsigned turn = 0; turn < 4; turn++) {
            fake_plan.seed = rng_next(&rng);
            fake_plan.waits_for_flush = turn & 1;
            fake_plan.bad_of_100 = turn & 2 ? 20 : 0;
            load_all(&setups[i], &rng, 300);
        }
}

static void
test_nothing_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETUPS; i++) {
        open_lanes(&setups[i]);
        assert_true(finish());
        close_lanes();
    }
}

/* A lane that was given up: its items fail, all others go on. */
static void
test_lane_given_up(void **state)
{
    struct rng rng;
    struct report *report;

    (void)state;
    seed_rng(&rng);
    for (size_t i = 0; i < N_SETUPS; i++) {
        size_t n = setups[i].connections * setups[i].servers;

        fake_plan.away_lane = n - 1;
        open_lanes(&setups[i]);
        for (unsigned j = 0; j < 50; j++) {
            assert_true(wait_for_batch());
            send_batch(&rng, MAKER_LINES);
        }
        assert_true(finish());
        check_accounts();
        report = read_report();
        assert_int_equal(fakes[n - 1]->by_outcome[OUTCOME_SENT], 0);
        assert_int_equal(report->servers[shards.n_servers - 1].is_away, 1);
        assert_int_equal(report->counts.failed,
            fakes[n - 1]->by_outcome[OUTCOME_OUTAGE]);
        assert_true(report->counts.failed > 0);
        assert_true(n == 1 || report->counts.sent > 0);
        free(report);
        close_lanes();
    }
}

/* ----------------------------------------------------------------- stop --- */

static void
stop_while_stuck(const struct setup *setup, struct rng *rng)
{
    struct report *report;
    int64_t began_ms;

    fake_plan.is_stuck = true;
    open_lanes(setup);
    send_batch(rng, MAKER_LINES);
    send_batch(rng, MAKER_LINES);
    began_ms = clock_ms();
    eventfd_write(stop_fd, 1);
    assert_false(finish());
    /* what is out had this long to come home */
    assert_in_range(clock_ms() - began_ms, timeout_ms / 2, 10000);
    /* nobody waits for what does not come, nothing of it is counted */
    assert_null(batch_pool_get(pool, true));
    for (size_t i = 0; i < n_fakes; i++)
        assert_int_equal(fakes[i]->sink.pending, 0);
    report = read_report();
    assert_int_equal(report->counts.lines, 0);
    free(report);
    close_lanes();
}

static void
test_stop_while_stuck(void **state)
{
    struct rng rng;

    (void)state;
    seed_rng(&rng);
    for (size_t i = 0; i < N_SETUPS; i++) {
        timeout_ms = 50;
        stop_while_stuck(&setups[i], &rng);
    }
}

/* What comes home in time is counted, stop or not. */
static void
test_stop_in_time(void **state)
{
    struct rng rng;

    (void)state;
    seed_rng(&rng);
    for (size_t i = 0; i < N_SETUPS; i++) {
        open_lanes(&setups[i]);
        for (unsigned j = 0; j < 20; j++) {
            assert_true(wait_for_batch());
            send_batch(&rng, MAKER_LINES);
        }
        eventfd_write(stop_fd, 1);
        assert_true(finish());
        check_accounts();
        close_lanes();
    }
}

/* The stop comes during a call that blocks for as long as a stop leaves. */
static void
stop_and_block(void)
{
    fake_plan.at_work = NULL;
    eventfd_write(stop_fd, 1);
    atomic_fetch_add(&passed_ms, timeout_ms);
}

static void
test_stop_counts_from_the_call(void **state)
{
    static const struct setup one_lane[] = {
        {"in turn", &fake_blocking, 0, 1, 1},
        {"in a thread", &fake_blocking, 1, 1, 1},
    };
    struct rng rng;
    int64_t began_ms;

    (void)state;
    seed_rng(&rng);
    for (size_t i = 0; i < 2; i++) {
        fake_plan.is_stuck = true;
        fake_plan.at_work = stop_and_block;
        open_lanes(&one_lane[i]);
        began_ms = __real_clock_ms();
        send_batch(&rng, MAKER_LINES);
        assert_false(finish());
        assert_in_range(__real_clock_ms() - began_ms, 0, timeout_ms / 2);
        close_lanes();
    }
}

static atomic_bool has_begun, has_closed;

/* A call that takes until the end is announced; the next one is as above. */
static void
block_until_closed(void)
{
    fake_plan.at_work = stop_and_block;
    atomic_store(&has_begun, true);
    while (!atomic_load(&has_closed))
        sched_yield();
}

/* By then nothing is left that would wake the writer. */
static void
test_stop_counts_from_the_call_at_the_end(void **state)
{
    static const struct setup one_lane = {
        "in a thread", &fake_blocking, 1, 1, 1};
    struct rng rng;
    int64_t began_ms = __real_clock_ms();

    (void)state;
    seed_rng(&rng);
    atomic_store(&has_begun, false);
    atomic_store(&has_closed, false);
    fake_plan.is_stuck = true;
    fake_plan.at_work = block_until_closed;
    open_lanes(&one_lane);
    send_batch(&rng, MAKER_LINES);
    while (!atomic_load(&has_begun))
        sched_yield();
    lanes_close(lanes);
    atomic_store(&has_closed, true);
    assert_false(lanes_join(lanes));
    assert_in_range(__real_clock_ms() - began_ms, 0, timeout_ms / 2);
    close_lanes();
}

static int
set_up(void **state)
{
    (void)state;
    fakes_free();
    timeout_ms = 20000;
    log_init(STDERR_FILENO, LOG_E);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_to_do),
        TEST(test_random_loads),
        TEST(test_lane_given_up),
        TEST(test_stop_while_stuck),
        TEST(test_stop_in_time),
        TEST(test_stop_counts_from_the_call),
        TEST(test_stop_counts_from_the_call_at_the_end),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
