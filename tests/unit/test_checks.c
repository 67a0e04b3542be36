/* What is found of servers and forecasts, and the memcached that would suit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/mem.h"
#include "preflight/preflight.h"
#include "preflight/server_checks.h"
#include "preflight/sizing.h"
#include "unit/fake_run.h"

#define MIB (1ull << 20)

static struct fake_run fake;
static struct preflight preflight;
static struct server_facts *facts;       /* of server 0, gaid's is 1 */
static struct server_forecast *forecast; /* of server 0 */

/* All servers are large, and a small load is to come. */
static int
set_up(void **state)
{
    static char host[] = "127.0.0.1", path[] = "/run/memcached.sock";

    (void)state;
    fake_run_init(&fake);
    fake.settings.tuning.processes = 2;
    fake.settings.tuning.connections = 1;
    preflight = (struct preflight){0};
    preflight.forecast.servers =
        mem_zero(FAKE_SERVERS, sizeof(*preflight.forecast.servers));
    for (size_t i = 0; i < FAKE_SERVERS; i++) {
        fake.addresses[i].host = i < 3 ? host : path;
        fake.addresses[i].port = (uint16_t)(i < 3 ? 33013 + i : 0);
        fake.addresses[i].is_unix = i == 3;
        fake.servers[i].facts = (struct server_facts){.is_known = true,
            .has_meta = true,
            .version = "1.6.18",
            .item_size_max = MIB,
            .max_connections = 1024,
            .curr_connections = 1,
            .reserved_fds = 20,
            .limit_bytes = 1024 * MIB};
        preflight.forecast.servers[i] = (struct server_forecast){.first = i,
            .n_shards = 1,
            .items = 1000,
            .largest_bytes = 500,
            .needed_bytes = 10 * MIB};
    }
    facts = &fake.servers[0].facts;
    forecast = &preflight.forecast.servers[0];
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    preflight_release(&preflight);
    fake_run_release(&fake);
    return 0;
}

/* The only finding, as people read it. */
static const char *
the_finding(enum finding_level level)
{
    static struct text text;

    if (preflight.findings.n != 1)
        fail_msg("%zu findings", preflight.findings.n);
    assert_string_equal(finding_level_word(preflight.findings.items[0].level),
        finding_level_word(level));
    text_clear(&text);
    finding_print(&text, &preflight.findings.items[0], &fake.run.shards);
    return text.data;
}

static void
check_all(void)
{
    findings_release(&preflight.findings);
    checks_run(&fake.run, &preflight);
}

static void
nothing_is_found_of_what_suffices(void **state)
{
    (void)state;
    check_all();
    assert_int_equal(preflight.findings.n, 0);
    assert_int_equal(preflight_refusal(&fake.run, &preflight),
        INPUT_REASON_NONE);
}

static void
a_server_without_meta_commands(void **state)
{
    (void)state;
    facts->has_meta = false;
    snprintf(facts->version, sizeof(facts->version), "1.4.15");
    check_all();
    assert_string_equal(the_finding(FINDING_WARNING),
        "shard idfa (127.0.0.1:33013): memcached 1.4.15 has no meta commands; "
        "pipelining plain sets instead, which is slower");
    fake.settings.tuning.mode = MODE_SET;
    check_all();
    assert_int_equal(preflight.findings.n, 0);
}

/* --- connections ---------------------------------------------------------- */

