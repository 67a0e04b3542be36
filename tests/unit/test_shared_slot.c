/* A value that one process publishes and others read. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/shared_slot.h"

/* About the size of a report of a load with 64 servers. */
enum { DEADLINE_S = 120, N_WORDS = 650 };

/* A value all of whose words say n. */
struct value {
    uint64_t words[N_WORDS];
};

static void
fill(struct value *value, uint64_t n)
{
    for (size_t i = 0; i < N_WORDS; i++)
        value->words[i] = n;
}

/* What the slot holds, whose words must all agree. */
static uint64_t
read_whole(const struct shared_slot *slot)
{
    struct value value;

    shared_slot_read(slot, &value);
    for (size_t i = 1; i < N_WORDS; i++)
        if (value.words[i] != value.words[0])
            fail_msg("word %zu is %llu, word 0 is %llu", i,
                (unsigned long long)value.words[i],
                (unsigned long long)value.words[0]);
    return value.words[0];
}

static void
test_last_value_is_read(void **state)
{
    struct shared_slot *slot = shared_slot_new(sizeof(struct value));
    struct value value;

    (void)state;
    assert_int_equal(read_whole(slot), 0);
    for (uint64_t n = 1; n < 6; n++) {
        fill(&value, n);
        shared_slot_publish(slot, &value);
        assert_int_equal(read_whole(slot), n);
        assert_int_equal(read_whole(slot), n);
    }
    shared_slot_free(slot);
    shared_slot_free(NULL);
}

/* Whether an even or an odd number of values had been published. */
static void
test_reset_begins_anew(void **state)
{
    struct shared_slot *slot = shared_slot_new(sizeof(struct value));
    struct value value;

    (void)state;
    for (unsigned n = 0; n < 4; n++) {
        for (unsigned i = 0; i < n; i++) {
            fill(&value, 100 + i);
            shared_slot_publish(slot, &value);
        }
        fill(&value, 7);
        shared_slot_reset(slot, &value);
        assert_int_equal(read_whole(slot), 7);
        fill(&value, 8);
        shared_slot_publish(slot, &value);
        assert_int_equal(read_whole(slot), 8);
    }
    shared_slot_free(slot);
}

static void
publish_until(struct shared_slot *slot, atomic_bool *stop)
{
    struct value value;

    for (uint64_t n = 1; !stop || !atomic_load(stop); n++) {
        fill(&value, n);
        shared_slot_publish(slot, &value);
    }
}

struct hammer {
    struct shared_slot *slot;
    atomic_bool stop;
};

static void *
hammer(void *arg)
{
    struct hammer *it = arg;

    publish_until(it->slot, &it->stop);
    return NULL;
}

/* Overtaken again and again, a reader still gets whole ones, never older. */
static void
test_hammered(void **state)
{
    struct hammer it = {.slot = shared_slot_new(sizeof(struct value))};
    uint64_t last = 0, moves = 0, now;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, hammer, &it), 0);
    while (moves < 2000) {
        now = read_whole(it.slot);
        assert_true(now >= last);
        moves += now > last;
        last = now;
    }
    atomic_store(&it.stop, true);
    pthread_join(thread, NULL);
    shared_slot_free(it.slot);
}

/* Is the copy that is not current one that was being written? */
static bool
is_other_torn(const struct shared_slot *slot)
{
    const _Atomic uint64_t *other =
        slot->copies + ((atomic_load(&slot->published) + 1) & 1) * N_WORDS;

    return atomic_load(&other[0]) != atomic_load(&other[N_WORDS - 1]);
}

/* Killed in mid-publish, most of the times, a writer leaves a whole value. */
static void
test_killed(void **state)
{
    struct shared_slot *slot = shared_slot_new(sizeof(struct value));
    struct value zero;
    size_t torn = 0;
    uint64_t got;
    pid_t pid;

    (void)state;
    fill(&zero, 0);
    for (int i = 0; i < 300; i++) {
        shared_slot_reset(slot, &zero);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            alarm(DEADLINE_S);
            publish_until(slot, NULL);
            _exit(1);
        }
        while (atomic_load(&slot->published) < 50u + (unsigned)i % 7)
            ;
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        got = read_whole(slot);
        assert_true(got >= 50);
        assert_int_equal(got, atomic_load(&slot->published));
        torn += is_other_torn(slot);
    }
    /* else this has shown nothing */
    assert_true(torn > 10);
    shared_slot_free(slot);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_value_is_read),
        cmocka_unit_test(test_reset_begins_anew),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_hammered),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
