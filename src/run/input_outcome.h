/*
 * What an input came to, by what its process left: an outcome, with a message
 * for people that says what to do. Pure functions; any thread.
 */
#ifndef RUN_INPUT_OUTCOME_H
#define RUN_INPUT_OUTCOME_H

#include <stdbool.h>

#include "input/input.h"
#include "load/report.h"
#include "settings/settings.h"

struct outcome_input {
    const struct settings *settings;
    enum purpose purpose;
    const struct input *input;
    const struct report *report; /* the last that its process published */
};

/* Its process ended well; the report says how far it got: DONE, FAILED,
 * INTERRUPTED. */
void outcome_of_report(const struct outcome_input *of,
    struct input_outcome *out);

/* Its process died, with this status of wait4(2): FAILED, or INTERRUPTED when
 * we had it killed. The report is of whole batches. */
void outcome_of_death(const struct outcome_input *of, int wait_status,
    bool is_stopping, struct input_outcome *out);

/* Of an errno of its rejects files: does it lie in their names, or in what
 * stands there, so that it concerns no other input? */
bool outcome_is_of_name(int error);

/* Was it for want of a right to write there that its rejects files could not
 * be written? Else room may help. */
bool outcome_lacks_right(const struct report *report);

/* What helps when the input itself is bad, for this reason. */
const char *outcome_advice(const struct input *input, enum input_reason reason);

#endif
