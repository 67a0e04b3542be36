/*
 * The ledger: what batches come home with is counted once, published whole,
 * and a refused item takes with it what its key had held.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "load/ledger.h"
#include "unit/batch_maker.h"
#include "unit/seed.h"

enum { N_SERVERS = 2, N_LANES = 4, N_KEYS = 6 };

static struct settings settings;
static struct batch_pool *pool;
static struct slot *slot;
static struct line_log line_log;
static struct ledger *ledger;

static int
set_up(void **state)
{
    static const size_t server_of_lane[N_LANES] = {0, 0, 1, 1};
    struct batch_room room;

    (void)state;
    log_init(STDERR_FILENO, LOG_E);
    settings = maker_settings(N_LANES / N_SERVERS, 4);
    room = batch_room_of(&settings);
    pool = batch_pool_new(&room, N_LANES);
    slot = slot_new(N_SERVERS);
    line_log = (struct line_log){.file_name = "a.gz"};
    ledger = ledger_new(&(struct ledger_input){
        .slot = slot,
        .pool = pool,
        .line_log = &line_log,
        .stop_fd = -1,
        .server_of_lane = server_of_lane,
        .n_lanes = N_LANES,
    });
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    ledger_free(ledger);
    slot_free(slot);
    batch_pool_free(pool);
    return 0;
}

/* As a lane does when its sink is done with an item. */
static void
done(struct batch *batch, size_t lane, struct item *item, enum outcome outcome)
{
    bool is_good = outcome == OUTCOME_STORED || outcome == OUTCOME_SENT;

    if (!is_good)
        item->outcome = (uint8_t)outcome;
    if (!is_good && outcome != OUTCOME_OUTAGE)
        ledger_refused(ledger, batch, lane, item, outcome);
    batch->outcomes[lane][outcome]++;
}

/* The report as published, which must balance. */
static struct report *
read_report(void)
{
    struct report *report = slot_read(slot);

    assert_true(counts_balance(&report->counts));
    return report;
}

static void
test_each_outcome(void **state)
{
    static const struct {
        enum outcome outcome;
        struct counts counts;        /* of one item */
        struct server_counts server; /* likewise */
    } cases[] = {
        {OUTCOME_STORED, {.stored = 1}, {.stored = 1}},
        {OUTCOME_SENT, {.sent = 1}, {.sent = 1}},
        {OUTCOME_TOO_LARGE, {.rejected = 1}, {.rejected = 1}},
        {OUTCOME_OUT_OF_MEMORY, {.failed = 1},
            {.failed = 1, .out_of_memory = 1}},
        {OUTCOME_REFUSED, {.failed = 1}, {.failed = 1}},
        {OUTCOME_OUTAGE, {.failed = 1}, {.failed = 1, .outage = 1}},
    };
    uint64_t failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct batch *batch = maker_batch(pool, i + 1);
        struct report *before = read_report(), *after;
        enum outcome outcome = cases[i].outcome;

        ledger_out(ledger, batch);
        done(batch, 2, maker_item(batch, 2, "key", "value"), outcome);
        maker_line(batch);
        batch->counts.blank = 1;
        ledger_home(ledger, batch);
        after = read_report();
        failed += cases[i].counts.failed;
        assert_int_equal(after->counts.lines, 2 * (i + 1));
        assert_int_equal(after->counts.blank, i + 1);
        assert_int_equal(after->counts.batches, i + 1);
        assert_int_equal(after->counts.failed, failed);
        assert_int_equal(after->counts.stored - before->counts.stored,
            cases[i].counts.stored);
        assert_int_equal(after->counts.sent - before->counts.sent,
            cases[i].counts.sent);
        assert_int_equal(after->counts.rejected - before->counts.rejected,
            cases[i].counts.rejected);
        assert_int_equal(after->counts.rejects[REASON_TOO_LARGE] -
                             before->counts.rejects[REASON_TOO_LARGE],
            cases[i].counts.rejected);
        assert_int_equal(after->counts.outcomes[outcome], 1);
        server_counts_add(&before->servers[1], &cases[i].server);
        assert_memory_equal(&before->servers[1], &after->servers[1],
            sizeof(after->servers[1]));
        assert_int_equal(after->servers[0].stored, 0);
        free(before);
        free(after);
    }
}

/* Nothing of a batch is counted before all of it is. */
static void
test_published_at_home(void **state)
{
    struct batch *first = maker_batch(pool, 1), *second = maker_batch(pool, 2);
    struct report *report;

    (void)state;
    ledger_out(ledger, first);
    ledger_out(ledger, second);
    done(first, 0, maker_item(first, 0, "a", "1"), OUTCOME_STORED);
    done(second, 0, maker_item(second, 0, "b", "2"), OUTCOME_STORED);
    done(second, 3, maker_item(second, 3, "c", "3"), OUTCOME_STORED);
    report = read_report();
    assert_int_equal(report->counts.lines, 0);
    free(report);
    /* the later one is home before the earlier one */
    ledger_home(ledger, second);
    report = read_report();
    assert_int_equal(report->counts.stored, 2);
    assert_int_equal(report->servers[0].stored, 1);
    assert_int_equal(report->servers[1].stored, 1);
    free(report);
    assert_false(batch_pool_all_home(pool));
    ledger_home(ledger, first);
    assert_true(batch_pool_all_home(pool));
    report = read_report();
    assert_int_equal(report->counts.stored, 3);
    assert_int_equal(report->ending, ENDING_NONE);
    free(report);
}

