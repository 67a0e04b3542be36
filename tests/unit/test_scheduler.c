/* So many jobs at a time, each told once: with an executor that runs nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rng.h"
#include "supervise/scheduler.h"

enum { DEADLINE_S = 60, PLACES = 5, MOST_JOBS = 60, NO_JOB = -1 };

/* The executor: what is in each place, and what it is told to do. */
static struct {
    int job; /* or NO_JOB */
    bool has_ended;
    int wait_ms;
    unsigned asked, ended_at_once;
} places[PLACES];
static int start_errno;   /* 0: it can be started */
static unsigned n_starts; /* tried */
static unsigned n_nexts;  /* asked for */

/* The client: which jobs there are, and what it was told of each. */
static struct {
    unsigned named, started, not_started, ended;
} jobs[MOST_JOBS];
static size_t n_jobs, next_job, n_running, most_running, named_place;
static int told_errno, told_status;
static bool is_held; /* next() has none now */

static struct scheduler *scheduler;

static int
start(void *ctx, size_t place, size_t job)
{
    assert_ptr_equal(ctx, places);
    assert_true(place < PLACES);
    assert_int_equal(places[place].job, NO_JOB);
    n_starts++;
    if (start_errno) {
        errno = start_errno;
        return -1;
    }
    places[place].job = (int)job;
    places[place].has_ended = false;
    places[place].wait_ms = -1;
    places[place].asked = places[place].ended_at_once = 0;
    return 0;
}

static bool
collect(void *ctx, size_t place, struct process_end *end)
{
    assert_ptr_equal(ctx, places);
    assert_int_not_equal(places[place].job, NO_JOB);
    if (!places[place].has_ended)
        return false;
    *end = (struct process_end){.wait_status = 1000 + places[place].job};
    places[place].job = NO_JOB;
    return true;
}

static void
stop(void *ctx, size_t place, enum executor_stop how)
{
    assert_ptr_equal(ctx, places);
    assert_int_not_equal(places[place].job, NO_JOB);
    ++*(how == EXECUTOR_ASK ? &places[place].asked
                            : &places[place].ended_at_once);
}

static void
wants(void *ctx, size_t place, struct pollfd *poll_out, int *wait_ms_out)
{
    assert_ptr_equal(ctx, places);
    assert_int_not_equal(places[place].job, NO_JOB);
    *poll_out = (struct pollfd){.fd = 100 + (int)place, .events = POLLIN};
    *wait_ms_out = places[place].wait_ms;
}

static bool
next(void *ctx, size_t place, size_t *job_out)
{
    assert_ptr_equal(ctx, jobs);
    assert_int_equal(places[place].job, NO_JOB);
    n_nexts++;
    if (is_held || next_job == n_jobs)
        return false;
    jobs[next_job].named++;
    named_place = place;
    *job_out = next_job++;
    return true;
}

static void
started(void *ctx, size_t place, size_t job)
{
    assert_ptr_equal(ctx, jobs);
    assert_int_equal(place, named_place);
    assert_int_equal(places[place].job, job);
    jobs[job].started++;
    if (++n_running > most_running)
        most_running = n_running;
}

static void
not_started(void *ctx, size_t place, size_t job, int error)
{
    assert_ptr_equal(ctx, jobs);
    assert_int_equal(place, named_place);
    jobs[job].not_started++;
    told_errno = error;
}

static void
ended(void *ctx, size_t place, size_t job, const struct process_end *end)
{
    assert_ptr_equal(ctx, jobs);
    assert_int_equal(places[place].job, NO_JOB);
    assert_int_equal(end->wait_status, 1000 + (int)job);
    assert_int_equal(jobs[job].started, 1);
    jobs[job].ended++;
    told_status = end->wait_status;
    n_running--;
}

static const struct executor_type type = {
    .name = "none",
    .start = start,
    .collect = collect,
    .stop = stop,
    .wants = wants,
};
static const struct executor executor = {&type, places};
static const struct scheduler_client client = {
    .next = next,
    .started = started,
    .not_started = not_started,
    .ended = ended,
};