static void
connections_that_are_free(void **state)
{
    static const struct {
        uint64_t most, open, reserved, is;
    } rows[] = {
        {1024, 1, 0, 1024}, /* ours is closed by then */
        {1024, 11, 0, 1014},
        {1024, 1, 20, 996},
        {40, 1, 20, 12}, /* 16, in fact; 15 on TCP */
        {32, 1, 5, 19},  /* 20, in fact */
        {20, 1, 20, 0},
        {20, 30, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        facts->max_connections = rows[i].most;
        facts->curr_connections = rows[i].open;
        facts->reserved_fds = rows[i].reserved;
        assert_int_equal(needs_connections_free(facts), rows[i].is);
    }
}

static void
too_many_connections(void **state)
{
    (void)state;
    facts->max_connections = 40;
    fake.settings.tuning.connections = 6;
    check_all();
    assert_int_equal(preflight.findings.n, 0);
    fake.settings.tuning.connections = 7;
    check_all();
    assert_string_equal(the_finding(FINDING_LACK),
        "shard idfa (127.0.0.1:33013): the load opens 14 connections, but of "
        "its 40 only 12 are free; lower --processes or --connections, or start "
        "memcached with a larger -c");
    /* 3 files are there for two of three processes */
    fake.settings.tuning.processes = 1;
    check_all();
    assert_int_equal(preflight.findings.n, 0);
    assert_int_equal(needs_connections(&fake.run, &preflight, 0), 7);
    /* two shards at one address are one server */
    preflight.forecast.servers[0].n_shards = 2;
    preflight.forecast.servers[1].n_shards = 0;
    assert_int_equal(needs_connections(&fake.run, &preflight, 0), 14);
    assert_int_equal(needs_connections(&fake.run, &preflight, 1), 0);
    preflight.forecast.servers[0].n_shards = 1;
    fake.settings.tuning.processes = 100;
    assert_int_equal(needs_connections(&fake.run, &preflight, 0), 21);
}

static void
too_few_descriptors(void **state)
{
    struct rlimit limit = {.rlim_cur = 33, .rlim_max = 33}, old;

    (void)state;
    assert_int_equal(needs_descriptors(&fake.run), 36);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    /* a soft limit is raised */
    limit.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    check_all();
    assert_int_equal(preflight.findings.n, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    /* of a process, or for all inputs and processes in the supervisor */
    assert_int_equal(run_places(&fake.run), 2);
    assert_int_equal(limit.rlim_cur, 3 + 2 + 1 + 32);
    limit.rlim_cur = old.rlim_cur;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    fake.settings.tuning.mode = MODE_SET;
    assert_int_equal(needs_descriptors(&fake.run), 44);
}

/* --- memory and items ----------------------------------------------------- */

static const struct {
    uint64_t limit, used, needed; /* MiB */
    bool never_evicts, fits_always;
    enum finding_level level;
    const char *text; /* NULL: nothing is found */
} memory_rows[] = {
    {100, 0, 95, false, false, 0, NULL},
    {100, 0, 96, false, false, FINDING_NOTE,
        "the load needs about 96.0 MiB of its 100.0 MiB, which is tight: it "
        "may evict items"},
    {100, 0, 100, true, false, FINDING_NOTE,
        "the load needs about 100.0 MiB of its 100.0 MiB, which is tight: it "
        "may refuse items"},
    {100, 0, 125, false, false, FINDING_LACK,
        "about 1,000 items need 125.0 MiB of memory, but it has 100.0 MiB: it "
        "will evict some 20 % of them; start memcached with -m 192"},
    {100, 100, 400, true, false, FINDING_LACK,
        "about 1,000 items need 400.0 MiB of memory, but it has 100.0 MiB: it "
        "will refuse some 75 % of them; start memcached with -m 448"},
    /* every night the same: no reason for a warning */
    {100, 90, 90, false, false, FINDING_NOTE,
        "777 items take 90.0 MiB of its 100.0 MiB, and the load needs about "
        "90.0 MiB: that fits when it replaces them, as loading the same keys "
        "again does; else it will evict items"},
    {100, 5, 95, false, false, 0, NULL},
    {2, 2, 9, true, true, 0, NULL},     /* each class has one page anyway */
    {0, 5, 9999, true, false, 0, NULL}, /* -m 0, or it does not say */
};

static void
memory_against_the_forecast(void **state)
{
    char want[512];

    (void)state;
    for (size_t i = 0; i < sizeof(memory_rows) / sizeof(memory_rows[0]); i++) {
        facts->limit_bytes = memory_rows[i].limit * MIB;
        facts->used_bytes = memory_rows[i].used * MIB;
        facts->curr_items = 777;
        facts->never_evicts = memory_rows[i].never_evicts;
        forecast->needed_bytes = memory_rows[i].needed * MIB;
        forecast->fits_always = memory_rows[i].fits_always;
        check_all();
        if (!memory_rows[i].text) {
            assert_int_equal(preflight.findings.n, 0);
            continue;
        }
        snprintf(want, sizeof(want), "shard idfa (127.0.0.1:33013): %s",
            memory_rows[i].text);
        assert_string_equal(the_finding(memory_rows[i].level), want);
    }
}

static void
an_estimate_is_told_in_three_digits(void **state)
{
    static const struct {
        double n;
        uint64_t is;
    } rows[] = {{0, 0}, {0.4, 0}, {0.5, 1}, {999.4, 999}, {999.5, 1000},
        {1234, 1230}, {746374, 746000}, {999999, 1000000}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(forecast_count(&preflight.forecast, rows[i].n),
            rows[i].is);
    preflight.forecast.is_exact = true;
    assert_int_equal(forecast_count(&preflight.forecast, 746374.2), 746374);
}

static void
only_with_require_capacity_is_a_lack_a_refusal(void **state)
{
    (void)state;
    forecast->needed_bytes = 2000 * MIB;
    check_all();
    assert_int_equal(preflight_refusal(&fake.run, &preflight),
        INPUT_REASON_NONE);
    fake.settings.servers.require_capacity = true;
    assert_int_equal(preflight_refusal(&fake.run, &preflight),
        INPUT_REASON_NO_CAPACITY);
    preflight.n_away = 1;
    assert_int_equal(preflight_refusal(&fake.run, &preflight),
        INPUT_REASON_NO_SERVER);
    fake.settings.servers.degraded = true;
    assert_int_equal(preflight_refusal(&fake.run, &preflight),
        INPUT_REASON_NO_CAPACITY);
    preflight.n_away = FAKE_SERVERS;
    assert_int_equal(preflight_refusal(&fake.run, &preflight),
        INPUT_REASON_NO_SERVER);
    fake.run.task.purpose = PURPOSE_DRY;
    assert_int_equal(preflight_refusal(&fake.run, &preflight),
        INPUT_REASON_NONE);
}

static void
items_larger_than_the_server_takes(void **state)
{
    (void)state;
    forecast->largest_bytes = MIB;
    check_all();
    assert_int_equal(preflight.findings.n, 0);
    forecast->largest_bytes = MIB + 1;
    forecast->too_large = 53; /* scaled up from one: not told */
    forecast->too_large_seen = 1;
    preflight.forecast.lines_sampled = 24000;
    check_all();
    assert_string_equal(the_finding(FINDING_LACK),
        "shard idfa (127.0.0.1:33013): an item of 1,048,577 bytes was seen, "
        "but it takes 1,048,576 at most: what is larger will be rejected "
        "(too_large), 1 of the 24,000 lines looked at; start memcached with "
        "-I 2m");
    facts->is_known = false; /* away: nothing to hold it against */
    check_all();
    assert_int_equal(preflight.findings.n, 0);
}

static void
standard_input_is_not_in_the_forecast(void **state)
{
    (void)state;
    fake.inputs[1].type = &input_stdin;
    check_all();
    assert_string_equal(the_finding(FINDING_NOTE),
        "standard input cannot be sampled: what it needs is not in this "
        "forecast");
}

/* --- wishes --------------------------------------------------------------- */

static const char *
wished(size_t server)
{
    static struct text text;

    text_clear(&text);
    sizing_print(&text, &fake.run, &preflight, server);
    return text.data;
}

static void
what_suffices_is_kept(void **state)
{
    (void)state;
    assert_string_equal(wished(0),
        "memcached -m 1024 -c 1024 -I 1m -l 127.0.0.1 -p 33013");
    assert_string_equal(wished(3),
        "memcached -m 1024 -c 1024 -I 1m -s /run/memcached.sock");
    facts->limit_bytes = 12 * MIB;
    facts->max_connections = 100;
    facts->item_size_max = 512 << 10;
    facts->never_evicts = true;
    facts->slabs = (struct slab_settings){.growth_factor = 1.08,
        .least_bytes = 100,
        .chunk_max = 128 << 10,
        .has_no_cas = true};
    assert_string_equal(wished(0),
        "memcached -m 12 -c 100 -I 512k -M -C -f 1.08 -n 100 "
        "-o slab_chunk_max=131072 -l 127.0.0.1 -p 33013");
    facts->limit_bytes = 0;
    assert_non_null(strstr(wished(0), "memcached -m 0 "));
}

static void
more_where_it_does_not_suffice(void **state)
{
    (void)state;
    facts->limit_bytes = 64 * MIB;
    forecast->needed_bytes = 64 * MIB;
    assert_non_null(strstr(wished(0), "-m 128 "));
    forecast->needed_bytes = 1000 * MIB;
    assert_non_null(strstr(wished(0), "-m 1152 "));
    forecast->largest_bytes = 3 * MIB;
    assert_non_null(strstr(wished(0), "-I 4m"));
    /* memcached takes no larger ones, and wants twice that as memory */
    forecast->largest_bytes = 900 * MIB;
    assert_non_null(strstr(wished(0), "-m 2048 -c 1024 -I 1024m"));
    facts->max_connections = 40;
    fake.settings.tuning.connections = 64;
    assert_non_null(strstr(wished(0), "-c 1024 "));
    fake.settings.tuning.processes = 3;
    fake.settings.tuning.connections = 1000;
    assert_non_null(strstr(wished(0), "-c 3072 "));
}

static void
a_server_not_asked_gets_defaults(void **state)
{
    (void)state;
    *facts = (struct server_facts){0};
    forecast->needed_bytes = 1;
    assert_string_equal(wished(0),
        "memcached -m 64 -c 1024 -I 1m -l 127.0.0.1 -p 33013");
}

#define CHECK(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK(nothing_is_found_of_what_suffices),
        CHECK(a_server_without_meta_commands),
        CHECK(connections_that_are_free),
        CHECK(too_many_connections),
        CHECK(too_few_descriptors),
        CHECK(memory_against_the_forecast),
        CHECK(an_estimate_is_told_in_three_digits),
        CHECK(only_with_require_capacity_is_a_lack_a_refusal),
        CHECK(items_larger_than_the_server_takes),
        CHECK(standard_input_is_not_in_the_forecast),
        CHECK(what_suffices_is_kept),
        CHECK(more_where_it_does_not_suffice),
        CHECK(a_server_not_asked_gets_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
