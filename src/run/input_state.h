/*
 * The state of an input: the one owner of what became of it.
 *
 *   WAITING --started--> LOADING --read--> READ --done--> DONE --finished--+
 *                         |               ^ |             |                |
 *                         +--done---------|-|-----------> DONE         FINISHED
 *                                         | |             |                |
 *                                    read | +--lost--+    | lost           |
 *                                         |          v    v                |
 *                              RELOADING -+<-started- TO_RELOAD <----lost--+
 *
 *   WAITING                                       --skipped-----> SKIPPED
 *   WAITING, LOADING, READ, TO_RELOAD, RELOADING,
 *   DONE                                          --failed------> FAILED
 *   LOADING, READ                                 --stopped-----> INTERRUPTED
 *   FAILED                                        --lost--------> TO_RELOAD
 *   READ, DONE, FINISHED, FAILED          --lost for good-------> FAILED
 *   TO_RELOAD, INTERRUPTED                --lost for good-------> as it was
 *
 * LOADING becomes READ where the servers are to be asked what they have of it
 * (audit/audit.h), DONE at once where nothing was stored. "Lost" is said when a
 * server lost records of it that can be loaded again, which may happen to one
 * that is DONE, FINISHED or FAILED, too; "lost for good" when they cannot: then
 * it is FAILED, unless it was so before and keeps its reason, or other records
 * of it are still to be loaded again, after which it is judged as a whole.
 * FINISHED is DONE with its name settled: renamed, or kept for good.
 *
 * Everybody reads the fields, nobody but input_state.c writes them
 * (scripts/check-deps looks). What the table does not have is a broken
 * program, which ends. One thread, the supervisor's.
 */
#ifndef RUN_INPUT_STATE_H
#define RUN_INPUT_STATE_H

#include <stdbool.h>

#include "input/outcome.h"

/* Name, and the word of the summary and the report. */
#define INPUT_STATES(X)           \
    X(WAITING, "waiting")         \
    X(LOADING, "running")         \
    X(READ, "read")               \
    X(TO_RELOAD, "read")          \
    X(RELOADING, "running")       \
    X(DONE, "done")               \
    X(FINISHED, "done")           \
    X(FAILED, "failed")           \
    X(INTERRUPTED, "interrupted") \
    X(SKIPPED, "skipped")

enum input_state {
#define X(name, word) INPUT_##name,
    INPUT_STATES(X)
#undef X
        N_INPUT_STATES
};

#define INPUT_EVENTS(X)                                                     \
    X(STARTED)       /* a process was started for it */                     \
    X(WAS_READ)      /* all of it is acknowledged; the servers are asked */ \
    X(IS_DONE)       /* nothing is left to ask: it may get its name */      \
    X(HAS_FAILED)    /* with an outcome that says why */                    \
    X(WAS_STOPPED)   /* likewise, for a stop */                             \
    X(WAS_SKIPPED)   /* likewise, before its turn */                        \
    X(WAS_LOST)      /* records of it, that are to be loaded again */       \
    X(LOST_FOR_GOOD) /* records of it, with an outcome */                   \
    X(WAS_FINISHED)  /* its name is settled */

enum input_event {
#define X(name) INPUT_##name,
    INPUT_EVENTS(X)
#undef X
        N_INPUT_EVENTS
};

struct input_status {
    enum input_state state;
    enum input_reason reason; /* of one that is settled and not done */
    char message[256];        /* the same for people; one line */
};

/* The state after the event; N_INPUT_STATES: it cannot happen then. Pure. */
enum input_state input_state_after(enum input_state state,
    enum input_event event);

/* "waiting", "done", … */
const char *input_state_word(enum input_state state);

/* Is it final, unless a server loses records of it? By the order of the list:
 * DONE and all after it. */
bool input_state_is_settled(enum input_state state);

/* Is a process at it? */
bool input_state_is_running(enum input_state state);

/* READ or TO_RELOAD. */
bool input_state_is_read(enum input_state state);

/* DONE or FINISHED. */
bool input_state_is_done(enum input_state state);

void input_status_init(struct input_status *status);

/* For events without an outcome: STARTED, WAS_READ, WAS_LOST, WAS_FINISHED. */
void input_happened(struct input_status *status, enum input_event event);

/* It ended so: IS_DONE, HAS_FAILED, WAS_STOPPED or WAS_SKIPPED. */
void input_settle(struct input_status *status,
    const struct input_outcome *outcome);

/* Records of it are gone for good; the outcome is FAILED as `lost`. */
void input_lost_for_good(struct input_status *status,
    const struct input_outcome *outcome);

#endif