static void
begin(size_t n_places, size_t n)
{
    for (size_t i = 0; i < PLACES; i++)
        places[i].job = NO_JOB;
    memset(jobs, 0, sizeof(jobs));
    n_jobs = n;
    next_job = n_running = most_running = 0;
    n_starts = n_nexts = 0;
    start_errno = told_errno = told_status = 0;
    is_held = false;
    scheduler = scheduler_new(n_places, &executor, &client, jobs);
}

/* All that run come to their end. */
static void
finish(void)
{
    for (size_t i = 0; i < PLACES; i++)
        places[i].has_ended = true;
    scheduler_collect(scheduler);
    assert_int_equal(scheduler_running(scheduler), 0);
    scheduler_free(scheduler);
}

static void
no_more_than_there_are_places(void **state)
{
    (void)state;
    begin(3, 10);
    assert_int_equal(scheduler_running(scheduler), 0);
    scheduler_fill(scheduler);
    assert_int_equal(scheduler_running(scheduler), 3);
    assert_int_equal(next_job, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(places[i].job, i);
    scheduler_fill(scheduler); /* none is free */
    assert_int_equal(next_job, 3);
    assert_false(scheduler_collect(scheduler));
    finish();
}

static void
fewer_jobs_than_places(void **state)
{
    (void)state;
    begin(PLACES, 2);
    scheduler_fill(scheduler);
    scheduler_fill(scheduler);
    assert_int_equal(scheduler_running(scheduler), 2);
    assert_int_equal(n_starts, 2);
    finish();
    begin(PLACES, 0);
    scheduler_fill(scheduler);
    assert_int_equal(scheduler_running(scheduler), 0);
    assert_false(scheduler_collect(scheduler));
    finish();
}

static void
a_place_is_used_again(void **state)
{
    (void)state;
    begin(2, 4);
    scheduler_fill(scheduler);
    places[1].has_ended = true;
    assert_true(scheduler_collect(scheduler));
    assert_int_equal(told_status, 1001);
    assert_int_equal(scheduler_running(scheduler), 1);
    assert_false(scheduler_collect(scheduler)); /* told once */
    assert_int_equal(jobs[1].ended, 1);
    scheduler_fill(scheduler);
    assert_int_equal(places[0].job, 0);
    assert_int_equal(places[1].job, 2);
    places[0].has_ended = places[1].has_ended = true;
    assert_true(scheduler_collect(scheduler)); /* both at once */
    assert_int_equal(jobs[0].ended + jobs[2].ended, 2);
    scheduler_fill(scheduler);
    assert_int_equal(places[0].job, 3);
    assert_int_equal(places[1].job, NO_JOB);
    finish();
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(jobs[i].started, 1);
        assert_int_equal(jobs[i].ended, 1);
    }
}

/* One that cannot be started keeps no place, and the next has its turn. */
static void
what_is_not_started(void **state)
{
    (void)state;
    begin(2, 3);
    start_errno = EAGAIN;
    scheduler_fill(scheduler);
    assert_int_equal(told_errno, EAGAIN);
    assert_int_equal(n_starts, 3);
    assert_int_equal(scheduler_running(scheduler), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(jobs[i].named, 1);
        assert_int_equal(jobs[i].not_started, 1);
        assert_int_equal(jobs[i].started, 0);
    }
    assert_false(scheduler_collect(scheduler)); /* and none of them ends */
    start_errno = 0;
    n_jobs = 4;
    scheduler_fill(scheduler);
    assert_int_equal(jobs[3].started, 1);
    finish();
}

static void
filling_ends_where_there_is_none_now(void **state)
{
    (void)state;
    begin(3, 3);
    is_held = true;
    scheduler_fill(scheduler);
    assert_int_equal(n_starts, 0);
    assert_int_equal(n_nexts, 1); /* it is not asked for the other places */
    is_held = false;
    scheduler_fill(scheduler);
    assert_int_equal(n_starts, 3);
    finish();
}

