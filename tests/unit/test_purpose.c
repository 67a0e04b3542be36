/* What follows from a purpose: what is asked, stored, renamed and said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings/purpose.h"
#include "unit/dies.h"

enum { DEADLINE_S = 60 };

static void
what_each_does(void **state)
{
    static const struct {
        enum purpose purpose;
        bool asks_servers, stores, renames, takes_done, keeps_rejects,
            forecasts, limits_errors, only_reads, prints_items;
    } rows[N_PURPOSES] = {
        {PURPOSE_LOAD, true, true, true, false, true, true, true, false, false},
        {PURPOSE_DRY, false, false, false, false, true, true, true, false,
            true},
        {PURPOSE_VERIFY, true, false, false, true, false, false, false, true,
            false},
        {PURPOSE_READBACK, false, false, false, false, false, false, false,
            true, false},
    };

    (void)state;
    for (size_t i = 0; i < N_PURPOSES; i++) {
        const struct purpose_type *type = purpose_type(rows[i].purpose);

        assert_int_equal(type->asks_servers, rows[i].asks_servers);
        assert_int_equal(type->stores, rows[i].stores);
        assert_int_equal(type->renames, rows[i].renames);
        assert_int_equal(type->takes_done, rows[i].takes_done);
        assert_int_equal(type->keeps_rejects, rows[i].keeps_rejects);
        assert_int_equal(type->forecasts, rows[i].forecasts);
        assert_int_equal(type->limits_errors, rows[i].limits_errors);
        assert_int_equal(type->only_reads, rows[i].only_reads);
        assert_int_equal(type->prints_items, rows[i].prints_items);
    }
}

static void
assert_same(const char *text, const char *wanted)
{
    if (wanted)
        assert_string_equal(text, wanted);
    else
        assert_null(text);
}

static void
what_each_says(void **state)
{
    static const struct {
        enum purpose purpose;
        const char *command, *mode, *undone, *nothing, *stored, *input_done,
            *rest, *to_servers, *degraded_does, *without, *sent_column;
    } rows[N_PURPOSES] = {
        {PURPOSE_LOAD, "load", NULL, "nothing was loaded, no file was touched",
            "loaded", NULL, "done", "load", "load into", "loads", "failed",
            "sent"},
        {PURPOSE_DRY, "load", "dry", "nothing was loaded, no file was touched",
            "loaded", "made", "done", "load", "load into", "loads", "failed",
            "sent"},
        {PURPOSE_VERIFY, "verify", "verify", "nothing was verified", "verified",
            "read", "read", "read", "read back", "reads", "unreadable",
            "records"},
        {PURPOSE_READBACK, "load", "verify", "nothing was verified", "verified",
            "read", "read", "read", "read back", "reads", "unreadable",
            "records"},
    };

    (void)state;
    for (size_t i = 0; i < N_PURPOSES; i++) {
        const struct purpose_type *type = purpose_type(rows[i].purpose);

        assert_same(type->command, rows[i].command);
        assert_same(type->mode, rows[i].mode);
        assert_same(type->undone, rows[i].undone);
        assert_same(type->nothing, rows[i].nothing);
        assert_same(type->stored, rows[i].stored);
        assert_same(type->input_done, rows[i].input_done);
        assert_same(type->rest, rows[i].rest);
        assert_same(type->to_servers, rows[i].to_servers);
        assert_same(type->degraded_does, rows[i].degraded_does);
        assert_same(type->without, rows[i].without);
        assert_same(type->sent_column, rows[i].sent_column);
    }
}

static void
ask_for_none(void)
{
    purpose_type(N_PURPOSES);
}

/* Who forgets to set it loads. */
static void
the_first_is_a_load(void **state)
{
    (void)state;
    assert_int_equal(PURPOSE_LOAD, 0);
    assert_true(dies(ask_for_none));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_each_does),
        cmocka_unit_test(what_each_says),
        cmocka_unit_test(the_first_is_a_load),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
