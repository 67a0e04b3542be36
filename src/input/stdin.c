#include "input/input.h"

#include <unistd.h>

static bool
stdin_open(struct input *input, bool claims, struct input_outcome *outcome)
{
    (void)claims; /* nobody else reads it */
    if (fstat(STDIN_FILENO, &input->at_start)) {
        input_outcome_fail(outcome, INPUT_REASON_UNREADABLE,
            "standard input cannot be read: %m: redirect it from a file");
        return false;
    }
    input->fd = STDIN_FILENO;
    return true;
}

static bool
stdin_open_again(struct input *input)
{
    (void)input;
    return false;
}

static bool
stdin_check_unchanged(const struct input *input, struct input_outcome *outcome)
{
    (void)input;
    (void)outcome;
    return true;
}

/* It stays open: it is not ours. */
static void
stdin_close(struct input *input)
{
    input->fd = -1;
}

const struct input_type input_stdin = {
    .name = "stdin",
    .load_again = "feed it in again",
    .get_whole = "feed it in again, whole",
    .run_again = "feed it in again",
    .lost = "standard input cannot be read twice, give it again",
    .open = stdin_open,
    .open_again = stdin_open_again,
    .check_unchanged = stdin_check_unchanged,
    .close = stdin_close,
};
