/* What servers answer to the probe, in every possible piece. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "memc/probe_answer.h"
#include "memc/shard_map.h"

#define STATS                                                      \
    "STAT pid 4711\r\nSTAT uptime 100\r\nSTAT time 1700000100\r\n" \
    "STAT version 1.6.18\r\nSTAT rusage_user 0.010000\r\n"         \
    "STAT curr_connections 3\r\nSTAT cmd_flush 2\r\n"              \
    "STAT reserved_fds 20\r\nSTAT limit_maxbytes 67108864\r\n"     \
    "STAT bytes 1000\r\nSTAT curr_items 9\r\nSTAT evictions 7\r\nEND\r\n"
#define SETTINGS                                        \
    "STAT maxbytes 67108864\r\nSTAT maxconns 1024\r\n"  \
    "STAT item_size_max 2097152\r\nSTAT inter NULL\r\n" \
    "STAT evictions off\r\nSTAT growth_factor 1.08\r\n" \
    "STAT chunk_size 64\r\nSTAT cas_enabled no\r\n"     \
    "STAT slab_chunk_max 262144\r\nEND\r\n"
#define SLABS                                            \
    "STAT 1:chunk_size 96\r\nSTAT 1:used_chunks 10\r\n"  \
    "STAT 1:free_chunks 9\r\nSTAT 7:chunk_size 1000\r\n" \
    "STAT 7:used_chunks 2\r\nSTAT active_slabs 2\r\n"    \
    "STAT total_malloced 2097152\r\nEND\r\n"

static enum probe_state
feed(const char *text, size_t step, struct server_facts *facts)
{
    struct probe_answer answer = {0};
    enum probe_state state = PROBE_MORE;
    size_t n = strlen(text);

    *facts = (struct server_facts){0};
    for (size_t i = 0; i < n && state == PROBE_MORE; i += step)
        state =
            probe_feed(&answer, text + i, n - i < step ? n - i : step, facts);
    return state;
}

static void
a_server_tells_its_facts(void **state)
{
    static const char text[] =
        "VERSION 1.6.18\r\n" STATS SETTINGS SLABS "MN\r\n";
    struct server_facts facts;

    (void)state;
    for (size_t step = 1; step <= sizeof(text); step++) {
        assert_int_equal(feed(text, step, &facts), PROBE_ANSWERED);
        assert_true(facts.is_known);
        assert_true(facts.has_meta);
        assert_string_equal(facts.version, "1.6.18");
        assert_int_equal(facts.pid, 4711);
        assert_int_equal(facts.started_at, 1700000000);
        assert_int_equal(facts.cmd_flush, 2);
        assert_int_equal(facts.curr_connections, 3);
        assert_int_equal(facts.max_connections, 1024);
        assert_int_equal(facts.item_size_max, 2097152);
        assert_int_equal(facts.evictions, 7);
        assert_int_equal(facts.limit_bytes, 67108864);
        assert_int_equal(facts.used_bytes, 10 * 96 + 2 * 1000);
        assert_int_equal(facts.curr_items, 9);
        assert_int_equal(facts.reserved_fds, 20);
        assert_true(facts.never_evicts);
        assert_true(facts.slabs.has_no_cas);
        assert_true(facts.slabs.growth_factor == 1.08);
        assert_int_equal(facts.slabs.least_bytes, 64);
        assert_int_equal(facts.slabs.chunk_max, 262144);
    }
}

/* As memcached 1.4 does. */
static void
a_server_without_slab_stats_and_settings(void **state)
{
    struct server_facts facts;

    (void)state;
    assert_int_equal(feed("VERSION 1.4.15\r\n" STATS
                          "STAT item_size_max 4194304\r\n"
                          "STAT evictions on\r\nSTAT growth_factor 1.25\r\n"
                          "END\r\nEND\r\nERROR\r\n",
                         9, &facts),
        PROBE_ANSWERED);
    assert_false(facts.never_evicts);
    assert_false(facts.slabs.has_no_cas);
    assert_int_equal(facts.slabs.chunk_max, 4194304);
    assert_int_equal(facts.used_bytes, 1000);
}

