/* What an input came to, by what its process left. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "run/input_outcome.h"

enum { DEADLINE_S = 60 };

static char idfa[] = "idfa", gaid[] = "gaid", adid[] = "adid", dvid[] = "dvid",
            last[] = "last";
static struct shard_spec shards[] = {{.name = idfa}, {.name = gaid},
    {.name = adid}, {.name = dvid}, {.name = last}};

static struct settings settings;
static struct input input;
static struct report *report;
static struct outcome_input of;
static struct input_outcome outcome;

/* 100 lines, all stored, at 5 % at most. */
static int
set_up(void **state)
{
    static char path[] = "d/a.gz";

    (void)state;
    settings = (struct settings){.tuning.mode = MODE_MULTI,
        .servers.shards = shards,
        .servers.n_shards = 2,
        .failure.max_error_rate = 0.05};
    input = (struct input){
        .type = &input_file, .path = path, .base = path + 2, .fd = -1};
    input.at_start.st_size = 1000;
    report = report_new(2);
    report->ending = ENDING_READ;
    report->counts.lines = report->counts.stored = 100;
    of = (struct outcome_input){&settings, PURPOSE_LOAD, &input, report};
    memset(&outcome, 0x55, sizeof(outcome));
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    free(report);
    return 0;
}

static void
assert_outcome(enum input_end end, enum input_reason reason,
    const char *message)
{
    assert_string_equal(outcome.message, message);
    assert_int_equal(outcome.end, end);
    assert_int_equal(outcome.reason, reason);
}

static void
assert_ends(enum input_end end, enum input_reason reason, const char *message)
{
    outcome_of_report(&of, &outcome);
    assert_outcome(end, reason, message);
}

static void
assert_fails(enum input_reason reason, const char *message)
{
    assert_ends(INPUT_END_FAILED, reason, message);
}

static void
assert_done(void)
{
    assert_ends(INPUT_END_DONE, INPUT_REASON_NONE, "");
}

/* So many of the 100 were rejected, for this. */
static void
reject(uint64_t n, enum reason reason)
{
    report->counts.rejects[reason] += n;
    report->counts.rejected += n;
    report->counts.stored -= n;
}

static void
give_up(uint64_t n, enum outcome why)
{
    report->counts.outcomes[why] += n;
    report->counts.failed += n;
    report->counts.stored -= n;
}

static void
the_limit_of_errors(void **state)
{
    (void)state;
    assert_done();
    reject(4, REASON_COLUMNS);
    assert_done();
    reject(1, REASON_COLUMNS);
    assert_fails(INPUT_REASON_ERROR_RATE,
        "5 % of its records were rejected, and --max-error-rate is 5 %: mend "
        "its lines or raise that, then load it again");
    report->counts.lines++; /* a line more: below the limit */
    report->counts.stored++;
    assert_done();
    report->counts.blank++; /* blank ones do not count */
    report->counts.stored--;
    outcome_of_report(&of, &outcome);
    assert_int_equal(outcome.end, INPUT_END_FAILED);
    settings.failure.max_error_rate = 0.0501;
    assert_done();
}

/* None at all is no error, whatever the limit. */
static void
a_limit_of_nothing(void **state)
{
    (void)state;
    settings.failure.max_error_rate = 0;
    assert_done();
    report->counts = (struct counts){.lines = 3, .blank = 3};
    assert_done();
    report->counts = (struct counts){0};
    assert_done();
}

static void
only_loads_have_the_limit(void **state)
{
    (void)state;
    reject(60, REASON_COLUMNS);
    of.purpose = PURPOSE_VERIFY;
    assert_done();
    of.purpose = PURPOSE_READBACK;
    assert_done();
    of.purpose = PURPOSE_DRY;
    assert_fails(INPUT_REASON_ERROR_RATE,
        "60 % of its records were rejected, and --max-error-rate is 5 %: mend "
        "its lines or raise that, then load it again");
}

