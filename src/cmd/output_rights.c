#include "cmd/output_rights.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file_write.h"
#include "input/list.h"

/* The group that a new file of that name has: its directory's, where that hands
 * it down. */
static gid_t
group_of_new(const char *path)
{
    char *dir = file_directory(path);
    struct stat found;
    gid_t group = getegid();

    if (stat(dir, &found) == 0 && found.st_mode & S_ISGID)
        group = found.st_gid;
    free(dir);
    return group;
}

/* What an input gives to that group, and to others. */
static mode_t
given_by(const struct input *input, gid_t group)
{
    struct stat found;
    mode_t to_all;

    if (!input->type->has_path || stat(input->path, &found) ||
        !S_ISREG(found.st_mode))
        return 0666;
    if (found.st_gid == group)
        return found.st_mode & 0666;
    /* members of it may be of the input's group, or of the others */
    to_all = found.st_mode >> 3 & found.st_mode & 06;
    return to_all << 3 | to_all;
}

mode_t
output_rights(const char *path, const struct settings *settings)
{
    gid_t group = group_of_new(path);
    struct input_list files;
    mode_t given = 0666;
    struct err err;

    if (input_list_make(&files, settings, &err))
        return 0600; /* reported when they are to be read */
    for (size_t i = 0; i < files.n; i++)
        given &= given_by(&files.input[i], group);
    input_list_release(&files);
    return given;
}

mode_t
output_rights_narrow(mode_t given)
{
    mode_t before = umask(0);

    umask(before | (~given & 0066));
    return before;
}
