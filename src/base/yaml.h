/*
 * A YAML file as a tree of nodes with their places in the file.
 *
 * Read whole: at most YAML_MAX_BYTES and YAML_MAX_DEPTH levels, one document.
 * Keys of a map are words, and each occurs once. What is wrong with the file
 * is ERR_USAGE and says NAME:LINE:COLUMN, both from 1, in yaml_refuse()'s form.
 * The tree belongs to its file and is const; any thread may read it. An alias
 * (*name) is the very node that it means: a walk through everything may take
 * for ever, one that asks for what it knows does not.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { YAML_MAX_BYTES = 1 << 20, YAML_MAX_DEPTH = 64 };

enum yaml_kind { YAML_IS_TEXT, YAML_IS_LIST, YAML_IS_MAP };

struct yaml_node {
    enum yaml_kind kind;
    size_t line, column; /* from 1 */
    const char *text;    /* of a text: ends in NUL, has none inside */
    bool is_quoted;      /* "5" or '5' or a block, not 5 */
    bool is_nothing;     /* `key:` followed by nothing, ~ or null */
    const struct yaml_node *const *items; /* of a list; of a map: values */
    const struct yaml_node *const *keys;  /* of a map: texts */
    size_t n;                             /* of items */
};

struct yaml_file;

/* NULL with err; `what` says what it is to people: "config", "mapping". */
struct yaml_file *yaml_read(const char *path, const char *what,
    struct err *err);
/* The same of bytes in memory, which need not outlive the call. */
struct yaml_file *yaml_parse(const char *name, const char *bytes,
    size_t n_bytes, struct err *err);
void yaml_close(struct yaml_file *file);

const char *yaml_name(const struct yaml_file *file);

/* The document; NULL when there is none, or nothing in it. */
const struct yaml_node *yaml_root(const struct yaml_file *file);

/* A map's value of that key, or NULL. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);

/* "NAME:LINE:COLUMN", owned by the caller. */
char *yaml_place(const struct yaml_file *file, const struct yaml_node *node);

/* ERR_USAGE "NAME:LINE:COLUMN: ..."; returns -1. node: NULL is the file's
 * beginning. */
int yaml_refuse(const struct yaml_file *file, const struct yaml_node *node,
    struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