static void
those_that_run_are_stopped(void **state)
{
    (void)state;
    begin(3, 2);
    scheduler_fill(scheduler);
    for (size_t i = 0; i < 3; i++)
        scheduler_stop(scheduler, i, EXECUTOR_ASK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(places[i].asked, 1);
        assert_int_equal(places[i].ended_at_once, 0);
    }
    assert_int_equal(scheduler_running(scheduler), 2); /* to be collected */
    places[0].has_ended = true;
    assert_true(scheduler_collect(scheduler));
    scheduler_stop(scheduler, 0, EXECUTOR_AT_ONCE);
    assert_int_equal(places[0].ended_at_once, 0);
    assert_int_equal(places[1].ended_at_once, 0);
    scheduler_stop(scheduler, 1, EXECUTOR_AT_ONCE);
    assert_int_equal(places[1].ended_at_once, 1);
    assert_int_equal(places[1].asked, 1);
    finish();
}

static void
waits_for_the_first_of_all(void **state)
{
    struct pollfd fds[3];

    (void)state;
    begin(3, 2);
    assert_int_equal(scheduler_wants(scheduler, fds), -1);
    scheduler_fill(scheduler);
    assert_int_equal(scheduler_wants(scheduler, fds), -1);
    assert_int_equal(fds[0].fd, 100);
    assert_int_equal(fds[0].events, POLLIN);
    assert_int_equal(fds[1].fd, 101);
    assert_int_equal(fds[2].fd, -1); /* free: poll(2) leaves it out */
    places[0].wait_ms = 50;
    assert_int_equal(scheduler_wants(scheduler, fds), 50);
    places[1].wait_ms = 7;
    assert_int_equal(scheduler_wants(scheduler, fds), 7);
    places[0].wait_ms = 0;
    assert_int_equal(scheduler_wants(scheduler, fds), 0);
    finish();
}

/* After every event as many run as are told, and no place has two. */
static void
check_all(size_t n_places)
{
    size_t n = 0;

    for (size_t i = 0; i < PLACES; i++)
        n += places[i].job != NO_JOB;
    assert_int_equal(n, n_running);
    assert_int_equal(scheduler_running(scheduler), n_running);
    assert_true(most_running <= n_places);
    for (size_t i = 0; i < n_jobs; i++) {
        assert_int_equal(jobs[i].named, i < next_job);
        assert_int_equal(jobs[i].started + jobs[i].not_started, jobs[i].named);
        assert_true(jobs[i].ended <= jobs[i].started);
    }
}

static void
run_by_chance(struct rng *rng)
{
    size_t n_places = 1 + rng_below(rng, PLACES);

    begin(n_places, rng_below(rng, 60));
    while (next_job < n_jobs || n_running) {
        size_t place = rng_below(rng, n_places);

        switch (rng_below(rng, 6)) {
        case 0:
            start_errno = rng_below(rng, 4) ? 0 : ENOMEM;
            break;
        case 1:
            is_held = rng_below(rng, 4) == 0;
            break;
        case 2:
        case 3:
            places[place].has_ended = true;
            break;
        case 4:
            scheduler_fill(scheduler);
            assert_true(is_held || next_job == n_jobs || n_running == n_places);
            break;
        default:
            scheduler_collect(scheduler);
        }
        check_all(n_places);
    }
    for (size_t i = 0; i < n_jobs; i++)
        assert_int_equal(jobs[i].ended, jobs[i].started);
    finish();
}

static void
any_order_of_events(void **state)
{
    const char *given = getenv("SEED");
    uint64_t seed =
        given ? strtoull(given, NULL, 10) : (uint64_t)clock_ns() % 1000000;
    struct rng rng;

    (void)state;
    print_message("SEED=%" PRIu64 "\n", seed);
    rng_init(&rng, seed);
    for (int i = 0; i < 300; i++)
        run_by_chance(&rng);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_than_there_are_places),
        cmocka_unit_test(fewer_jobs_than_places),
        cmocka_unit_test(a_place_is_used_again),
        cmocka_unit_test(what_is_not_started),
        cmocka_unit_test(filling_ends_where_there_is_none_now),
        cmocka_unit_test(those_that_run_are_stopped),
        cmocka_unit_test(waits_for_the_first_of_all),
        cmocka_unit_test(any_order_of_events),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
