/*
 * A task: inputs to be read for one purpose, each with a state of its own
 * (run/input_state.h), and places for the processes that are at them.
 *
 * Owned by the supervisor, in its one thread; a process that was forked has a
 * copy, of which it shares the slots (load/report.h) with us. Cannot fail but
 * for memory.
 */
#ifndef RUN_TASK_H
#define RUN_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "input/list.h"
#include "load/report.h"
#include "run/input_state.h"
#include "settings/purpose.h"

/* An input of a task, and what became of it. */
struct run_input {
    struct input *input; /* the list's */
    struct input_status status;

    struct report *report; /* ours; NULL until its first process ended */
    int64_t started_ns, ended_ns;
    bool is_partial;   /* its process died: counts are of whole batches */
    bool is_unsampled; /* likewise: its sample is missing, so what it stored is
                          not verified */
    bool is_short;     /* a server counted less than it had acknowledged */
    uint64_t lost;     /* records that were stored and are gone with a server */

    /* by server; NULL until it was begun */
    unsigned *generations; /* when its items were begun to be stored */
    bool *again;           /* while TO_RELOAD and RELOADING: for these */
};

/* Where a process of a task may be. */
struct place {
    struct run_input *at; /* NULL: it is free */
    struct slot *slot;    /* ours, for the whole task */
    unsigned *periods;    /* of each server's baseline, as it was started */
    int sample_fd;        /* where it hands over its sample; -1: not yet made */
};

struct task {
    enum purpose purpose;
    struct input_list list;
    struct run_input *inputs; /* one for each of the list's */
    size_t n;
    struct place *places;
    size_t n_places;
    int64_t started_ns;

    /* of its processes that ended */
    bool has_fault; /* one ended as a broken program does */
    double user_s, system_s;
    uint64_t max_rss_bytes; /* the largest one's */
};

/* Seconds from its start to its end; 0 where it did not begin or end. */
double run_input_elapsed_s(const struct run_input *at);

/* Takes over the list: an entry for each of its inputs. */
void task_take(struct task *task, struct input_list *list);

/* Places for as many processes as run at once, for so many servers. */
void task_make_places(struct task *task, size_t n, size_t n_servers);
void task_release(struct task *task);

/* How many inputs are DONE or FINISHED. */
size_t task_done(const struct task *task);

/*
 * To be called whenever an input was settled: closes those that are not done,
 * giving a renamed one its old name back, and finishes the done ones that have
 * only settled ones before them, so that names appear in the order of the
 * list. One that cannot be finished becomes FAILED.
 */
void task_finish_settled(struct task *task);

/* Is one of those not finished yet, because somebody writes it? Then it is to
 * be called again after WRITERS_LOOK_MS; unless all are to hurry, upon which
 * nobody is waited for any more. */
bool task_awaits(const struct task *task);
void task_hurry(struct task *task);

/* In a child that was forked: closes all inputs but its own (or NULL), since a
 * claim lasts as long as any copy of its descriptor. */
void task_leave(const struct task *task, const struct input *own);

/* Settles all from this one on as SKIPPED: they never had their turn. */
void task_skip(struct task *task, size_t from, enum input_reason reason);

/*
 * Descriptors are short: none should be opened until some of those under way
 * are settled, upon which others are closed.
 */
bool task_must_wait(const struct task *task);

#endif
