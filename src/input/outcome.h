/*
 * How an input ended, as whoever found out says it: the end, the reason, and a
 * message for people that says what to do. It becomes the input's state in
 * run/input_state.c alone. Values; any thread.
 */
#ifndef INPUT_OUTCOME_H
#define INPUT_OUTCOME_H

#include <stdarg.h>

#include "load/input_reason.h"

enum input_end {
    INPUT_END_DONE,
    INPUT_END_FAILED,
    INPUT_END_INTERRUPTED,
    INPUT_END_SKIPPED,
};

struct input_outcome {
    enum input_end end;
    enum input_reason reason;
    char message[256]; /* one line; its end is never cut (base/fit.h) */
};

/* errno may stand in the format as %m. */
void input_outcome_set(struct input_outcome *outcome, enum input_end end,
    enum input_reason reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void input_outcome_fail(struct input_outcome *outcome, enum input_reason reason,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
void input_outcome_done(struct input_outcome *outcome);

#endif