/* What an item of that outcome, refused in lane 0 of batch 3, does to one that
 * was stored. */
static void
test_refusal_takes_what_was_held(void **state)
{
    enum { OUT = 1, HOME = 0 };
    static const struct {
        const char *key;
        size_t lane;
        uint64_t batch; /* number of the other item's */
        enum outcome before, wanted;
        bool same_hash;
    } cases[] = {
        {"key", 0, 1, OUTCOME_NONE, OUTCOME_REFUSED, false},
        {"key", 0, 2, OUTCOME_NONE, OUTCOME_REFUSED, false},
        {"key", 0, 3, OUTCOME_NONE, OUTCOME_REFUSED, false},
        /* later */
        {"key", 0, 4, OUTCOME_NONE, OUTCOME_NONE, false},
        /* of another key, or with the same hash by accident */
        {"kex", 0, 2, OUTCOME_NONE, OUTCOME_NONE, false},
        {"kex", 0, 2, OUTCOME_NONE, OUTCOME_NONE, true},
        {"key2", 0, 2, OUTCOME_NONE, OUTCOME_NONE, true},
        /* at another server */
        {"key", 2, 2, OUTCOME_NONE, OUTCOME_NONE, false},
        /* already failed, as something else */
        {"key", 0, 2, OUTCOME_OUT_OF_MEMORY, OUTCOME_OUT_OF_MEMORY, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct batch *batch[5];
        struct item *item, *refused;
        size_t lane = cases[i].lane;

        for (uint64_t n = 1; n < 5; n++) {
            batch[n] = maker_batch(pool, n);
            maker_item(batch[n], 1, "other", "");
            ledger_out(ledger, batch[n]);
        }
        item = maker_item(batch[cases[i].batch], lane, cases[i].key, "old");
        refused = maker_item(batch[3], 0, "key", "2 much");
        if (cases[i].same_hash)
            item->key_hash = refused->key_hash;
        item->outcome = (uint8_t)cases[i].before;
        batch[cases[i].batch]
            ->outcomes[lane][item->outcome ? item->outcome : OUTCOME_STORED]++;
        refused->outcome = OUTCOME_TOO_LARGE;
        ledger_refused(ledger, batch[3], 0, refused, OUTCOME_TOO_LARGE);
        batch[3]->outcomes[0][OUTCOME_TOO_LARGE]++;
        if (item->outcome != cases[i].wanted)
            fail_msg("case %zu: %d, not %d", i, item->outcome, cases[i].wanted);
        for (uint64_t n = 1; n < 5; n++) {
            batch[n]->outcomes[1][OUTCOME_STORED]++;
            ledger_home(ledger, batch[n]); /* asserts that it balances */
        }
        tear_down(state);
        set_up(state);
    }
}

/* A batch that is home was counted, and is no longer the ledger's to change. */
static void
test_refusal_leaves_what_is_home(void **state)
{
    struct batch *first = maker_batch(pool, 1), *second = maker_batch(pool, 2);
    struct item *item = maker_item(first, 0, "key", "old");
    struct report *report;

    (void)state;
    ledger_out(ledger, first);
    ledger_out(ledger, second);
    done(first, 0, item, OUTCOME_STORED);
    ledger_home(ledger, first);
    done(second, 0, maker_item(second, 0, "key", "new"), OUTCOME_REFUSED);
    assert_int_equal(item->outcome, OUTCOME_NONE);
    ledger_home(ledger, second);
    report = read_report();
    assert_int_equal(report->counts.stored, 1);
    assert_int_equal(report->counts.failed, 1);
    free(report);
}

static void
test_servers_and_end(void **state)
{
    struct report *report;
    struct err err;

    (void)state;
    ledger_server(ledger, 1,
        &(struct server_counts){.retried = 7, .reconnects = 1});
    ledger_server(ledger, 1,
        &(struct server_counts){.retried = 2, .is_away = 1});
    report = read_report();
    assert_int_equal(report->servers[1].retried, 9);
    assert_int_equal(report->servers[1].reconnects, 1);
    assert_int_equal(report->servers[1].is_away, 1);
    assert_int_equal(report->servers[0].retried, 0);
    free(report);
    err_set(&err, ERR_IO, "%0*d", (int)sizeof(report->message) + 100, 7);
    err.error = 5;
    ledger_end(ledger, ENDING_BROKEN, INPUT_REASON_TRUNCATED, &err);
    report = read_report();
    assert_int_equal(report->ending, ENDING_BROKEN);
    assert_int_equal(report->reason, INPUT_REASON_TRUNCATED);
    assert_int_equal(report->error, 5);
    assert_int_equal(strlen(report->message), sizeof(report->message) - 1);
    assert_int_equal(report->jsonl_lines, 0);
    free(report);
    ledger_end(ledger, ENDING_READ, INPUT_REASON_NONE, NULL);
    report = read_report();
    assert_int_equal(report->ending, ENDING_READ);
    assert_int_equal(report->error, 0);
    assert_string_equal(report->message, "");
    free(report);
}

/* ------------------------------------------------------------ at random --- */

/* What is out, and what the ledger should make of it. */
struct model {
    struct rng rng;
    struct batch *out[8];
    size_t n_out;
    uint64_t number, stored, failed, too_large, lines;
};

/* One more batch is out. */
static void
begin(struct model *model)
{
    struct batch *batch = maker_batch(pool, ++model->number);
    size_t n = rng_below(&model->rng, MAKER_LINES);
    char key[8];

    for (size_t i = 0; i < n; i++) {
        snprintf(key, sizeof(key), "k%u",
            (unsigned)rng_below(&model->rng, N_KEYS));
        maker_item(batch, key[1] % N_LANES, key, "v");
    }
    ledger_out(ledger, batch);
    model->out[model->n_out++] = batch;
}

/* By hand, item by item: those of its key before it, in batches up to number
 * `last` of those out, if they were stored. */
static void
model_refusal(struct model *model, size_t last, size_t lane,
    const struct item *refused, uint8_t *marks[])
{
    for (size_t i = 0; i <= last; i++) {
        struct item *item = model->out[i]->lanes[lane].first;

        for (; item && item != refused; item = item->next)
            if (item->key_bytes == refused->key_bytes &&
                memcmp(item->bytes, refused->bytes, item->key_bytes) == 0 &&
                !marks[i][item->line])
                marks[i][item->line] = 1;
    }
}

/* All that is out gets its outcomes, lane by lane, in order. */
static void
finish(struct model *model)
{
    static const enum outcome outcomes[] = {OUTCOME_REFUSED,
        OUTCOME_OUT_OF_MEMORY, OUTCOME_TOO_LARGE, OUTCOME_OUTAGE};
    uint8_t *marks[8]; /* by line: 1 failed, 2 too large */

    for (size_t i = 0; i < model->n_out; i++)
        marks[i] = mem_zero(MAKER_LINES, 1);
    for (size_t lane = 0; lane < N_LANES; lane++)
        for (size_t i = 0; i < model->n_out; i++) {
            struct item *item = model->out[i]->lanes[lane].first;

            for (; item; item = item->next) {
                enum outcome outcome =
                    rng_below(&model->rng, 5)
                        ? OUTCOME_STORED
                        : outcomes[rng_below(&model->rng, 4)];

                if (outcome != OUTCOME_STORED)
                    marks[i][item->line] = outcome == OUTCOME_TOO_LARGE ? 2 : 1;
                if (outcome != OUTCOME_STORED && outcome != OUTCOME_OUTAGE)
                    model_refusal(model, i, lane, item, marks);
                done(model->out[i], lane, item, outcome);
            }
        }
    for (size_t i = 0; i < model->n_out; i++)
        for (size_t line = 0; line < model->out[i]->block.n_lines; line++) {
            model->lines++;
            model->failed += marks[i][line] == 1;
            model->too_large += marks[i][line] == 2;
            model->stored += marks[i][line] == 0;
        }
    for (size_t i = 0; i < model->n_out; i++)
        free(marks[i]);
}

/* Batches come home in any order. */
static void
go_home(struct model *model)
{
    while (model->n_out) {
        size_t i = rng_below(&model->rng, model->n_out);

        ledger_home(ledger, model->out[i]);
        model->out[i] = model->out[--model->n_out];
        free(read_report());
    }
}

static void
test_random_accounts(void **state)
{
    struct model model = {0};
    struct report *report;

    (void)state;
    seed_rng(&model.rng);
    for (unsigned round = 0; round < 1000; round++) {
        size_t n = 1 + rng_below(&model.rng, batch_pool_size(pool));

        while (model.n_out < n)
            begin(&model);
        finish(&model);
        go_home(&model);
        report = read_report();
        assert_int_equal(report->counts.batches, model.number);
        assert_int_equal(report->counts.lines, model.lines);
        assert_int_equal(report->counts.stored, model.stored);
        assert_int_equal(report->counts.failed, model.failed);
        assert_int_equal(report->counts.rejected, model.too_large);
        assert_int_equal(report->servers[0].stored + report->servers[1].stored,
            model.stored);
        assert_int_equal(report->servers[0].failed + report->servers[1].failed,
            model.failed);
        free(report);
    }
    assert_true(model.failed > 1000 && model.stored > 1000);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_outcome),
        TEST(test_published_at_home),
        TEST(test_refusal_takes_what_was_held),
        TEST(test_refusal_leaves_what_is_home),
        TEST(test_servers_and_end),
        TEST(test_random_accounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
