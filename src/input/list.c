#include "input/list.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "load/reject_file.h"
#include "input/dot_names.h"

/* What may become a file of the list. */
struct candidate {
    char *path;
    const char *base;  /* within path, or static */
    bool is_named;     /* a FILE; else some pattern matched it */
    bool is_link;      /* a symlink to the file */
    bool is_dropped;   /* another candidate stands for the same file */
    struct stat found; /* st_mode 0: nothing is there */
};

struct candidates {
    struct candidate *at;
    size_t n;
};

/* Takes over the path. */
static void
add(struct candidates *all, char *path, bool is_named)
{
    struct candidate *candidate;
    struct stat itself;

    all->at = mem_grow(all->at, all->n + 1, sizeof(*all->at));
    candidate = &all->at[all->n++];
    *candidate = (struct candidate){.path = path, .is_named = is_named};
    if (is_named && strcmp(path, "-") == 0) {
        candidate->base = "stdin";
        return;
    }
    candidate->base = name_base(path);
    if (stat(path, &candidate->found))
        candidate->found = (struct stat){0};
    candidate->is_link = lstat(path, &itself) == 0 && S_ISLNK(itself.st_mode);
}

/*
 * A pattern matches regular files and symlinks to them. What is there but
 * cannot be looked at stays, as does a symlink that leads nowhere, and fails at
 * its turn: left out, it would be missing without a word. But not a symlink to
 * a file that was loaded and renamed, as "latest" may be one. is_done: of dot
 * names those are wanted whose file was done.
 */
static bool
is_match(const char *path, const char *pattern, bool is_done)
{
    struct stat found;

    if (is_done ? !name_is_of_done(path) : *name_base(path) == '.')
        return false;
    /* our own, of earlier loads: to be mended before they are loaded */
    if (rejects_suffix(path) && !rejects_suffix(pattern))
        return false;
    if (stat(path, &found)) /* else it was renamed just now */
        return (errno != ENOENT && errno != ENOTDIR) ||
               (name_is_there(path) && !name_led_to_done(path));
    return S_ISREG(found.st_mode);
}

/* glob(3) hands its error function no context; one thread calls it. */
static struct err *glob_err;

static int
on_glob_error(const char *path, int error)
{
    if (error == ENOENT || error == ENOTDIR || error == ELOOP)
        return 0; /* nothing to match there */
    errno = error;
    err_set_errno(glob_err, ERR_IO, "cannot read the directory %s", path);
    return -1;
}

/*
 * Adds what the pattern matches; *matched says whether anything did. With
 * is_done it is a pattern of dot names, of which only those of files that are
 * gone are wanted.
 */
static int
add_matches(struct candidates *all, const char *pattern, bool is_done,
    bool *matched, struct err *err)
{
    glob_t found = {0};
    int rc;

    glob_err = err;
    rc = glob(pattern, GLOB_NOSORT, on_glob_error, &found);
    if (rc == GLOB_NOSPACE)
        die("out of memory (pattern %s)", pattern);
    if (rc == GLOB_ABORTED) {
        globfree(&found);
        return -1;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];

        if (!is_match(path, pattern, is_done))
            continue;
        *matched = true;
        /* "-" alone would be standard input */
        add(all, mem_format("%s%s", strcmp(path, "-") ? "" : "./", path),
            false);
    }
    globfree(&found);
    return 0;
}

static int
compare_places(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = strcmp(a->base, b->base);

    return order ? order : strcmp(a->path, b->path);
}

static int
compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* 0 when both are the same file; what does not exist goes by its path. */
static int
compare_identity(const struct candidate *a, const struct candidate *b)
{
    int order = compare_numbers(a->found.st_mode != 0, b->found.st_mode != 0);

    if (order)
        return order;
    if (a->found.st_mode == 0)
        return strcmp(a->path, b->path);
    order = compare_numbers(a->found.st_dev, b->found.st_dev);
    return order ? order : compare_numbers(a->found.st_ino, b->found.st_ino);
}

/*
 * Names of one file side by side, the one to keep first: not a symlink, since
 * with that one renamed the file itself would be found and loaded again.
 */
static int
compare_names(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = compare_identity(a, b);

    if (!order)
        order = compare_numbers(a->is_link, b->is_link);
    if (!order)
        order = compare_numbers(b->is_named, a->is_named);
    return order ? order : compare_places(a, b);
}

static void
drop_doubles(struct candidates *all)
{
    qsort(all->at, all->n, sizeof(*all->at), compare_names);
    for (size_t i = 1; i < all->n; i++)
        all->at[i].is_dropped =
            compare_identity(&all->at[i - 1], &all->at[i]) == 0;
}

static void
move_to_list(struct input_list *list, struct candidates *all,
    const struct settings *settings)
{
    qsort(all->at, all->n, sizeof(*all->at), compare_places);
    list->input = mem_zero(all->n, sizeof(*list->input));
    list->n = 0;
    for (size_t i = 0; i < all->n; i++) {
        struct candidate *from = &all->at[i];
        bool is_stdin = from->is_named && strcmp(from->path, "-") == 0;

        if (from->is_dropped) {
            free(from->path);
            continue;
        }
        list->input[list->n] = (struct input){
            .type = is_stdin ? &input_stdin : &input_file,
            .path = from->path,
            .base = from->base,
            .number = (uint32_t)list->n,
            .renames = settings->input.rename &&
                       purpose_type(settings->purpose)->renames && !is_stdin &&
                       from->base[0] != '.',
            .settle_ms = purpose_type(settings->purpose)->only_reads
                             ? -1
                             : settings->input.settle_ms,
            .fd = -1,
            .at_start = from->found,
        };
        list->n++;
    }
    free(all->at);
}

