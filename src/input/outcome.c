#include "input/outcome.h"

#include "base/fit.h"

void
input_outcome_set(struct input_outcome *outcome, enum input_end end,
    enum input_reason reason, const char *format, ...)
{
    va_list ap;

    outcome->end = end;
    outcome->reason = reason;
    va_start(ap, format);
    fit_vformat(outcome->message, sizeof(outcome->message), format, ap);
    va_end(ap);
}

void
input_outcome_fail(struct input_outcome *outcome, enum input_reason reason,
    const char *format, ...)
{
    va_list ap;

    outcome->end = INPUT_END_FAILED;
    outcome->reason = reason;
    va_start(ap, format);
    fit_vformat(outcome->message, sizeof(outcome->message), format, ap);
    va_end(ap);
}

void
input_outcome_done(struct input_outcome *outcome)
{
    *outcome = (struct input_outcome){.end = INPUT_END_DONE};
}
