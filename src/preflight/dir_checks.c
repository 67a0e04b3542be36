#include "preflight/dir_checks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "input/dot_names.h"

/* A directory that we may not write to, and what its files want there. */
struct closed {
    char *dir;
    int error;
    bool renames, rejects;
    bool is_rejecting; /* lines were seen that are to be written there */
};

struct places {
    struct closed *closed;
    size_t n;
};

static char *
dir_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return mem_text(".");
    return mem_format("%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* 0, or why nothing can be named or made there. Other errors are not about
 * that: its files cannot be opened, and say so. */
static int
error_of(const char *dir)
{
    if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) == 0 ||
        (errno != EACCES && errno != EPERM && errno != EROFS))
        return 0;
    return errno;
}

/* Takes over the name. */
static struct closed *
find_closed(struct places *places, char *dir, int error)
{
    for (size_t i = 0; i < places->n; i++)
        if (strcmp(places->closed[i].dir, dir) == 0) {
            free(dir);
            return &places->closed[i];
        }
    places->closed =
        mem_grow(places->closed, places->n + 1, sizeof(*places->closed));
    places->closed[places->n] = (struct closed){.dir = dir, .error = error};
    return &places->closed[places->n++];
}

static void
check_name(const struct input *input, struct findings *findings)
{
    char *name = name_done(input->path);

    /* where it is gone itself, another loader has just renamed it */
    if (name_is_there(name) && name_is_there(input->path))
        findings_add_file(findings, FINDING_PLACE, input->path,
            "rename: it will be loaded, but not renamed: its name with a dot "
            "in front is there already; remove one of the two, or give "
            "--no-rename");
    free(name);
}

/* Told before the first byte; it fails at its turn. */
static void
check_names(const struct input *input, struct findings *findings)
{
    struct input_outcome outcome;

    if (!input_check_names(input, &outcome))
        findings_add_file(findings, FINDING_PLACE, input->path, "%s: %s",
            input_reason_word(outcome.reason), outcome.message);
}

static void
check_file(const struct run *run, struct preflight *preflight,
    struct places *places, size_t i)
{
    const struct input *input = run->task.inputs[i].input;
    bool rejects = input->rejects && !run->settings->input.rejects_dir;
    char *dir = dir_of(input->path); /* of standard input it is ours, too */
    int error = error_of(dir);
    struct closed *closed;

    check_names(input, &preflight->findings);
    if (!error) {
        free(dir);
        if (input->renames)
            check_name(input, &preflight->findings);
        return;
    }
    closed = find_closed(places, dir, error);
    closed->renames |= input->renames;
    closed->rejects |= rejects;
    closed->is_rejecting |= rejects && preflight->forecast.is_rejecting[i];
}

static const char *
consequence(const struct closed *closed)
{
    if (!closed->rejects)
        return "its files will be loaded, but not renamed";
    if (closed->is_rejecting)
        return "its files have bad lines, which cannot be kept: that stops the "
               "load";
    if (!closed->renames)
        return "the first bad line stops the load";
    return "its files will be loaded, but not renamed, and the first bad line "
           "stops the load";
}

static void
tell_closed(const struct closed *closed, struct preflight *preflight)
{
    if (!closed->renames && !closed->rejects)
        return;
    preflight->stops_at_rejects |= closed->is_rejecting;
    findings_add_file(&preflight->findings,
        closed->renames || closed->is_rejecting ? FINDING_PLACE
                                                : FINDING_WARNING,
        closed->dir,
        "cannot be written to: %s: %s; give memc_load write permission there, "
        "or %s",
        strerror(closed->error), consequence(closed),
        !closed->rejects  ? "--no-rename"
        : closed->renames ? "--no-rename and --rejects DIR"
                          : "--rejects DIR or --no-rejects");
}

void
dir_checks_run(const struct run *run, struct preflight *preflight)
{
    struct places places = {0};

    for (size_t i = 0; i < run->task.n; i++) {
        const struct input *input = run->task.inputs[i].input;

        if (!input->type->has_size || S_ISREG(input->at_start.st_mode))
            check_file(run, preflight, &places, i);
    }
    for (size_t i = 0; i < places.n; i++) {
        tell_closed(&places.closed[i], preflight);
        free(places.closed[i].dir);
    }
    free(places.closed);
}