static void
an_old_server_has_no_meta(void **state)
{
    struct server_facts facts;

    (void)state;
    assert_int_equal(feed("VERSION 1.4.15\r\n" STATS SETTINGS SLABS "ERROR\r\n",
                         7, &facts),
        PROBE_ANSWERED);
    assert_false(facts.has_meta);
    /* knows `mn`, but its `ms` is another command */
    assert_int_equal(feed("VERSION 1.6.9\r\n" STATS SETTINGS SLABS "MN\r\n", 7,
                         &facts),
        PROBE_ANSWERED);
    assert_false(facts.has_meta);
}

static void
a_server_without_stats_gets_the_default_item_size(void **state)
{
    struct server_facts facts;

    (void)state;
    assert_int_equal(feed("VERSION 1.6.18\r\nERROR\r\nERROR\r\nERROR\r\nMN\r\n",
                         100, &facts),
        PROBE_ANSWERED);
    assert_int_equal(facts.item_size_max, ITEM_SIZE_MAX_DEFAULT);
}

/* Times that far off would overflow when they are compared, and counters when
 * those of several servers are added up. */
static void
numbers_beyond_all_measure_are_left_out(void **state)
{
    static const char *const numbers[] = {"4503599627370497",
        "9223372036854775807", "9223372036854775808", "18446744073709551615",
        "99999999999999999999", "-1"};
    struct server_facts facts;
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        snprintf(text, sizeof(text),
            "VERSION 1.6.18\r\nSTAT time 1700000100\r\nSTAT uptime 100\r\n"
            "STAT pid 4711\r\nSTAT pid %s\r\nSTAT time %s\r\n"
            "STAT uptime %s\r\nEND\r\nSTAT item_size_max %s\r\nEND\r\nEND\r\n"
            "MN\r\n",
            numbers[i], numbers[i], numbers[i], numbers[i]);
        assert_int_equal(feed(text, 7, &facts), PROBE_ANSWERED);
        assert_int_equal(facts.pid, 4711);
        assert_int_equal(facts.started_at, 1700000000);
        assert_int_equal(facts.item_size_max, ITEM_SIZE_MAX_DEFAULT);
    }
}

/* As a time without an uptime, it would be another one at each reading. */
static void
half_a_start_is_none(void **state)
{
    static const char *const halves[] = {"STAT time 1700000100\r\n",
        "STAT uptime 100\r\n", "STAT time 1700000100\r\nSTAT uptime -1\r\n"};
    struct server_facts facts;
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
        snprintf(text, sizeof(text),
            "VERSION 1.6.18\r\n%sEND\r\nEND\r\nEND\r\nMN\r\n", halves[i]);
        assert_int_equal(feed(text, 7, &facts), PROBE_ANSWERED);
        assert_int_equal(facts.started_at, 0);
    }
}

static void
nonsense_is_told_from_an_answer(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 400 Bad Request\r\n",
        "ERROR Too many open connections\r\n",
        "-ERR unknown command\r\n",
        "VERSION 1.6.18\r\nMOVED\r\n",
        "\r\n",
    };
    struct server_facts facts;
    char line[3000];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(feed(texts[i], 5, &facts), PROBE_SENSELESS);
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    assert_int_equal(feed(line, 100, &facts), PROBE_SENSELESS);
}

static void
an_answer_has_an_end(void **state)
{
    static const char line[] = "STAT foo 1\r\n";
    struct probe_answer answer = {0};
    struct server_facts facts = {0};
    enum probe_state came = probe_feed(&answer, "VERSION 1\r\n", 11, &facts);
    size_t n = 0;

    (void)state;
    for (; came == PROBE_MORE; n += sizeof(line) - 1)
        came = probe_feed(&answer, line, sizeof(line) - 1, &facts);
    assert_int_equal(came, PROBE_SENSELESS);
    assert_in_range(n, 512 << 10, 2 << 20); /* a real one has some 30 KiB */
}

