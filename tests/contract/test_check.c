/*
 * The sink that looks (src/sink/check.h): its verdicts, against servers that
 * do as they are told. What it shares with other sinks is in test_sink.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/address.h"
#include "base/clock.h"
#include "contract/scripted.h"
#include "memc/getter.h"
#include "sink/check.h"
#include "unit/item_maker.h"

enum { TIMEOUT_MS = 250, OUTAGE_MS = 600, DEADLINE_MS = 30000, MANY = 2500 };

static size_t n_done;
static uint32_t wanted_flags;
static enum item_check found[MANY]; /* of each item, in their order */

/*
 * As a batch that is home does: what came back is taken over, and the item is
 * another one's from then on.
 */
static void
on_done(void *ctx, struct item *first, size_t n, enum outcome outcome)
{
    struct item **items = ctx, *item = first, *next;

    assert_int_equal(outcome, OUTCOME_SENT);
    for (size_t i = 0; i < n; i++, item = next) {
        assert_ptr_equal(item, items[n_done]);
        assert_int_equal(item->outcome, OUTCOME_NONE);
        next = item->next;
        found[n_done++] = (enum item_check)item->check;
        memset(item->bytes, 'Z', item->key_bytes);
        item->check = CHECK_NONE;
        item->next = NULL;
    }
}

/* Lets a lane look for all items; how long it took, in ms. */
static int64_t
look_for(const char *address_text, struct item **items, size_t n,
    struct sink_stats *stats_out)
{
    int64_t begun = clock_ms(), wake_at, now;
    struct address address;
    static char scratch[GETTER_ROOM_BYTES];
    struct sink *sink;
    struct pollfd fd;
    struct err err;

    assert_int_equal(address_parse(&address, address_text, strlen(address_text),
                         &err),
        0);
    sink = sink_new(&sink_check, &(struct sink_config){.shard = "idfa",
                                     .terms.flags = wanted_flags,
                                     .address = &address,
                                     .timeout_ms = TIMEOUT_MS,
                                     .retry_delay_ms = 1,
                                     .max_outage_ms = OUTAGE_MS,
                                     .scratch = scratch,
                                     .scratch_bytes = sizeof(scratch),
                                     .done = on_done,
                                     .ctx = items});
    n_done = 0;
    /* each a batch of its own */
    for (size_t i = 0; i < n; i++)
        sink_put(sink, items[i], items[i], 1, 0);
    while (sink->pending) {
        now = clock_ms();
        assert_true(now - begun < DEADLINE_MS);
        if (sink->type->work(sink, now))
            continue;
        sink->type->wants(sink, &fd, &wake_at);
        poll(&fd, 1, clock_poll_ms(wake_at, now));
    }
    assert_int_equal(n_done, n);
    *stats_out = sink->stats;
    sink_free(sink);
    address_release(&address);
    return clock_ms() - begun;
}

#define A "VALUE idfa:a 0 1\r\nA\r\n"
#define B "VALUE idfa:b 0 1\r\nB\r\n"
#define C "VALUE idfa:c 0 1\r\nC\r\n"
#define END "END\r\n"

/* Verdicts on a, b, c, whose values are A, B, C, as letters. */
static void
verdicts_are_what_the_server_says(void **state)
{
    static const struct {
        const char *name, *verdicts;
        struct script scripts[3];
        size_t n_scripts;
        unsigned reconnects;
        bool is_away;
    } rows[] = {
        {"all", "+++", {{SAY, A B C END}}, 1, 0, false},
        {"one", "-+-", {{SAY, B END}}, 1, 0, false},
        {"none", "---", {{SAY, END}}, 1, 0, false},
        {"another value", "+x+", {{SAY, A "VALUE idfa:b 0 1\r\nb\r\n" C END}},
            1, 0, false},
        {"longer", "x--", {{SAY, "VALUE idfa:a 0 2\r\nAA\r\n" END}}, 1, 0,
            false},
        {"shorter", "x--", {{SAY, "VALUE idfa:a 0 0\r\n\r\n" END}}, 1, 0,
            false},
        {"closed, then fine", "+-+", {{SAY_AND_CLOSE, ""}, {SAY, A C END}}, 2,
            1, false},
        {"three times, then fine", "+-+",
            {{SAY_AND_CLOSE, ""}, {SAY_AND_CLOSE, ""}, {SAY, A C END}}, 3, 2,
            false},
        {"cut after b, then fine", "++-", {{SAY_AND_CLOSE, B}, {SAY, A END}}, 2,
            1, false},
        {"cut after a, then fine", "+++", {{SAY_AND_CLOSE, A}, {SAY, B C END}},
            2, 1, false},
        {"cut after a and b, then fine", "++-",
            {{SAY_AND_CLOSE, A B}, {SAY, END}}, 2, 1, false},
        {"cut after all, then fine", "+++",
            {{SAY_AND_CLOSE, A B C}, {SAY, END}}, 2, 0, false},
        {"silent, then fine", "+++", {{STAY_SILENT, NULL}, {SAY, A B C END}}, 2,
            1, false},
        {"silent after c", "??+", {{SAY, C}, {STAY_SILENT, NULL}}, 2, 0, true},
        {"silent", "???", {{STAY_SILENT, NULL}}, 1, 0, true},
        {"an error, always", "???", {{SAY, "SERVER_ERROR x\r\n"}}, 1, 0, true},
        {"no memcached", "???", {{GREET, "HTTP/1.1 400 Bad\r\n"}}, 1, 0, true},
    };
    static const char letters[] = " +-x?";
    struct sink_stats stats;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct item *items[] = {make_item("idfa:a", "A", 1),
            make_item("idfa:b", "B", 1), make_item("idfa:c", "C", 1)};
        struct fake server;
        char got[4] = "";

        start(&server, "s", rows[i].scripts, rows[i].n_scripts);
        look_for(server.address, items, 3, &stats);
        stop(&server);
        for (size_t j = 0; j < 3; j++) {
            got[j] = letters[found[j]];
            free(items[j]);
        }
        if (strcmp(got, rows[i].verdicts) != 0)
            fail_msg("%s: %s, not %s", rows[i].name, got, rows[i].verdicts);
        if (stats.is_away != rows[i].is_away)
            fail_msg("%s: away: %d", rows[i].name, stats.is_away);
        if (!rows[i].is_away && stats.reconnects != rows[i].reconnects)
            fail_msg("%s: %d reconnects", rows[i].name, (int)stats.reconnects);
    }
}

