/* What a server says of itself, held against what it acknowledged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "run/baseline.h"

static struct server_facts
facts(uint64_t cmd_set, uint64_t evictions)
{
    return (struct server_facts){
        .is_known = true,
        .has_counters = true,
        .pid = 100,
        .started_at = 1000,
        .cmd_set = cmd_set,
        .evictions = evictions,
        .total_connections = 10,
    };
}

static struct book
opened(uint64_t cmd_set, uint64_t evictions)
{
    struct server_facts base = facts(cmd_set, evictions);
    struct book book;

    book_open(&book, &base);
    return book;
}

static void
take(struct book *book, struct server_facts now, uint64_t acked,
    enum book_verdict wanted, uint64_t wanted_missing)
{
    uint64_t missing;

    assert_int_equal(book_take(book, &now, acked, &missing), wanted);
    assert_int_equal(missing, wanted_missing);
}

static void
test_balanced(void **state)
{
    struct book book = opened(50, 5);

    (void)state;
    take(&book, facts(50, 5), 0, BOOK_BALANCED, 0);
    take(&book, facts(150, 5), 100, BOOK_BALANCED, 0);
    assert_int_equal(book.sets, 100);
    take(&book, facts(157, 8), 100, BOOK_BALANCED, 0);
    assert_int_equal(book.sets, 107);
    assert_int_equal(book_evictions(&book), 3);
    assert_int_equal(book.life, 0);
    assert_int_equal(book.epoch, 0);
}

/* One set less than was acknowledged is one too few; told once. */
static void
test_short(void **state)
{
    struct book book = opened(50, 0);

    (void)state;
    take(&book, facts(149, 2), 100, BOOK_SHORT, 1);
    assert_int_equal(book.epoch, 1);
    assert_int_equal(book.life, 0);
    take(&book, facts(149, 3), 0, BOOK_BALANCED, 0);
    take(&book, facts(159, 3), 10, BOOK_BALANCED, 0);
    take(&book, facts(160, 3), 20, BOOK_SHORT, 9);
    assert_int_equal(book_evictions(&book), 3);
}

static void
test_restarted(void **state)
{
    struct server_facts other;
    struct book book = opened(50, 9);

    (void)state;
    take(&book, facts(70, 10), 20, BOOK_BALANCED, 0);
    book.acked = 20;
    other = facts(3, 2);
    other.pid = 101;
    other.started_at = 1001;
    take(&book, other, 20, BOOK_RESTARTED, 0);
    assert_int_equal(book.life, 1);
    assert_int_equal(book.epoch, 1);
    assert_int_equal(book.restarts, 1);
    assert_int_equal(book.acked, 0);
    /* one before, two after */
    assert_int_equal(book_evictions(&book), 3);
    /* in a container all are process 1 */
    other.started_at = 1060;
    take(&book, other, 0, BOOK_RESTARTED, 0);
    assert_int_equal(book.restarts, 2);
    /* time and uptime are read apart */
    other.started_at = 1061;
    take(&book, other, 0, BOOK_BALANCED, 0);
    other.started_at = 1060;
    take(&book, other, 0, BOOK_BALANCED, 0);
}

static void
test_flushed(void **state)
{
    struct server_facts now = facts(50, 9);
    struct book book = opened(50, 9);

    (void)state;
    now.cmd_flush = 1;
    take(&book, now, 0, BOOK_RESTARTED, 0);
    take(&book, now, 0, BOOK_BALANCED, 0);
    now.evictions = 11;
    take(&book, now, 0, BOOK_BALANCED, 0);
    assert_int_equal(book_evictions(&book), 2);
}

/* `stats reset` makes counters smaller and loses nothing. */
static void
test_reset(void **state)
{
    struct server_facts base = facts(50, 9), now = facts(60, 10);
    struct book book;

    (void)state;
    base.cmd_flush = 4;
    book_open(&book, &base);
    now.cmd_flush = 4;
    take(&book, now, 10, BOOK_BALANCED, 0);
    take(&book, facts(1, 0), 11, BOOK_RESET, 0);
    assert_int_equal(book.life, 0);
    assert_int_equal(book.epoch, 1);
    assert_int_equal(book_evictions(&book), 1);
    /* nothing but the connections shows it */
    book = opened(0, 0);
    now = facts(5, 0);
    now.total_connections = 1;
    take(&book, now, 10, BOOK_RESET, 0);
}

/* A proxy or an odd server that counts nothing is not judged. */
static void
test_without_counters(void **state)
{
    struct server_facts now = facts(0, 0);
    struct book book;

    (void)state;
    now.has_counters = false;
    book_open(&book, &now);
    take(&book, now, 1000, BOOK_BALANCED, 0);
}

static void
test_lost(void **state)
{
    struct book book = opened(50, 9);
    struct server_facts none = {0};

    (void)state;
    assert_true(book.is_watched);
    assert_true(book.silent_since_ms == CLOCK_NEVER);
    book_lose(&book);
    assert_true(book.is_lost);
    assert_int_equal(book.life, 1);
    book_open(&book, &none);
    assert_false(book.is_watched);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balanced),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_restarted),
        cmocka_unit_test(test_flushed),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_without_counters),
        cmocka_unit_test(test_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
