#include "cmd/outputs.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "input/list.h"
#include "source/zstd.h"

/* The file that a path means, however it is written. */
struct file_identity {
    dev_t dev;
    ino_t ino;        /* of the file, or of its directory */
    const char *base; /* its name there; NULL: the file exists */
};

static const char *
base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* False for what cannot be spoilt: a terminal, a pipe, /dev/null. */
static bool
identify(const char *path, struct file_identity *identity)
{
    struct stat found;
    bool is_there = stat(path, &found) == 0, is_known = is_there;
    char *dir;

    if (is_there && !S_ISREG(found.st_mode))
        return false;
    if (!is_there) {
        dir = mem_format("%.*s.", (int)(base_of(path) - path), path);
        is_known = stat(dir, &found) == 0;
        free(dir);
    }
    if (is_known)
        *identity = (struct file_identity){.dev = found.st_dev,
            .ino = found.st_ino,
            .base = is_there ? NULL : base_of(path)};
    return is_known;
}

static bool
is_same(const char *a, const char *b)
{
    struct file_identity left, right;

    return a && b && identify(a, &left) && identify(b, &right) &&
           left.dev == right.dev && left.ino == right.ino &&
           !left.base == !right.base &&
           (!left.base || strcmp(left.base, right.base) == 0);
}

static bool
is_wanted(const struct output *output)
{
    return output->path && strcmp(output->path, "-") != 0;
}

/* shown: the name that messages have for the file that is read. Returns true.
 */
static bool
refuse(const struct output *output, const char *shown, const char *what)
{
    bool has_name = strcmp(output->path, shown) == 0;

    complain("--%s: %s is %s%s%s: name another file, this one would be spoilt",
        output->option, output->path, has_name ? "" : shown,
        has_name ? "" : ", ", what);
    return true;
}

/* --------------------------------------------------------- what is read --- */

static bool
spoils(const struct output *output, const char *path, const char *what)
{
    return is_same(output->path, path) && refuse(output, path, what);
}

static bool
spoils_input(const struct output *output, const struct settings *settings)
{
    struct input_list files;
    struct err err;
    bool is_found = false;

    if (input_list_make(&files, settings, &err))
        return false; /* reported when they are to be read */
    for (size_t i = 0; i < files.n && !is_found; i++) {
        const struct input *file = &files.input[i];

        is_found = is_same(output->path,
                       file->type->has_path ? file->path : "/dev/stdin") &&
                   refuse(output, input_shown_name(file), "an input");
    }
    input_list_release(&files);
    return is_found;
}

/* A file that the mapping names, relative to the mapping's directory. */
static bool
spoils_schema(const struct output *output, const struct settings *settings,
    const char *key)
{
    const struct yaml_node *node = settings->input.mapping_file
                                       ? yaml_root(settings->input.mapping_file)
                                       : NULL;
    const char *name = settings->input.mapping_path;
    char *path, *what;
    bool is_found;

    node = node ? yaml_find(node, "record") : NULL;
    node = node ? yaml_find(node, key) : NULL;
    if (!node || node->kind != YAML_IS_TEXT)
        return false;
    path = mem_format("%.*s%s",
        *node->text == '/' ? 0 : (int)(base_of(name) - name), name, node->text);
    what = mem_format("the mapping's %s", key);
    is_found = spoils(output, path, what);
    free(path);
    free(what);
    return is_found;
}

static bool
spoils_any(const struct output *output, const struct settings *settings)
{
    return spoils_input(output, settings) ||
           spoils(output, settings->output.config_path, "the config") ||
           spoils(output, settings->input.mapping_path, "the mapping") ||
           spoils_schema(output, settings, "proto") ||
           spoils_schema(output, settings, "descriptor");
}

bool
outputs_spoil(const struct output *outputs, size_t n,
    const struct settings *settings)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_wanted(&outputs[i]))
            continue;
        if (spoils_any(&outputs[i], settings))
            return true;
        for (size_t j = 0; j < i; j++) {
            if (!is_wanted(&outputs[j]) ||
                !is_same(outputs[j].path, outputs[i].path))
                continue;
            complain("--%s and --%s name the same file, %s: give one of them "
                     "another",
                outputs[j].option, outputs[i].option, outputs[i].path);
            return true;
        }
    }
    return false;
}

/* ----------------------------------------------- what would become input ---
 */

bool
output_is_matched(const struct output *output, const struct settings *settings)
{
    char *what;

    if (!is_wanted(output) || access(output->path, F_OK) == 0)
        return false;
    for (size_t i = 0; i < settings->input.patterns.n; i++) {
        if (fnmatch(settings->input.patterns.items[i], output->path,
                FNM_PATHNAME | FNM_PERIOD) != 0)
            continue;
        what = mem_format("matched by --pattern %s, an input",
            settings->input.patterns.items[i]);
        refuse(output, output->path, what);
        free(what);
        return true;
    }
    return false;
}

/* ------------------------------------------------- what looks like data --- */

/* By the ending of its name; NULL when that says nothing. */
static const char *
kind_by_name(const char *path)
{
    static const char *const endings[] = {
        ".tsv", ".csv", ".yml", ".yaml", ".proto"};
    const char *dot = strrchr(base_of(path), '.');

    for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return endings[i];
    return NULL;
}

/* By its first bytes. */
static const char *
kind_by_content(const char *path)
{
    static const unsigned char gzip[] = {0x1f, 0x8b};
    unsigned char magic[ZSTD_MAGIC_BYTES] = {0};
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return NULL;
    n = read(fd, magic, sizeof(magic));
    close(fd);
    if (n >= (ssize_t)sizeof(gzip) && !memcmp(magic, gzip, sizeof(gzip)))
        return "gzip";
    if (n == (ssize_t)sizeof(magic) && zstd_is_magic(magic, (size_t)n))
        return "zstd";
    return NULL;
}

bool
output_is_data(const struct output *output)
{
    const char *path = output->path, *kind;
    struct stat found;
    char *what;

    if (!is_wanted(output) || stat(path, &found) || !S_ISREG(found.st_mode) ||
        found.st_size == 0)
        return false;
    kind = kind_by_content(path);
    if (kind)
        what = mem_format("a %s file", kind);
    else if ((kind = kind_by_name(path)))
        what = mem_format("a %s file with something in it", kind);
    else
        return false;
    refuse(output, path, what);
    free(what);
    return true;
}