static void
what_helps_against_errors(void **state)
{
    (void)state;
    give_up(7, OUTCOME_OUT_OF_MEMORY);
    assert_fails(INPUT_REASON_ERROR_RATE,
        "7 % of its records failed, and --max-error-rate is 5 %: give its "
        "servers more memory (memcached -m), then load it again");
    give_up(3, OUTCOME_REFUSED);
    assert_fails(INPUT_REASON_ERROR_RATE,
        "10 % of its records failed, and --max-error-rate is 5 %: see in the "
        "log why its servers refused them, then load it again");
    reject(2, REASON_UNKNOWN_TYPE);
    assert_fails(INPUT_REASON_ERROR_RATE,
        "12 % of its records were rejected or failed, and --max-error-rate is "
        "5 %: see in the log why its servers refused them, then load it again");
    input.type = &input_stdin;
    assert_fails(INPUT_REASON_ERROR_RATE,
        "12 % of its records were rejected or failed, and --max-error-rate is "
        "5 %: see in the log why its servers refused them, then feed it in "
        "again");
}

static void
all_rejected(void **state)
{
    static char mapping[] = "m.yaml";

    (void)state;
    reject(60, REASON_BAD_NUMBER);
    reject(40, REASON_COLUMNS);
    assert_fails(INPUT_REASON_ERROR_RATE,
        "every line was rejected, most as bad_number: it may need a mapping "
        "(--mapping FILE); see memc_load explain, then load it again");
    report->counts.rejects[REASON_COLUMNS] = 0;
    report->counts.rejects[REASON_BAD_NUMBER] = 100;
    settings.input.mapping_file = (void *)mapping; /* only whether */
    assert_fails(INPUT_REASON_ERROR_RATE,
        "every line was rejected, all as bad_number: the mapping may be "
        "wrong; see memc_load explain, then load it again");
    /* lines that are too large are well made */
    report->counts.rejects[REASON_BAD_NUMBER] = 99;
    report->counts.rejects[REASON_TOO_LARGE] = 1;
    assert_fails(INPUT_REASON_ERROR_RATE,
        "100 % of its records were rejected, and --max-error-rate is 5 %: mend "
        "its lines or raise that, then load it again");
}

static void
no_such_shard(void **state)
{
    (void)state;
    reject(10, REASON_UNKNOWN_TYPE);
    assert_fails(INPUT_REASON_ERROR_RATE,
        "10 % of its records were rejected, all as unknown_type: there is no "
        "such shard; there are idfa, gaid: see --shard, then load it again");
    settings.servers.n_shards = 1;
    reject(9, REASON_COLUMNS);
    assert_fails(INPUT_REASON_ERROR_RATE,
        "19 % of its records were rejected, most as unknown_type: there is no "
        "such shard; there is idfa: see --shard, then load it again");
    settings.servers.n_shards = 5;
    assert_fails(INPUT_REASON_ERROR_RATE,
        "19 % of its records were rejected, most as unknown_type: there is no "
        "such shard; there are idfa, gaid, adid, dvid, ...: see --shard, then "
        "load it again");
    reject(1, REASON_COLUMNS); /* a half is not most of them */
    assert_fails(INPUT_REASON_ERROR_RATE,
        "20 % of its records were rejected, and --max-error-rate is 5 %: mend "
        "its lines or raise that, then load it again");
}

static void
an_outage_goes_first(void **state)
{
    (void)state;
    reject(60, REASON_COLUMNS);
    give_up(1, OUTCOME_OUTAGE);
    assert_fails(INPUT_REASON_OUTAGE,
        "a shard was given up: 1 record failed; load it again when the server "
        "is back");
    give_up(2, OUTCOME_OUTAGE);
    of.purpose = PURPOSE_VERIFY;
    input.type = &input_stdin;
    assert_fails(INPUT_REASON_OUTAGE,
        "a shard was given up: 3 records failed; feed it in again when the "
        "server is back");
}

