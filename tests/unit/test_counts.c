/* The counters: which there are, where each is shown, and their sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "load/counts.h"

enum { DEADLINE_S = 60 };

enum {
    SHOWN = COUNT_TOTAL | COUNT_INPUT,
    QUIET = SHOWN | COUNT_QUIET,
    QUIET_SERVER = COUNT_SERVER | COUNT_QUIET,
};

struct row {
    const char *name;
    unsigned use, column;
    size_t offset;
};

#define OF_INPUT(name) offsetof(struct counts, name)
#define OF_SERVER(name) offsetof(struct server_counts, name)

/* The order is that of the summary. */
static const struct row wanted[] = {
    {"lines", SHOWN, 1, OF_INPUT(lines)},
    {"batches", COUNT_INPUT, 0, OF_INPUT(batches)},
    {"blank", QUIET, 2, OF_INPUT(blank)},
    {"stored", QUIET, 3, OF_INPUT(stored)},
    {"sent", QUIET, 4, OF_INPUT(sent)},
    {"rejected", SHOWN, 5, OF_INPUT(rejected)},
    {"failed", SHOWN, 6, OF_INPUT(failed)},
    {"text_bytes", COUNT_TOTAL, 0, OF_INPUT(text_bytes)},
    {"out_of_range", COUNT_WARNING, 0, OF_INPUT(out_of_range)},
    {"skipped_app", COUNT_WARNING, 0, OF_INPUT(skipped_app)},
};

static const struct row wanted_of_server[] = {
    {"stored", QUIET_SERVER, 1, OF_SERVER(stored)},
    {"sent", QUIET_SERVER, 2, OF_SERVER(sent)},
    {"failed", COUNT_SERVER, 3, OF_SERVER(failed)},
    {"retried", QUIET_SERVER, 5, OF_SERVER(retried)},
    {"reconnects", QUIET_SERVER, 6, OF_SERVER(reconnects)},
    {"out_of_memory", QUIET_SERVER, 4, OF_SERVER(out_of_memory)},
    {"outage", 0, 0, OF_SERVER(outage)},
    {"rejected", 0, 0, OF_SERVER(rejected)},
    {"is_away", 0, 0, OF_SERVER(is_away)},
};

/* Each is listed, once, as it should be; `all` has a number of its own in each
 * word. */
static void
assert_fields(const struct count_field *fields, size_t n,
    const struct row *rows, size_t n_rows, const void *all)
{
    assert_int_equal(n, n_rows);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(fields[i].name, rows[i].name);
        if (fields[i].use != rows[i].use)
            fail_msg("%s is shown in %#x, not %#x", rows[i].name, fields[i].use,
                rows[i].use);
        assert_int_equal(fields[i].column, rows[i].column);
        assert_int_equal(fields[i].offset, rows[i].offset);
        assert_int_equal(count_get(all, &fields[i]),
            rows[i].offset / sizeof(uint64_t) + 1);
        assert_true(*fields[i].about);
    }
}

static void
test_fields(void **state)
{
    struct counts counts;
    struct server_counts of_server;

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(uint64_t); i++)
        ((uint64_t *)&counts)[i] = i + 1;
    for (size_t i = 0; i < sizeof(of_server) / sizeof(uint64_t); i++)
        ((uint64_t *)&of_server)[i] = i + 1;
    assert_fields(count_fields, N_COUNTS, wanted,
        sizeof(wanted) / sizeof(wanted[0]), &counts);
    assert_fields(server_count_fields, N_SERVER_COUNTS, wanted_of_server,
        sizeof(wanted_of_server) / sizeof(wanted_of_server[0]), &of_server);
    /* nothing in the structs but what is listed, and the two arrays */
    assert_int_equal(sizeof(counts),
        (N_COUNTS + N_REASONS + N_OUTCOMES) * sizeof(uint64_t));
    assert_int_equal(sizeof(of_server), N_SERVER_COUNTS * sizeof(uint64_t));
    assert_ptr_equal(count_fields[COUNT_sent].name, count_fields[4].name);
    assert_string_equal(server_count_fields[SERVER_COUNT_outage].name,
        "outage");
}

