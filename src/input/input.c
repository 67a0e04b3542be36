#include "input/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/units.h"
#include "input/dot_names.h"
#include "load/reject_file.h"

/* What the supervisor opens beside inputs: a directory to rename in, what it
 * shares with a worker. */
enum { SPARE_FDS = 8 };

const char *
input_shown_name(const struct input *input)
{
    return input->type->has_path ? input->path : input->base;
}

/* ----------------------------------------------------------- its names --- */

static bool
check_done_name(const struct input *input, struct input_outcome *outcome)
{
    char *name = name_done(input->path);
    struct stat found;
    bool is_fine = lstat(name, &found) == 0 || errno != ENAMETOOLONG;

    if (!is_fine)
        input_outcome_fail(outcome, INPUT_REASON_RENAME,
            "its name is too long to get a dot in front of it when it is done: "
            "give it a shorter one, or --no-rename");
    free(name);
    return is_fine;
}

static bool
check_reject_names(const struct input *input, struct input_outcome *outcome)
{
    char *name;
    int error = rejects_find_bad_name(input->rejects, input->is_csv,
        input->is_dry, &name);

    if (!error)
        return true;
    if (error == ENAMETOOLONG)
        input_outcome_fail(outcome, INPUT_REASON_REJECTS,
            "its name is too long for the files of its bad lines, which add to "
            "it: give it a shorter one, or --no-rejects");
    else
        input_outcome_fail(outcome, INPUT_REASON_REJECTS,
            "%s, where its bad lines would go, is there and no file: remove "
            "it, or give --rejects DIR or --no-rejects",
            name_base(name));
    free(name);
    return false;
}

bool
input_check_names(const struct input *input, struct input_outcome *outcome)
{
    return (!input->renames || check_done_name(input, outcome)) &&
           (!input->rejects || check_reject_names(input, outcome));
}

/* ------------------------------------------------- who writes it? --- */

static void
settle_written(struct input *input, bool is_open, bool is_read,
    struct input_outcome *outcome)
{
    char who[WRITERS_NAME_BYTES], span[UNITS_TEXT_BYTES];

    if (!is_open)
        input_outcome_fail(outcome, INPUT_REASON_UNFINISHED,
            "it is still written to, after %s of waiting (--settle): run again "
            "when it is complete",
            units_span((double)input->settle_ms / 1e3, span));
    else
        input_outcome_fail(outcome, INPUT_REASON_UNFINISHED,
            "%s%s has it open for writing%s: run again when that has closed "
            "it, or give --settle SECONDS to wait for that",
            is_read ? "all of it was read, but " : "",
            writers_name(input->fd, who), is_read ? " and may write more" : "");
}

static void
tell_wait(const struct input *input, bool is_open)
{
    char who[WRITERS_NAME_BYTES], span[UNITS_TEXT_BYTES];

    if (!input->settle_ms)
        return; /* a moment */
    units_span((double)input->settle_ms / 1e3, span);
    if (is_open)
        log_warn("%s: %s has it open for writing: waiting up to %s for it to "
                 "be closed",
            input->path, writers_name(input->fd, who), span);
    else
        log_info("%s: waiting until it has not changed for %s", input->path,
            span);
}

static enum writers_verdict
await(struct input *input, bool is_read, struct input_outcome *outcome)
{
    enum writers_verdict verdict;
    bool is_open;

    if (input->settle_ms < 0 || !input->type->has_path)
        return WRITERS_GONE;
    verdict = writers_await(&input->wait, input->fd, input->settle_ms, !is_read,
        &is_open);
    if (verdict == WRITERS_AWAIT && input->is_hurried)
        verdict = WRITERS_STAY;
    if (verdict == WRITERS_AWAIT && !input->is_awaited)
        tell_wait(input, is_open);
    else if (verdict == WRITERS_STAY)
        settle_written(input, is_open, is_read, outcome);
    return verdict;
}

/* What was waited for has been written to; or another file has its name. */
static enum writers_verdict
look_again(struct input *input, bool claims, struct input_outcome *outcome)
{
    struct stat now, there;

    if (fstat(input->fd, &now) == 0 && stat(input->path, &there) == 0 &&
        now.st_dev == there.st_dev && now.st_ino == there.st_ino) {
        input->at_start = now;
        return WRITERS_GONE;
    }
    input->type->close(input);
    return input->type->open(input, claims, outcome) ? WRITERS_AWAIT
                                                     : WRITERS_STAY;
}

enum writers_verdict
input_await_begin(struct input *input, bool claims,
    struct input_outcome *outcome)
{
    enum writers_verdict verdict = await(input, false, outcome);
    bool was_awaited = input->is_awaited;

    input->is_awaited = verdict == WRITERS_AWAIT;
    if (verdict == WRITERS_AWAIT)
        return verdict;
    input->wait = (struct writers_wait){0};
    if (verdict == WRITERS_STAY || !was_awaited)
        return verdict;
    return look_again(input, claims, outcome);
}

enum writers_verdict
input_await_end(struct input *input, struct input_outcome *outcome)
{
    enum writers_verdict verdict = WRITERS_GONE;

    if (!input->renamed_to && !input->is_loaded)
        verdict = await(input, true, outcome);
    input->is_awaited = verdict == WRITERS_AWAIT;
    if (!input->is_awaited)
        input->wait = (struct writers_wait){0};
    return verdict;
}

/* ------------------------------------------------------------ its end --- */

bool
input_finish(struct input *input, struct input_outcome *outcome)
{
    const struct input_type *type = input->type;
    bool is_fine = true;

    /* one that was loaded again has its new name already, and of one that is
     * read back it was settled before */
    if (!input->renamed_to && !input->is_loaded)
        is_fine = type->check_unchanged(input, outcome) &&
                  (!input->renames || type->rename_done(input, outcome));
    type->close(input);
    return is_fine;
}

bool
input_descriptors_are_short(void)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    struct rlimit limit;

    if (fd < 0)
        return errno == EMFILE;
    close(fd);
    /* all below the lowest that is free are taken */
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           (rlim_t)fd + SPARE_FDS >= limit.rlim_cur;
}