static void
end_as(enum ending ending, enum input_reason reason, const char *message)
{
    report->ending = ending;
    report->reason = reason;
    snprintf(report->message, sizeof(report->message), "%s", message);
}

static void
broken(void **state)
{
    static const struct {
        enum purpose purpose;
        enum mode mode;
        const char *stored;
    } rows[] = {
        {PURPOSE_LOAD, MODE_MULTI, "stored"},
        {PURPOSE_LOAD, MODE_SET, "stored"},
        {PURPOSE_LOAD, MODE_NOREPLY, "sent"},
        {PURPOSE_DRY, MODE_NOREPLY, "made"},
        {PURPOSE_VERIFY, MODE_MULTI, "read"},
        {PURPOSE_READBACK, MODE_MULTI, "read"},
    };
    char wanted[256];

    (void)state;
    end_as(ENDING_BROKEN, INPUT_REASON_TRUNCATED, "it ends early");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        of.purpose = rows[i].purpose;
        settings.tuning.mode = rows[i].mode;
        report->counts.stored = 1200;
        report->counts.sent = 34;
        snprintf(wanted, sizeof(wanted),
            "it ends early; the 1,234 records before that were %s; get it anew "
            "and load it again",
            rows[i].stored);
        assert_fails(INPUT_REASON_TRUNCATED, wanted);
        report->counts.stored = 0;
        report->counts.sent = 1;
        snprintf(wanted, sizeof(wanted),
            "it ends early; the record before that was %s; get it anew and "
            "load it again",
            rows[i].stored);
        assert_fails(INPUT_REASON_TRUNCATED, wanted);
    }
    report->counts.sent = 0;
    assert_fails(INPUT_REASON_TRUNCATED,
        "it ends early; get it anew and load it again");
    report->reason = INPUT_REASON_CORRUPT;
    input.type = &input_stdin;
    assert_fails(INPUT_REASON_CORRUPT,
        "it ends early; feed it in again, whole");
}

static void
not_packed_as_it_should_be(void **state)
{
    (void)state;
    report->counts = (struct counts){0};
    end_as(ENDING_BROKEN, INPUT_REASON_NOT_GZIP, "it is no gzip");
    assert_fails(INPUT_REASON_NOT_GZIP,
        "it is no gzip; check what it is: if it is packed in another way, "
        "unpack it and pipe the text into memc_load -");
    input.at_start.st_size = 0;
    assert_fails(INPUT_REASON_NOT_GZIP,
        "it is no gzip; check where it comes from");
    input.at_start.st_size = 1;
    input.type = &input_stdin;
    assert_fails(INPUT_REASON_NOT_GZIP,
        "it is no gzip; check where it comes from");
}

static void
header_rejects_and_log(void **state)
{
    (void)state;
    end_as(ENDING_HEADER, INPUT_REASON_HEADER, "no column id");
    assert_fails(INPUT_REASON_HEADER,
        "no column id; mend the file or the mapping");
    end_as(ENDING_REJECTS, INPUT_REASON_REJECTS, "cannot be written");
    report->error = ENOSPC;
    assert_fails(INPUT_REASON_REJECTS,
        "cannot be written: make room there, or give --rejects DIR or "
        "--no-rejects");
    report->error = EACCES;
    assert_fails(INPUT_REASON_REJECTS,
        "cannot be written: give memc_load write permission there, or "
        "--rejects DIR or --no-rejects");
    end_as(ENDING_VERIFY_LOG, INPUT_REASON_CENSUS, "no room for it");
    assert_fails(INPUT_REASON_CENSUS, "no room for it");
}

