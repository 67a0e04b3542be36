/*
 * A directory of its own for a test, and files in it. Everything stops the
 * test at once when it fails; nothing is left behind.
 */
#ifndef UNIT_TEMP_DIR_H
#define UNIT_TEMP_DIR_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char temp_dir[64];

static int
temp_remove(const char *path, const struct stat *found, int kind,
    struct FTW *walk)
{
    (void)found;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int
temp_dir_make(void **state)
{
    (void)state;
    snprintf(temp_dir, sizeof(temp_dir), "/tmp/memc_load.XXXXXX");
    return mkdtemp(temp_dir) ? 0 : -1;
}

static inline int
temp_dir_remove(void **state)
{
    (void)state;
    return nftw(temp_dir, temp_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* One of eight texts that take turns: the path of a name in the directory. */
static inline char *
temp_path(const char *name)
{
    static char paths[8][512];
    static unsigned turn;
    char *path = paths[turn++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", temp_dir, name);
    return path;
}

static inline char *
temp_file(const char *name, const char *text)
{
    char *path = temp_path(name);
    FILE *file = fopen(path, "w");

    if (!file || fputs(text, file) < 0 || fclose(file)) {
        perror(path);
        abort();
    }
    return path;
}

/* The text of a file, or NULL; the caller frees it. */
static inline char *
temp_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text;
    size_t n;

    if (!file)
        return NULL;
    text = calloc(1, 1 << 20);
    n = fread(text, 1, (1 << 20) - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

static inline bool
temp_exists(const char *path)
{
    struct stat found;

    return lstat(path, &found) == 0;
}

#endif
