#include "base/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/yaml_tree.h"

void
yaml_close(struct yaml_file *file)
{
    if (!file)
        return;
    while (file->nodes) {
        struct own *own = file->nodes;

        file->nodes = own->next;
        free(own->items);
        free(own->keys);
        free(own->text);
        free(own);
    }
    free(file->name);
    free(file);
}

const char *
yaml_name(const struct yaml_file *file)
{
    return file->name;
}

const struct yaml_node *
yaml_root(const struct yaml_file *file)
{
    return file->root && !file->root->is_nothing ? file->root : NULL;
}

const struct yaml_node *
yaml_find(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; map->kind == YAML_IS_MAP && i < map->n; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->items[i];
    }
    return NULL;
}

char *
yaml_place(const struct yaml_file *file, const struct yaml_node *node)
{
    return mem_format("%s:%zu:%zu", file->name, node->line, node->column);
}

void
yaml_refuse_at(const struct yaml_file *file, size_t line, size_t column,
    struct err *err, const char *format, va_list ap)
{
    char *message;

    if (vasprintf(&message, format, ap) < 0)
        die("out of memory");
    err_set(err, ERR_USAGE, "%s:%zu:%zu: %s", file->name, line, column,
        message);
    free(message);
}

int
yaml_refuse(const struct yaml_file *file, const struct yaml_node *node,
    struct err *err, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    yaml_refuse_at(file, node ? node->line : 1, node ? node->column : 1, err,
        format, ap);
    va_end(ap);
    return -1;
}