static void
all_that_goes_before_its_time_is_evicted(void **state)
{
    static const char text[] =
        "VERSION 1.6.18\r\nSTAT evictions 7\r\n"
        "STAT slab_reassign_evictions_nomem 10\r\n"
        "STAT slab_reassign_busy_deletes 200\r\n"
        "STAT extstore_objects_evicted 3000\r\n"
        "STAT badcrc_from_extstore 40000\r\n"
        "STAT slab_reassign_inline_reclaim 500000\r\nEND\r\nEND\r\nEND\r\n"
        "MN\r\n";
    struct server_facts facts;

    (void)state;
    assert_int_equal(feed(text, 11, &facts), PROBE_ANSWERED);
    assert_int_equal(facts.evictions, 43217);
    assert_int_equal(facts.evictions_by[EVICTION_PAGE_NO_ROOM], 10);
    assert_int_equal(facts.evictions_by[EVICTION_EXTSTORE_BAD], 40000);
}

static void
its_clock_is_held_against_ours(void **state)
{
    char text[200];
    struct server_facts facts;

    (void)state;
    snprintf(text, sizeof(text),
        "VERSION 1.6.18\r\nSTAT uptime 1\r\nSTAT time %lld\r\nEND\r\nEND\r\n"
        "END\r\nMN\r\n",
        (long long)clock_wall_s() - 5000);
    assert_int_equal(feed(text, 7, &facts), PROBE_ANSWERED);
    assert_in_range(facts.clock_ahead_s + 5010, 5, 10);
}

static void
half_an_answer_is_no_answer(void **state)
{
    static const char text[] =
        "VERSION 1.6.18\r\n" STATS SETTINGS SLABS "MN\r\n";
    char part[sizeof(text)];
    struct server_facts facts;

    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        memcpy(part, text, n);
        part[n] = '\0';
        assert_int_equal(feed(part, 64, &facts), PROBE_MORE);
        assert_false(facts.is_known);
    }
}

static const struct canary told = {
    .key = "memc_load:x", .value = "0123abcd", .next = "4567efab"};

/* The canary's part of an answer, and what becomes of it. */
static enum probe_state
feed_canary(const struct canary *canary, const char *text,
    struct server_facts *facts)
{
    struct probe_answer answer = {.canary = canary};
    char all[2000];
    int n = snprintf(all, sizeof(all),
        "VERSION 1.6.18\r\n" STATS SETTINGS SLABS "%s", text);
    enum probe_state state = PROBE_MORE;

    *facts = (struct server_facts){0};
    for (int i = 0;
         i < n && (state == PROBE_MORE || state == PROBE_WANTS_CANARY); i++)
        state = probe_feed(&answer, all + i, 1, facts);
    return state;
}

static void
its_canary_is_there(void **state)
{
    struct server_facts facts;

    (void)state;
    assert_int_equal(feed_canary(&told,
                         "TOUCHED\r\nVALUE memc_load:x 0 8\r\n0123abcd\r\n"
                         "END\r\nMN\r\n",
                         &facts),
        PROBE_ANSWERED);
    assert_int_equal(facts.canary, CANARY_THERE);
    assert_false(facts.has_canary);
    assert_int_equal(facts.cmd_set, 0);
}

