/* What a worker reports, and the slot between a worker and the supervisor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load/report.h"

/* A report all of whose numbers say n. */
static void
fill(struct report *report, uint64_t n)
{
    uint64_t *words = (uint64_t *)&report->counts;

    for (size_t i = 0; i < sizeof(report->counts) / sizeof(*words); i++)
        words[i] = n;
    report->ending = n % 2 ? ENDING_READ : ENDING_BROKEN;
    memset(report->message, 'a' + (int)(n % 26), sizeof(report->message) - 1);
    for (size_t i = 0; i < report->n_servers; i++)
        report->servers[i] = (struct server_counts){n, n, n, n, n, n, n, n, n};
}

static void
assert_whole(const struct report *report, size_t n_servers)
{
    struct report *wanted = report_new(n_servers);

    if (report->counts.lines)
        fill(wanted, report->counts.lines);
    assert_memory_equal(report, wanted, report_bytes(n_servers));
    free(wanted);
}

static void
test_slot(void **state)
{
    struct slot *slot = slot_new(3);
    struct report *report = report_new(3), *got;

    (void)state;
    got = slot_read(slot);
    assert_int_equal(got->n_servers, 3);
    assert_int_equal(got->counts.lines, 0);
    free(got);
    for (uint64_t n = 1; n < 6; n++) {
        fill(report, n);
        slot_publish(slot, report);
        for (int twice = 0; twice < 2; twice++) {
            got = slot_read(slot);
            assert_int_equal(got->counts.lines, n);
            assert_whole(got, 3);
            free(got);
        }
    }
    atomic_store(&slot->gauges.lines, 9);
    slot_clear(slot);
    assert_int_equal(atomic_load(&slot->gauges.lines), 0);
    got = slot_read(slot);
    assert_int_equal(got->counts.lines, 0);
    assert_whole(got, 3);
    free(got);
    free(report);
    slot_free(slot);
    slot_free(NULL);
}

/* 100 items at server 0, 40 at server 1; ten lines of the file are bad. */
static struct report *
make_report(void)
{
    struct report *report = report_new(2);
    struct counts *counts = &report->counts;

    report->servers[0] = (struct server_counts){.stored = 90,
        .failed = 8,
        .out_of_memory = 5,
        .outage = 2,
        .rejected = 2,
        .retried = 7,
        .reconnects = 1};
    report->servers[1] = (struct server_counts){.stored = 30, .sent = 10};
    counts->lines = 150;
    counts->stored = counts->outcomes[OUTCOME_STORED] = 120;
    counts->sent = counts->outcomes[OUTCOME_SENT] = 10;
    counts->failed = 8;
    counts->outcomes[OUTCOME_OUT_OF_MEMORY] = 5;
    counts->outcomes[OUTCOME_OUTAGE] = 2;
    counts->outcomes[OUTCOME_REFUSED] = 1;
    counts->outcomes[OUTCOME_TOO_LARGE] = 2;
    counts->rejected = 12;
    counts->rejects[REASON_COLUMNS] = 10;
    counts->rejects[REASON_TOO_LARGE] = 2;
    assert_true(counts_balance(counts));
    return report;
}

/* What a server lost is failed, by an outage; nothing else changes. */
static void
test_lose(void **state)
{
    struct report *report = make_report();

    (void)state;
    assert_int_equal(report_lose(report, 1), 40);
    assert_int_equal(report->counts.lines, 150);
    assert_int_equal(report->counts.stored, 90);
    assert_int_equal(report->counts.sent, 0);
    assert_int_equal(report->counts.failed, 48);
    assert_int_equal(report->counts.outcomes[OUTCOME_OUTAGE], 42);
    assert_int_equal(report->counts.rejected, 12);
    assert_int_equal(report->servers[1].failed, 40);
    assert_int_equal(report->servers[0].stored, 90);
    assert_int_equal(report_lose(report, 1), 0);
    free(report);
}

static void
test_replace(void **state)
{
    struct server_counts again = {.stored = 97,
        .failed = 2,
        .out_of_memory = 1,
        .rejected = 1,
        .retried = 3};
    struct report *report = make_report();

    (void)state;
    report_replace(report, 0, &again);
    assert_true(counts_balance(&report->counts));
    assert_int_equal(report->counts.lines, 150);
    assert_int_equal(report->counts.stored, 127);
    assert_int_equal(report->counts.failed, 2);
    assert_int_equal(report->counts.outcomes[OUTCOME_OUT_OF_MEMORY], 1);
    assert_int_equal(report->counts.outcomes[OUTCOME_REFUSED], 1);
    assert_int_equal(report->counts.outcomes[OUTCOME_OUTAGE], 0);
    assert_int_equal(report->counts.rejected, 11);
    assert_int_equal(report->counts.rejects[REASON_TOO_LARGE], 1);
    assert_int_equal(report->servers[0].retried, 10);
    assert_int_equal(report->servers[0].reconnects, 1);
    /* cut short: what the second time did not come to is lost */
    again = (struct server_counts){.stored = 60};
    report_replace(report, 0, &again);
    assert_int_equal(report->counts.stored, 90);
    assert_int_equal(report->counts.failed, 40);
    assert_int_equal(report->servers[0].outage, 40);
    /* another file, by its size: all of it is */
    again = (struct server_counts){.stored = 101};
    report_replace(report, 0, &again);
    assert_int_equal(report->counts.stored, 30);
    assert_int_equal(report->counts.failed, 100);
    assert_int_equal(report->counts.lines, 150);
    free(report);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lose),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_slot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