/* What the pattern would match if a dot stood in front of its names. */
static size_t
count_done(const char *pattern)
{
    char *dotted =
        *name_base(pattern) == '.' ? mem_text(pattern) : name_done(pattern);
    glob_t found = {0};
    size_t n = 0;

    if (glob(dotted, GLOB_NOSORT, NULL, &found) == 0)
        n = found.gl_pathc;
    globfree(&found);
    free(dotted);
    return n;
}

/* Adds the pattern's directory, as far as no glob begins, if it is missing. */
static void
add_missing_directory(struct text *out, const char *pattern)
{
    size_t n_bytes = strcspn(pattern, "*?[");
    struct stat found;
    char *dir;

    while (n_bytes > 1 && pattern[n_bytes - 1] != '/')
        n_bytes--;
    if (n_bytes < 2)
        return;
    dir = mem_format("%.*s", (int)n_bytes - 1, pattern);
    if (stat(dir, &found))
        text_format(out, " (there is no directory %s)", dir);
    free(dir);
}

/* Says so where the pattern matches directories: what is in one was meant. */
static void
add_directories(struct text *out, const char *pattern)
{
    size_t n_bytes = strlen(pattern), n = 0;
    glob_t found = {0};

    if (n_bytes && glob(pattern, GLOB_NOSORT | GLOB_MARK, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            n += found.gl_pathv[i][strlen(found.gl_pathv[i]) - 1] == '/';
    globfree(&found);
    if (n)
        text_format(out, " (%s: %s%s* may be meant)",
            n == 1 ? "it matches a directory" : "it matches directories",
            pattern, pattern[n_bytes - 1] == '/' ? "" : "/");
}

/* For when no file is left at all. */
static void
say_no_match(const struct settings *settings, struct err *err)
{
    const struct words *patterns = &settings->input.patterns;
    struct text text = {0};
    char files[UNITS_TEXT_BYTES];
    size_t done = 0;

    for (size_t i = 0; i < patterns->n; i++) {
        text_format(&text, "%s%s", i ? ", " : "", patterns->items[i]);
        add_missing_directory(&text, patterns->items[i]);
        add_directories(&text, patterns->items[i]);
        done += count_done(patterns->items[i]);
    }
    if (done)
        text_format(&text,
            " (%s there %s loaded before: names that begin with a dot never "
            "match)",
            units_of(done, "file", files), done == 1 ? "was" : "were");
    if (patterns->n == 0)
        err_set(err, ERR_USAGE, "no file is named (FILE or --pattern GLOB)");
    else
        err_set(err, ERR_USAGE,
            "no file matches %s. Name files, or give another --pattern",
            text.data);
    text_release(&text);
}

static void
release_candidates(struct candidates *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->at[i].path);
    free(all->at);
}

/* verify takes a done file by the name that it was loaded by. */
static void
add_named(struct candidates *all, const struct settings *settings,
    const char *path)
{
    char *done = name_done(path);

    if (purpose_type(settings->purpose)->takes_done && strcmp(path, "-") != 0 &&
        !name_is_there(path) && name_is_there(done))
        add(all, mem_text(done), true);
    else
        add(all, mem_text(path), true);
    free(done);
}

static int
add_pattern(struct candidates *all, const struct settings *settings,
    const char *pattern, bool *matched, struct err *err)
{
    char *done;
    int rc = add_matches(all, pattern, false, matched, err);

    if (rc || !purpose_type(settings->purpose)->takes_done ||
        *name_base(pattern) == '.')
        return rc;
    done = name_done(pattern);
    rc = add_matches(all, done, true, matched, err);
    free(done);
    return rc;
}

int
input_list_make(struct input_list *list, const struct settings *settings,
    struct err *err)
{
    struct candidates all = {0};
    bool *matched = mem_zero(settings->input.patterns.n, sizeof(*matched));

    *list = (struct input_list){0};
    for (size_t i = 0; i < settings->input.files.n; i++)
        add_named(&all, settings, settings->input.files.items[i]);
    for (size_t i = 0; i < settings->input.patterns.n; i++)
        if (add_pattern(&all, settings, settings->input.patterns.items[i],
                &matched[i], err)) {
            release_candidates(&all);
            free(matched);
            return -1;
        }
    for (size_t i = 0; i < settings->input.patterns.n && all.n > 0; i++)
        if (!matched[i])
            log_warn("no file matches --pattern %s",
                settings->input.patterns.items[i]);
    free(matched);
    if (all.n == 0) {
        say_no_match(settings, err);
        return -1;
    }
    drop_doubles(&all);
    move_to_list(list, &all, settings);
    return 0;
}

void
input_list_release(struct input_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct input *input = &list->input[i];

        input->type->close(input);
        free(input->path);
        free(input->renamed_to);
        free(input->rejects);
    }
    free(list->input);
    *list = (struct input_list){0};
}
