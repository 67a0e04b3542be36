/*
 * Why an input is not done: one list for the messages, the summary, the exit
 * status and whoever tries again later. Decisions go by the enum, never by the
 * words, which are for people and for the summary (docs/contract.md 5, 8).
 *
 * X(NAME, word, may a retry help, advice): a retry may help where time may heal
 * the cause, so that the same input is worth trying again as it is. The advice
 * is for an input that can be read again; where it cannot, its type knows
 * better (input/input.h). "" is said where the advice depends on the case.
 */
#ifndef LOAD_INPUT_REASON_H
#define LOAD_INPUT_REASON_H

#include <stdbool.h>

#include "source/source.h"

#define INPUT_REASONS(X)                                                \
    X(NONE, "", false, "")                                              \
    /* what it is, or what is in it */                                  \
    X(NOT_GZIP, "not_gzip", false, "check where it comes from")         \
    X(TRUNCATED, "truncated", false, "get it anew and load it again")   \
    X(CORRUPT, "corrupt", false, "get it anew and load it again")       \
    X(TRAILING, "trailing", false, "get it anew and load it again")     \
    X(UNREADABLE, "unreadable", false, "get it anew and load it again") \
    X(HEADER, "header", false, "mend the file or the mapping")          \
    X(ERROR_RATE, "error_rate", false, "")                              \
    /* what happened while it was loaded */                             \
    X(WORKER, "worker", true, "load it again")                          \
    X(INTERRUPTED, "interrupted", true, "run again to load it")         \
    X(OUTAGE, "outage", true, "load it again when the server is back")  \
    X(LOST, "lost", true, "load it again")                              \
    X(SHORTFALL, "shortfall", true, "load it again")                    \
    X(EVICTIONS, "evictions", false,                                    \
        "give memcached more memory (-m) and load it again")            \
    X(REJECTS, "rejects", false, "")                                    \
    X(CENSUS, "census", false, "")                                      \
    /* its name */                                                      \
    X(CHANGED, "changed", true, "run again when it is complete")        \
    X(UNFINISHED, "unfinished", true, "run again when it is complete")  \
    X(RENAME, "rename", false, "")                                      \
    X(GONE, "gone", false, "")                                          \
    X(LOCKED, "locked", true, "")                                       \
    /* nothing was begun */                                             \
    X(NO_SERVER, "no_server", true, "")                                 \
    X(NO_CAPACITY, "no_capacity", false, "")

enum input_reason {
#define X(name, word, retry, advice) INPUT_REASON_##name,
    INPUT_REASONS(X)
#undef X
        N_INPUT_REASONS
};

/* "truncated", …; "" for NONE. */
const char *input_reason_word(enum input_reason reason);

/* May the same input, tried again as it is, be done? */
bool input_reason_may_heal(enum input_reason reason);

/* What helps; "" where only the case at hand says. */
const char *input_reason_advice(enum input_reason reason);

/* NONE for states that are no failure. */
enum input_reason input_reason_of_source(enum source_state state);

#endif
