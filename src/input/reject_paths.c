#include "input/reject_paths.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* Of standard input and in it, since that has no place of its own. */
static char *
stem_of(const struct file *file, const char *dir)
{
    const char *slash;

    if (!dir)
        return mem_text(file->is_stdin ? file->base : file->path);
    slash = dir[strlen(dir) - 1] == '/' ? "" : "/";
    return mem_format("%s%s%s", dir, slash, file->base);
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
do_meet(const struct file *a, const struct file *b,
    const struct settings *settings)
{
    return settings->input.rejects_dir ||
           ((a->is_stdin || b->is_stdin) &&
               is_same_directory(a->rejects, b->rejects));
}

/* A later file whose rejects would go where this one's go. Files of one name
 * stand side by side in the list. */
static const struct file *
find_rival(const struct file_list *list, const struct settings *settings,
    size_t i)
{
    const struct file *file = &list->file[i];

    for (i++; i < list->n; i++) {
        const struct file *other = &list->file[i];

        if (strcmp(file->base, other->base) != 0)
            break;
        if (do_meet(file, other, settings))
            return other;
    }
    return NULL;
}

static int
check_names(const struct file_list *list, const struct settings *settings,
    struct err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct file *file = &list->file[i];
        const struct file *rival = find_rival(list, settings, i);

        if (!rival)
            continue;
        err_set(err, ERR_USAGE,
            "%s and %s would both write their bad lines to %s.rejects.jsonl: "
            "load them one after the other, with a --rejects DIR each, or "
            "give --no-rejects",
            file->path, rival->path, rival->rejects);
        return -1;
    }
    return 0;
}

/* The file that would write over this one; NULL: none. */
static const struct file *
find_writer(const struct file_list *list, const struct file *input)
{
    size_t n_suffix = rejects_suffix(input->base);
    size_t n_base = strlen(input->base) - n_suffix;

    if (!n_suffix || input->is_stdin)
        return NULL;
    for (size_t i = 0; i < list->n; i++) {
        const struct file *file = &list->file[i];

        if (strlen(file->base) == n_base &&
            memcmp(file->base, input->base, n_base) == 0 &&
            is_same_directory(file->rejects, input->path))
            return file;
    }
    return NULL;
}

static int
check_inputs(const struct file_list *list, struct err *err)
{
    const struct file *writer;

    for (size_t i = 0; i < list->n; i++) {
        writer = find_writer(list, &list->file[i]);
        if (!writer)
            continue;
        err_set(err, ERR_USAGE,
            "%s is to be loaded, and it is where the bad lines of %s go: load "
            "them one after the other, or give another --rejects DIR",
            list->file[i].path, writer->path);
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
reject_files_plan(struct file_list *list, const struct settings *settings,
    struct err *err)
{
    if (!settings->input.rejects)
        return 0;
    for (size_t i = 0; i < list->n; i++) {
        free(list->file[i].rejects);
        list->file[i].rejects =
            stem_of(&list->file[i], settings->input.rejects_dir);
    }
    if (check_names(list, settings, err) || check_inputs(list, err))
        return -1;
    return settings->input.rejects_dir
               ? try_directory(settings->input.rejects_dir, err)
               : 0;
}

char *
reject_file_path(const struct file *file, enum rejects_kind kind,
    uint64_t *n_lines)
{
    const struct report *report = file->report;

    *n_lines = 0;
    if (!file->rejects || !report)
        return NULL;
    *n_lines = kind == REJECTS_JSONL ? report->jsonl_lines
               : kind == REJECTS_TSV ? report->tsv_lines
                                     : report->csv_lines;
    if (!*n_lines)
        return NULL;
    return rejects_name(file->rejects, kind,
        report->ending == ENDING_INTERRUPTED ? REJECTS_PARTIAL : REJECTS_WHOLE);
}

char *
reject_text_path(const struct file *file, uint64_t *n_lines)
{
    char *path = reject_file_path(file, REJECTS_TSV, n_lines);

    return path ? path : reject_file_path(file, REJECTS_CSV, n_lines);
}