static void
its_canary_is_gone(void **state)
{
    static const char *const texts[] = {
        "NOT_FOUND\r\nEND\r\nMN\r\nEND\r\nSTORED\r\n",
        /* one of another life of it */
        "ERROR\r\nVALUE memc_load:x 0 8\r\n99999999\r\nEND\r\nERROR\r\n"
        "ERROR\r\nSTORED\r\n",
        "NOT_FOUND\r\nEND\r\nMN\r\nSTAT items:1:evicted 0\r\n"
        "STAT items:2:evicted 10\r\nEND\r\nSTORED\r\n",
    };
    struct server_facts facts;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(feed_canary(&told, texts[i], &facts), PROBE_ANSWERED);
        assert_int_equal(facts.canary, CANARY_GONE);
        assert_true(facts.has_canary);
        assert_int_equal(facts.cmd_set, 1); /* that of the canary */
    }
}

/* Others of its class were evicted since it was set. */
static void
its_canary_may_be_evicted(void **state)
{
    struct canary canary = told;
    struct server_facts facts;

    (void)state;
    for (canary.evictions = 8; canary.evictions < 10; canary.evictions++) {
        assert_int_equal(
            feed_canary(&canary,
                "NOT_FOUND\r\nEND\r\nMN\r\nSTAT items:1:number 5\r\n"
                "STAT items:1:evicted 9\r\nEND\r\nSTORED\r\n",
                &facts),
            PROBE_ANSWERED);
        assert_int_equal(facts.canary,
            canary.evictions == 8 ? CANARY_EVICTED : CANARY_GONE);
        assert_int_equal(facts.canary_evictions, 9);
    }
}

static void
its_first_canary(void **state)
{
    struct canary canary = told;
    struct server_facts facts;

    (void)state;
    canary.value[0] = '\0';
    assert_int_equal(feed_canary(&canary, "MN\r\nEND\r\nSTORED\r\n", &facts),
        PROBE_ANSWERED);
    assert_true(facts.has_canary);
    assert_int_equal(facts.canary, CANARY_UNKNOWN);
    assert_int_equal(feed_canary(&canary,
                         "MN\r\nEND\r\nSERVER_ERROR out of memory\r\n", &facts),
        PROBE_ANSWERED);
    assert_false(facts.has_canary);
    assert_int_equal(facts.cmd_set, 0);
    canary.next[0] = '\0'; /* it is only asked for */
    assert_int_equal(feed_canary(&canary, "MN\r\n", &facts), PROBE_ANSWERED);
    assert_int_equal(feed_canary(&told, "TOUCHED\r\nSTORED\r\n", &facts),
        PROBE_SENSELESS);
}

static void
a_flush_to_come(void **state)
{
    static const struct {
        unsigned oldest, due_s;
    } cases[] = {{0, 0}, {159, 0}, {160, 1}, {161, 2}, {260, 101}};
    char text[300];
    struct server_facts facts;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text),
            "VERSION 1.6.18\r\nSTAT uptime 100\r\nEND\r\nSTAT oldest %u\r\n"
            "END\r\nEND\r\nMN\r\n",
            cases[i].oldest);
        assert_int_equal(feed(text, 100, &facts), PROBE_ANSWERED);
        assert_true(facts.has_oldest);
        assert_int_equal(facts.flush_due_s, cases[i].due_s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_tells_its_facts),
        cmocka_unit_test(a_server_without_slab_stats_and_settings),
        cmocka_unit_test(an_old_server_has_no_meta),
        cmocka_unit_test(a_server_without_stats_gets_the_default_item_size),
        cmocka_unit_test(numbers_beyond_all_measure_are_left_out),
        cmocka_unit_test(half_a_start_is_none),
        cmocka_unit_test(nonsense_is_told_from_an_answer),
        cmocka_unit_test(an_answer_has_an_end),
        cmocka_unit_test(all_that_goes_before_its_time_is_evicted),
        cmocka_unit_test(its_clock_is_held_against_ours),
        cmocka_unit_test(half_an_answer_is_no_answer),
        cmocka_unit_test(its_canary_is_there),
        cmocka_unit_test(its_canary_is_gone),
        cmocka_unit_test(its_canary_may_be_evicted),
        cmocka_unit_test(its_first_canary),
        cmocka_unit_test(a_flush_to_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
