/* The bounded queue: order, ownership, closing and draining, with threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/queue.h"

enum { DEADLINE_S = 50, ROOM = 4 };

static int units[100]; /* their addresses are what is queued */

static void
test_order(void **state)
{
    struct queue *queue = queue_new(ROOM);

    (void)state;
    assert_null(queue_try_pop(queue));
    /* round the ring several times, at every fill */
    for (int round = 0; round < 20; round++) {
        int n = round % (ROOM + 1);

        for (int i = 0; i < n; i++)
            assert_true(queue_push(queue, &units[i]));
        for (int i = 0; i < n; i++)
            assert_ptr_equal(i % 2 ? queue_pop(queue) : queue_try_pop(queue),
                &units[i]);
        assert_null(queue_try_pop(queue));
    }
    queue_free(queue);
    queue_free(NULL);
}

static void
test_close_drains(void **state)
{
    struct queue *queue = queue_new(ROOM);

    (void)state;
    assert_true(queue_push(queue, &units[0]));
    assert_true(queue_push(queue, &units[1]));
    queue_close(queue);
    assert_false(queue_push(queue, &units[2]));
    assert_ptr_equal(queue_pop(queue), &units[0]);
    assert_ptr_equal(queue_try_pop(queue), &units[1]);
    assert_null(queue_pop(queue));
    assert_null(queue_try_pop(queue));
    assert_null(queue_pop(queue));
    queue_close(queue); /* again is fine */
    queue_free(queue);
}

struct side {
    struct queue *queue;
    pthread_t thread;
    atomic_int is_in; /* it is about to block */
    bool pushed;
    void *popped;
};

static void *
push_one(void *ctx)
{
    struct side *side = ctx;

    atomic_store(&side->is_in, 1);
    side->pushed = queue_push(side->queue, &units[9]);
    return NULL;
}

static void *
pop_one(void *ctx)
{
    struct side *side = ctx;

    atomic_store(&side->is_in, 1);
    side->popped = queue_pop(side->queue);
    return NULL;
}

/*
 * Blocked for sure cannot be seen from outside; on the way there is enough,
 * since close and pop must do right by both.
 */
static void
start(struct side *side, struct queue *queue, void *(*run)(void *))
{
    *side = (struct side){.queue = queue};
    assert_int_equal(pthread_create(&side->thread, NULL, run, side), 0);
    while (!atomic_load(&side->is_in))
        usleep(100);
}

static void
test_push_waits_for_room(void **state)
{
    struct queue *queue = queue_new(1);
    struct side side;

    (void)state;
    assert_true(queue_push(queue, &units[0]));
    start(&side, queue, push_one);
    assert_ptr_equal(queue_pop(queue), &units[0]);
    assert_ptr_equal(queue_pop(queue), &units[9]);
    pthread_join(side.thread, NULL);
    assert_true(side.pushed);
    queue_free(queue);
}

static void
test_pop_waits_for_unit(void **state)
{
    struct queue *queue = queue_new(1);
    struct side side;

    (void)state;
    start(&side, queue, pop_one);
    assert_true(queue_push(queue, &units[3]));
    pthread_join(side.thread, NULL);
    assert_ptr_equal(side.popped, &units[3]);
    queue_free(queue);
}

static void
test_close_wakes_all(void **state)
{
    enum { N = 4 };
    struct queue *full = queue_new(1), *empty = queue_new(1);
    struct side pushers[N], poppers[N];

    (void)state;
    assert_true(queue_push(full, &units[0]));
    for (int i = 0; i < N; i++) {
        start(&pushers[i], full, push_one);
        start(&poppers[i], empty, pop_one);
    }
    queue_close(full);
    queue_close(empty);
    for (int i = 0; i < N; i++) {
        pthread_join(pushers[i].thread, NULL);
        pthread_join(poppers[i].thread, NULL);
        assert_false(pushers[i].pushed); /* still the pusher's */
        assert_null(poppers[i].popped);
    }
    assert_ptr_equal(queue_pop(full), &units[0]);
    assert_null(queue_pop(full));
    queue_free(full);
    queue_free(empty);
}

/* --- many on both sides ---------------------------------------------------*/

