#include "input/input.h"

#include <unistd.h>

#include "base/log.h"

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

/* Only a file tells. One that is open for writing may be so by whoever started
 * us, as a scratch file of theirs, so it is only told. */
static bool
stdin_check_unchanged(const struct input *input, struct input_outcome *outcome)
{
    const struct stat *then = &input->at_start;
    char who[WRITERS_NAME_BYTES];
    struct stat now;

    if (!S_ISREG(then->st_mode) || fstat(STDIN_FILENO, &now))
        return true;
    if (now.st_size != then->st_size ||
        now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != then->st_mtim.tv_nsec) {
        input_outcome_fail(outcome, INPUT_REASON_CHANGED,
            "the file that is standard input was written to while it was "
            "loaded: feed it in again when it is complete");
        return false;
    }
    if (writers_of(STDIN_FILENO) == WRITERS_SOME)
        log_warn("stdin: %s has the file open for writing: when it has written "
                 "more, feed it in again",
            writers_name(STDIN_FILENO, who));
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
