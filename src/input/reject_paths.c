#include "input/reject_paths.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "record/mapping.h"

/* Those of standard input are written to the current directory. */
static char *
stem_of(const struct input *input, const char *dir)
{
    const char *slash;

    if (!dir)
        return mem_text(input_shown_name(input));
    slash = dir[strlen(dir) - 1] == '/' ? "" : "/";
    return mem_format("%s%s%s", dir, slash, input->base);
}

/* Is it the same directory, whatever it is called? `path` is of a file. */
static bool
is_same_directory(const char *a_path, const char *b_path)
{
    const char *paths[] = {a_path, b_path};
    struct stat found[2];

    for (size_t i = 0; i < 2; i++) {
        const char *slash = strrchr(paths[i], '/');
        char *dir =
            slash ? mem_format("%.*s", (int)(slash + 1 - paths[i]), paths[i])
                  : mem_text(".");
        int rc = stat(dir, &found[i]);

        free(dir);
        if (rc)
            return false;
    }
    return found[0].st_dev == found[1].st_dev &&
           found[0].st_ino == found[1].st_ino;
}

/* Beside the inputs only standard input's can meet another's. */
static bool
do_meet(const struct input *a, const struct input *b,
    const struct settings *settings)
{
    return settings->input.rejects_dir ||
           ((!a->type->has_path || !b->type->has_path) &&
               is_same_directory(a->rejects, b->rejects));
}

/* A later file whose rejects would go where this one's go. Files of one name
 * stand side by side in the list. */
static const struct input *
find_rival(const struct input_list *list, const struct settings *settings,
    size_t i)
{
    const struct input *input = &list->input[i];

    for (i++; i < list->n; i++) {
        const struct input *other = &list->input[i];

        if (strcmp(input->base, other->base) != 0)
            break;
        if (do_meet(input, other, settings))
            return other;
    }
    return NULL;
}

static int
check_names(const struct input_list *list, const struct settings *settings,
    struct err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct input *input = &list->input[i];
        const struct input *rival = find_rival(list, settings, i);

        if (!rival)
            continue;
        err_set(err, ERR_USAGE,
            "%s and %s would both write their bad lines to %s.rejects.jsonl: "
            "load them one after the other, with a --rejects DIR each, or "
            "give --no-rejects",
            input->path, rival->path, rival->rejects);
        return -1;
    }
    return 0;
}

/* The file that would write over this one; NULL: none. */
static const struct input *
find_writer(const struct input_list *list, const struct input *reader)
{
    size_t n_suffix = rejects_suffix(reader->base);
    size_t n_base = strlen(reader->base) - n_suffix;

    if (!n_suffix || !reader->type->has_path)
        return NULL;
    for (size_t i = 0; i < list->n; i++) {
        const struct input *input = &list->input[i];

        if (strlen(input->base) == n_base &&
            memcmp(input->base, reader->base, n_base) == 0 &&
            is_same_directory(input->rejects, reader->path))
            return input;
    }
    return NULL;
}

static int
check_inputs(const struct input_list *list, struct err *err)
{
    const struct input *writer;

    for (size_t i = 0; i < list->n; i++) {
        writer = find_writer(list, &list->input[i]);
        if (!writer)
            continue;
        err_set(err, ERR_USAGE,
            "%s is to be loaded, and it is where the bad lines of %s go: load "
            "them one after the other, or give another --rejects DIR",
            list->input[i].path, writer->path);
        return -1;
    }
    return 0;
}

/* By trying: what stat(2) says of rights is not all there is. */
static int
try_directory(const char *dir, struct err *err)
{
    char *path = mem_format("%s/.memc_load.XXXXXX", dir);
    int fd = mkostemp(path, O_CLOEXEC);

    if (fd < 0) {
        err_set_errno(err, ERR_IO, "cannot write into --rejects %s", dir);
    } else {
        close(fd);
        unlink(path);
    }
    free(path);
    return fd < 0 ? -1 : 0;
}

int
reject_paths_plan(struct input_list *list, const struct settings *settings,
    struct err *err)
{
    if (!settings->input.rejects ||
        !purpose_type(settings->purpose)->keeps_rejects)
        return 0;
    for (size_t i = 0; i < list->n; i++) {
        free(list->input[i].rejects);
        list->input[i].rejects =
            stem_of(&list->input[i], settings->input.rejects_dir);
        list->input[i].is_csv =
            mapping_columns(settings->input.mapping)->format.has_quotes;
        list->input[i].is_dry = purpose_type(settings->purpose)->is_dry;
    }
    if (check_names(list, settings, err) || check_inputs(list, err))
        return -1;
    return settings->input.rejects_dir
               ? try_directory(settings->input.rejects_dir, err)
               : 0;
}

char *
reject_path(const char *stem, const struct report *report,
    enum rejects_kind kind, uint64_t *n_lines)
{
    *n_lines = 0;
    if (!stem || !report)
        return NULL;
    *n_lines = kind == REJECTS_JSONL ? report->jsonl_lines
               : kind == REJECTS_TSV ? report->tsv_lines
                                     : report->csv_lines;
    if (!*n_lines)
        return NULL;
    return rejects_name(stem, kind,
        report->ending == ENDING_INTERRUPTED ? REJECTS_PARTIAL : REJECTS_WHOLE);
}
