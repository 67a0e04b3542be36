#include "input/dot_names.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

const char *
name_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

char *
name_done(const char *path)
{
    const char *base = name_base(path);

    return mem_format("%.*s.%s", (int)(base - path), path, base);
}

bool
name_is_there(const char *path)
{
    struct stat found;

    return lstat(path, &found) == 0;
}

bool
name_is_of_done(const char *path)
{
    const char *base = name_base(path);
    char *name = mem_format("%.*s%s", (int)(base - path), path, base + 1);
    bool is_done = !name_is_there(name);

    free(name);
    return is_done;
}

bool
name_led_to_done(const char *path)
{
    char to[PATH_MAX], *target, *done;
    ssize_t n_bytes = readlink(path, to, sizeof(to));
    bool is_done;

    if (n_bytes <= 0 || (size_t)n_bytes == sizeof(to))
        return false;
    target =
        mem_format("%.*s%.*s", to[0] == '/' ? 0 : (int)(name_base(path) - path),
            path, (int)n_bytes, to);
    done = name_done(target);
    is_done = !name_is_there(target) && name_is_there(done);
    free(target);
    free(done);
    return is_done;
}
