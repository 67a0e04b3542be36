#include "input/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the supervisor opens beside inputs: a directory to rename in, what it
 * shares with a worker. */
enum { SPARE_FDS = 8 };

const char *
input_shown_name(const struct input *input)
{
    return input->type->has_path ? input->path : input->base;
}

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
