/*
 * What a tree of yaml.h is made of: for yaml.c and yaml_parse.c alone.
 */
#ifndef BASE_YAML_TREE_H
#define BASE_YAML_TREE_H

#include <stdarg.h>

#include "base/yaml.h"

/* A node, and the memory it owns. */
struct own {
    struct yaml_node node;
    struct own *next;
    const struct yaml_node **items;
    const struct yaml_node **keys;
    size_t n_room; /* of both */
    char *text;
};

struct yaml_file {
    char *name;
    struct own *nodes; /* all, the last made first */
    const struct yaml_node *root;
};

void yaml_refuse_at(const struct yaml_file *file, size_t line, size_t column,
    struct err *err, const char *format, va_list ap)
    __attribute__((format(printf, 5, 0)));

#endif
