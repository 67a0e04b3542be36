/* Why an input is not done: words, advice, and whether a retry may help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/input_reason.h"
#include "source/source_state.h"
#include "unit/dies.h"

enum { DEADLINE_S = 60 };

/* The words are those of the summary, which scripts read. */
static const struct {
    enum input_reason reason;
    const char *word;
    bool may_heal;
    const char *advice;
} rows[] = {
    {INPUT_REASON_NONE, "", false, ""},
    {INPUT_REASON_NOT_GZIP, "not_gzip", false, "check where it comes from"},
    {INPUT_REASON_TRUNCATED, "truncated", false,
        "get it anew and load it again"},
    {INPUT_REASON_CORRUPT, "corrupt", false, "get it anew and load it again"},
    {INPUT_REASON_TRAILING, "trailing", false, "get it anew and load it again"},
    {INPUT_REASON_UNREADABLE, "unreadable", false,
        "get it anew and load it again"},
    {INPUT_REASON_HEADER, "header", false, "mend the file or the mapping"},
    {INPUT_REASON_ERROR_RATE, "error_rate", false, ""},
    {INPUT_REASON_WORKER, "worker", true, "load it again"},
    {INPUT_REASON_INTERRUPTED, "interrupted", true, "run again to load it"},
    {INPUT_REASON_OUTAGE, "outage", true,
        "load it again when the server is back"},
    {INPUT_REASON_LOST, "lost", true, "load it again"},
    {INPUT_REASON_SHORTFALL, "shortfall", true, "load it again"},
    {INPUT_REASON_EVICTIONS, "evictions", false,
        "give memcached more memory (-m) and load it again"},
    {INPUT_REASON_REJECTS, "rejects", false, ""},
    {INPUT_REASON_CENSUS, "census", false, ""},
    {INPUT_REASON_CHANGED, "changed", true, "run again when it is complete"},
    {INPUT_REASON_UNFINISHED, "unfinished", true,
        "run again when it is complete"},
    {INPUT_REASON_RENAME, "rename", false, ""},
    {INPUT_REASON_GONE, "gone", false, ""},
    {INPUT_REASON_LOCKED, "locked", true, ""},
    {INPUT_REASON_NO_SERVER, "no_server", true, ""},
    {INPUT_REASON_NO_CAPACITY, "no_capacity", false, ""},
};

static void
each_reason(void **state)
{
    (void)state;
    assert_int_equal(N_INPUT_REASONS, sizeof(rows) / sizeof(rows[0]));
    for (size_t i = 0; i < N_INPUT_REASONS; i++) {
        assert_int_equal(rows[i].reason, i);
        assert_string_equal(input_reason_word(rows[i].reason), rows[i].word);
        assert_int_equal(input_reason_may_heal(rows[i].reason),
            rows[i].may_heal);
        assert_string_equal(input_reason_advice(rows[i].reason),
            rows[i].advice);
    }
}

static void
of_a_source(void **state)
{
    static const struct {
        enum source_state state;
        enum input_reason reason;
    } states[] = {
        {SOURCE_MORE, INPUT_REASON_NONE},
        {SOURCE_END, INPUT_REASON_NONE},
        {SOURCE_STOPPED, INPUT_REASON_NONE},
        {SOURCE_NOT_GZIP, INPUT_REASON_NOT_GZIP},
        {SOURCE_TRUNCATED, INPUT_REASON_TRUNCATED},
        {SOURCE_CORRUPT, INPUT_REASON_CORRUPT},
        {SOURCE_TRAILING, INPUT_REASON_TRAILING},
        {SOURCE_UNREADABLE, INPUT_REASON_UNREADABLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        /* both say it in the same word */
        if (states[i].reason)
            assert_string_equal(input_reason_word(states[i].reason),
                source_state_reason(states[i].state));
        assert_int_equal(input_reason_of_source(states[i].state),
            states[i].reason);
    }
}

static void
word_of_none(void)
{
    input_reason_word(N_INPUT_REASONS);
}

static void
heal_none(void)
{
    input_reason_may_heal(N_INPUT_REASONS);
}

static void
advice_on_none(void)
{
    input_reason_advice(N_INPUT_REASONS);
}

static void
source_of_none(void)
{
    input_reason_of_source((enum source_state)99);
}

static void
what_is_no_reason_ends_the_process(void **state)
{
    (void)state;
    assert_true(dies(word_of_none));
    assert_true(dies(heal_none));
    assert_true(dies(advice_on_none));
    assert_true(dies(source_of_none));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason),
        cmocka_unit_test(of_a_source),
        cmocka_unit_test(what_is_no_reason_ends_the_process),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
