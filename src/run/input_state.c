#include "run/input_state.h"

#include <string.h>

#include "base/mem.h"

/* A row a state, a column an event; 0 = cannot happen, else the state + 1. */
#define TO(state) (INPUT_##state + 1)

static const unsigned char table[N_INPUT_STATES][N_INPUT_EVENTS] = {
    [INPUT_WAITING] =
        {
            [INPUT_STARTED] = TO(LOADING),
            [INPUT_HAS_FAILED] = TO(FAILED),
            [INPUT_WAS_SKIPPED] = TO(SKIPPED),
        },
    [INPUT_LOADING] =
        {
            [INPUT_WAS_READ] = TO(READ),
            [INPUT_IS_DONE] = TO(DONE),
            [INPUT_HAS_FAILED] = TO(FAILED),
            [INPUT_WAS_STOPPED] = TO(INTERRUPTED),
        },
    [INPUT_READ] =
        {
            [INPUT_IS_DONE] = TO(DONE),
            [INPUT_HAS_FAILED] = TO(FAILED),
            [INPUT_WAS_STOPPED] = TO(INTERRUPTED),
            [INPUT_WAS_LOST] = TO(TO_RELOAD),
            [INPUT_LOST_FOR_GOOD] = TO(FAILED),
        },
    [INPUT_TO_RELOAD] =
        {
            [INPUT_STARTED] = TO(RELOADING),
            [INPUT_HAS_FAILED] = TO(FAILED),
            [INPUT_WAS_LOST] = TO(TO_RELOAD),
            [INPUT_LOST_FOR_GOOD] = TO(TO_RELOAD),
        },
    [INPUT_RELOADING] =
        {
            [INPUT_WAS_READ] = TO(READ),
            [INPUT_HAS_FAILED] = TO(FAILED),
        },
    [INPUT_DONE] =
        {
            [INPUT_WAS_FINISHED] = TO(FINISHED),
            [INPUT_HAS_FAILED] = TO(FAILED),
            [INPUT_WAS_LOST] = TO(TO_RELOAD),
            [INPUT_LOST_FOR_GOOD] = TO(FAILED),
        },
    [INPUT_FINISHED] =
        {
            [INPUT_WAS_LOST] = TO(TO_RELOAD),
            [INPUT_LOST_FOR_GOOD] = TO(FAILED),
        },
    [INPUT_FAILED] =
        {
            [INPUT_WAS_LOST] = TO(TO_RELOAD),
            [INPUT_LOST_FOR_GOOD] = TO(FAILED),
        },
    [INPUT_INTERRUPTED] =
        {
            [INPUT_LOST_FOR_GOOD] = TO(INTERRUPTED),
        },
    [INPUT_SKIPPED] = {0},
};

enum input_state
input_state_after(enum input_state state, enum input_event event)
{
    must((unsigned)state < N_INPUT_STATES && (unsigned)event < N_INPUT_EVENTS);
    return table[state][event] ? (enum input_state)(table[state][event] - 1)
                               : N_INPUT_STATES;
}

const char *
input_state_word(enum input_state state)
{
    static const char *const words[N_INPUT_STATES] = {
#define X(name, word) [INPUT_##name] = word,
        INPUT_STATES(X)
#undef X
    };

    must((unsigned)state < N_INPUT_STATES);
    return words[state];
}

bool
input_state_is_settled(enum input_state state)
{
    return state >= INPUT_DONE;
}

bool
input_state_is_running(enum input_state state)
{
    return state == INPUT_LOADING || state == INPUT_RELOADING;
}

bool
input_state_is_read(enum input_state state)
{
    return state == INPUT_READ || state == INPUT_TO_RELOAD;
}

bool
input_state_is_done(enum input_state state)
{
    return state == INPUT_DONE || state == INPUT_FINISHED;
}

void
input_status_init(struct input_status *status)
{
    *status = (struct input_status){.state = INPUT_WAITING};
}

static void
move(struct input_status *status, enum input_event event)
{
    enum input_state next = input_state_after(status->state, event);

    must(next != N_INPUT_STATES);
    status->state = next;
}

static void
explain(struct input_status *status, const struct input_outcome *outcome)
{
    status->reason = outcome->reason;
    memcpy(status->message, outcome->message, sizeof(status->message));
}

void
input_happened(struct input_status *status, enum input_event event)
{
    must(event == INPUT_STARTED || event == INPUT_WAS_READ ||
         event == INPUT_WAS_LOST || event == INPUT_WAS_FINISHED);
    move(status, event);
    /* the reason and the message of before do not hold any more */
    if (!input_state_is_settled(status->state))
        explain(status, &(struct input_outcome){.reason = INPUT_REASON_NONE});
}

void
input_settle(struct input_status *status, const struct input_outcome *outcome)
{
    static const enum input_event events[] = {
        [INPUT_END_DONE] = INPUT_IS_DONE,
        [INPUT_END_FAILED] = INPUT_HAS_FAILED,
        [INPUT_END_INTERRUPTED] = INPUT_WAS_STOPPED,
        [INPUT_END_SKIPPED] = INPUT_WAS_SKIPPED,
    };

    move(status, events[outcome->end]);
    explain(status, outcome);
}

void
input_lost_for_good(struct input_status *status,
    const struct input_outcome *outcome)
{
    bool says_why = status->state != INPUT_FAILED &&
                    status->state != INPUT_INTERRUPTED &&
                    status->state != INPUT_TO_RELOAD;

    move(status, INPUT_LOST_FOR_GOOD);
    if (says_why)
        explain(status, outcome);
}