static struct counts
balanced(void)
{
    struct counts counts = {.lines = 20,
        .blank = 2,
        .rejected = 5,
        .stored = 6,
        .sent = 3,
        .failed = 4};

    counts.rejects[REASON_COLUMNS] = 3;
    counts.rejects[REASON_TOO_LARGE] = 2;
    counts.outcomes[OUTCOME_TOO_LARGE] = 1;
    counts.outcomes[OUTCOME_STORED] = 6;
    counts.outcomes[OUTCOME_SENT] = 3;
    counts.outcomes[OUTCOME_OUT_OF_MEMORY] = 1;
    counts.outcomes[OUTCOME_REFUSED] = 1;
    counts.outcomes[OUTCOME_OUTAGE] = 2;
    return counts;
}

static void
test_adding(void **state)
{
    struct counts a, b;
    uint64_t *words = (uint64_t *)&b;

    (void)state;
    memset(&a, 0, sizeof(a));
    for (size_t i = 0; i < sizeof(b) / sizeof(*words); i++)
        words[i] = i + 1;
    counts_add(&a, &b);
    counts_add(&a, &b);
    for (size_t i = 0; i < sizeof(a) / sizeof(*words); i++)
        assert_int_equal(((uint64_t *)&a)[i], 2 * (i + 1));
}

static void
test_adding_servers(void **state)
{
    struct server_counts a, b;
    uint64_t *words = (uint64_t *)&b;

    (void)state;
    memset(&a, 0, sizeof(a));
    for (size_t i = 0; i < sizeof(b) / sizeof(*words); i++)
        words[i] = i + 1;
    server_counts_add(&a, &b);
    server_counts_add(&a, &b);
    for (size_t i = 0; i < sizeof(a) / sizeof(*words); i++)
        assert_int_equal(((uint64_t *)&a)[i], 2 * (i + 1));
}

static void
test_balance(void **state)
{
    struct counts counts = balanced();
    struct {
        uint64_t *count;
        const char *name;
    } each[] = {{&counts.lines, "lines"}, {&counts.blank, "blank"},
        {&counts.rejected, "rejected"}, {&counts.stored, "stored"},
        {&counts.sent, "sent"}, {&counts.failed, "failed"},
        {&counts.rejects[REASON_COLUMNS], "a reason"},
        {&counts.outcomes[OUTCOME_STORED], "outcome stored"},
        {&counts.outcomes[OUTCOME_SENT], "outcome sent"},
        {&counts.outcomes[OUTCOME_OUT_OF_MEMORY], "outcome out of memory"},
        {&counts.outcomes[OUTCOME_REFUSED], "outcome refused"},
        {&counts.outcomes[OUTCOME_OUTAGE], "outcome outage"}};

    (void)state;
    assert_true(counts_balance(&counts));
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        ++*each[i].count;
        if (counts_balance(&counts))
            fail_msg("one more does not show: %s", each[i].name);
        --*each[i].count;
    }
    counts.outcomes[OUTCOME_TOO_LARGE] = 3; /* more than rejected as such */
    assert_false(counts_balance(&counts));
    counts = (struct counts){0};
    assert_true(counts_balance(&counts));
}

static void
test_error_rate(void **state)
{
    static const struct {
        struct counts counts;
        double rate;
    } cases[] = {
        {{.lines = 0}, 0},
        {{.lines = 7, .blank = 7}, 0},
        {{.lines = 100, .stored = 100}, 0},
        {{.lines = 102, .blank = 2, .rejected = 1, .stored = 99}, 0.01},
        {{.lines = 4, .rejected = 1, .failed = 1, .stored = 2}, 0.5},
        {{.lines = 3, .failed = 3}, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(counts_error_rate(&cases[i].counts) == cases[i].rate);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_adding),
        cmocka_unit_test(test_adding_servers),
        cmocka_unit_test(test_balance),
        cmocka_unit_test(test_error_rate),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