/* A right is told from room by the number, never by the words. */
static void
for_want_of_a_right(void **state)
{
    static const int rights[] = {EACCES, EPERM, EROFS},
                     others[] = {0, ENOSPC, EDQUOT, EIO, ENOENT, EFBIG, EMFILE};

    (void)state;
    assert_false(outcome_lacks_right(NULL));
    end_as(ENDING_REJECTS, INPUT_REASON_REJECTS, "Permission denied");
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
        report->error = rights[i];
        assert_true(outcome_lacks_right(report));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        report->error = others[i];
        assert_false(outcome_lacks_right(report));
    }
}

static void
stopped_or_silent(void **state)
{
    (void)state;
    report->ending = ENDING_INTERRUPTED;
    assert_ends(INPUT_END_INTERRUPTED, INPUT_REASON_INTERRUPTED,
        "stopped; run again to load it");
    input.type = &input_stdin;
    assert_ends(INPUT_END_INTERRUPTED, INPUT_REASON_INTERRUPTED,
        "stopped; feed it in again to load it");
    report->ending = ENDING_NONE;
    assert_fails(INPUT_REASON_WORKER,
        "its worker ended without a word; feed it in again");
}

static void
deaths(void **state)
{
    static const struct {
        int status; /* of wait4(2) */
        bool is_stopping;
        enum input_end end;
        const char *message;
    } rows[] = {
        {W_EXITCODE(0, SIGKILL), false, INPUT_END_FAILED,
            "its worker was killed by signal 9 (Killed); 100 lines of whole "
            "batches counted; load it again"},
        {W_EXITCODE(0, SIGTERM), false, INPUT_END_FAILED,
            "its worker was killed by signal 15 (Terminated); 100 lines of "
            "whole batches counted; load it again"},
        {W_EXITCODE(0, SIGSEGV), true, INPUT_END_FAILED,
            "its worker was killed by signal 11 (Segmentation fault); 100 "
            "lines of whole batches counted; load it again"},
        {W_EXITCODE(5, 0), false, INPUT_END_FAILED,
            "its worker ended with status 5; 100 lines of whole batches "
            "counted; load it again"},
        {W_EXITCODE(1, 0), true, INPUT_END_FAILED,
            "its worker ended with status 1; 100 lines of whole batches "
            "counted; load it again"},
        {W_EXITCODE(0, SIGKILL), true, INPUT_END_INTERRUPTED,
            "stopped before all that was under way could be finished; run "
            "again to load it"},
        {W_EXITCODE(0, SIGTERM), true, INPUT_END_INTERRUPTED,
            "stopped before all that was under way could be finished; run "
            "again to load it"},
    };

    (void)state;
    report->ending = ENDING_NONE;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        outcome_of_death(&of, rows[i].status, rows[i].is_stopping, &outcome);
        assert_outcome(rows[i].end,
            rows[i].end == INPUT_END_FAILED ? INPUT_REASON_WORKER
                                            : INPUT_REASON_INTERRUPTED,
            rows[i].message);
    }
    report->counts.lines = 1;
    input.type = &input_stdin;
    outcome_of_death(&of, W_EXITCODE(0, SIGKILL), false, &outcome);
    assert_outcome(INPUT_END_FAILED, INPUT_REASON_WORKER,
        "its worker was killed by signal 9 (Killed); 1 line of whole batches "
        "counted; feed it in again");
    outcome_of_death(&of, W_EXITCODE(0, SIGKILL), true, &outcome);
    assert_outcome(INPUT_END_INTERRUPTED, INPUT_REASON_INTERRUPTED,
        "stopped before all that was under way could be finished; feed it in "
        "again to load it");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_limit_of_errors),
        CASE(a_limit_of_nothing),
        CASE(only_loads_have_the_limit),
        CASE(what_helps_against_errors),
        CASE(all_rejected),
        CASE(no_such_shard),
        CASE(an_outage_goes_first),
        CASE(broken),
        CASE(not_packed_as_it_should_be),
        CASE(header_rejects_and_log),
        CASE(for_want_of_a_right),
        CASE(stopped_or_silent),
        CASE(deaths),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