static void
other_flags_are_another_item(void **state)
{
    static const struct script script = {SAY,
        "VALUE idfa:a 0 1\r\nA\r\nVALUE idfa:b 7 1\r\nB\r\n"
        "VALUE idfa:c 4294967295 1\r\nC\r\n" END};
    static const struct {
        uint32_t wanted;
        enum item_check verdicts[3];
    } rows[] = {
        {0, {CHECK_MATCHED, CHECK_DIFFERENT, CHECK_DIFFERENT}},
        {7, {CHECK_DIFFERENT, CHECK_MATCHED, CHECK_DIFFERENT}},
        {UINT32_MAX, {CHECK_DIFFERENT, CHECK_DIFFERENT, CHECK_MATCHED}},
    };
    struct sink_stats stats;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct item *items[] = {make_item("idfa:a", "A", 1),
            make_item("idfa:b", "B", 1), make_item("idfa:c", "C", 1)};
        struct fake server;

        wanted_flags = rows[i].wanted;
        start(&server, "s", &script, 1);
        look_for(server.address, items, 3, &stats);
        stop(&server);
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(found[j], rows[i].verdicts[j]);
            free(items[j]);
        }
    }
    wanted_flags = 0;
}

/* More than one round, some of the keys twice. */
static void
many_are_looked_for_in_rounds(void **state)
{
    static const struct script script = {ECHO, NULL};
    static struct item *items[MANY];
    struct sink_stats stats;
    struct fake server;
    char key[32], value[70];

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        snprintf(key, sizeof(key), "idfa:%zu", i % 7 ? i : i / 2);
        snprintf(value, sizeof(value), "%s%s", key, i % 5 ? key : "no");
        items[i] = make_item(key, value, strlen(value));
    }
    wanted_flags = 7; /* an echo's */
    start(&server, "s", &script, 1);
    look_for(server.address, items, MANY, &stats);
    stop(&server);
    wanted_flags = 0;
    assert_in_range(atomic_load(&server.n_requests), 3, 6);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(found[i], i % 5 ? CHECK_MATCHED : CHECK_DIFFERENT);
        free(items[i]);
    }
}

/* It is bounded, however much is to be looked for. */
static void
a_silent_server_is_given_up(void **state)
{
    static const struct script script = {STAY_SILENT, NULL};
    static struct item *items[MANY];
    struct sink_stats stats;
    struct fake server;
    char key[32];

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        snprintf(key, sizeof(key), "idfa:%zu", i);
        items[i] = make_item(key, "x", 1);
    }
    start(&server, "s", &script, 1);
    assert_true(look_for(server.address, items, MANY, &stats) >= OUTAGE_MS);
    stop(&server);
    assert_true(stats.is_away);
    /* at the most two a timeout: one for the keys, one for the version */
    assert_in_range(atomic_load(&server.n_requests), 1,
        2 + OUTAGE_MS / TIMEOUT_MS);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(found[i], CHECK_UNREADABLE);
        free(items[i]);
    }
}

static int
make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/checkXXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int
remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_are_what_the_server_says),
        cmocka_unit_test(other_flags_are_another_item),
        cmocka_unit_test(many_are_looked_for_in_rounds),
        cmocka_unit_test(a_silent_server_is_given_up),
    };

    alarm(110); /* a server that is never asked would wait for ever */
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