enum { PUSHERS = 3, POPPERS = 3, EACH = 20000 };

struct unit {
    int pusher, number;
};

struct worker {
    struct queue *queue;
    pthread_t thread;
    struct unit *units; /* a pusher's own */
    int n;              /* pushed or popped */
    int last[PUSHERS];  /* a popper's last number of each pusher */
    int n_out_of_order;
};

static void *
push_all(void *ctx)
{
    struct worker *worker = ctx;

    for (int i = 0; i < EACH; i++)
        worker->n += queue_push(worker->queue, &worker->units[i]);
    return NULL;
}

static void *
pop_all(void *ctx)
{
    struct worker *worker = ctx;
    struct unit *unit;

    while ((unit = queue_pop(worker->queue))) {
        worker->n++;
        worker->n_out_of_order += unit->number <= worker->last[unit->pusher];
        worker->last[unit->pusher] = unit->number;
    }
    return NULL;
}

static void
test_crowd(void **state)
{
    struct queue *queue = queue_new(ROOM);
    struct worker pushers[PUSHERS], poppers[POPPERS];
    int n_pushed = 0, n_popped = 0;

    (void)state;
    for (int i = 0; i < POPPERS; i++) {
        poppers[i] = (struct worker){.queue = queue};
        memset(poppers[i].last, -1, sizeof(poppers[i].last));
        pthread_create(&poppers[i].thread, NULL, pop_all, &poppers[i]);
    }
    for (int i = 0; i < PUSHERS; i++) {
        pushers[i] = (struct worker){
            .queue = queue, .units = calloc(EACH, sizeof(struct unit))};
        for (int j = 0; j < EACH; j++)
            pushers[i].units[j] = (struct unit){i, j};
        pthread_create(&pushers[i].thread, NULL, push_all, &pushers[i]);
    }
    for (int i = 0; i < PUSHERS; i++) {
        pthread_join(pushers[i].thread, NULL);
        n_pushed += pushers[i].n;
    }
    queue_close(queue); /* with units still in it, most likely */
    for (int i = 0; i < POPPERS; i++) {
        pthread_join(poppers[i].thread, NULL);
        n_popped += poppers[i].n;
        assert_int_equal(poppers[i].n_out_of_order, 0);
    }
    assert_int_equal(n_pushed, PUSHERS * EACH);
    assert_int_equal(n_popped, n_pushed);
    for (int i = 0; i < PUSHERS; i++)
        free(pushers[i].units);
    queue_free(queue);
}

/* Closed in the middle of it: what push took comes out, and no more. */
static void
test_close_in_a_crowd(void **state)
{
    struct queue *queue = queue_new(ROOM);
    struct worker pushers[PUSHERS], popper = {.queue = queue};
    int n_pushed = 0;

    (void)state;
    memset(popper.last, -1, sizeof(popper.last));
    for (int i = 0; i < PUSHERS; i++) {
        pushers[i] = (struct worker){
            .queue = queue, .units = calloc(EACH, sizeof(struct unit))};
        for (int j = 0; j < EACH; j++)
            pushers[i].units[j] = (struct unit){i, j};
        pthread_create(&pushers[i].thread, NULL, push_all, &pushers[i]);
    }
    for (int i = 0; i < EACH / 2; i++) {
        struct unit *unit = queue_pop(queue);

        assert_non_null(unit);
        popper.last[unit->pusher] = unit->number;
    }
    queue_close(queue);
    pop_all(&popper);
    for (int i = 0; i < PUSHERS; i++) {
        pthread_join(pushers[i].thread, NULL);
        n_pushed += pushers[i].n;
        free(pushers[i].units);
    }
    assert_int_equal(EACH / 2 + popper.n, n_pushed);
    assert_true(popper.n <= ROOM);
    assert_int_equal(popper.n_out_of_order, 0);
    queue_free(queue);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_close_drains),
        cmocka_unit_test(test_push_waits_for_room),
        cmocka_unit_test(test_pop_waits_for_unit),
        cmocka_unit_test(test_close_wakes_all),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_close_in_a_crowd),
    };

    alarm(DEADLINE_S); /* a queue that loses a wake-up hangs */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
