/* The mapping of the default record and its columns, for tests. */
#ifndef TESTS_DEFAULT_MAPPING_H
#define TESTS_DEFAULT_MAPPING_H

#include "base/mem.h"
#include "record/mapping.h"

/* Opened at the first call, and there until the end. */
static inline const struct mapping *
default_mapping(void)
{
    static struct mapping *mapping;
    struct mapping_choice builtin = {0};
    struct err err;

    if (!mapping)
        mapping = mapping_open(&builtin, &err);
    if (!mapping)
        die("the built-in mapping: %s", err.text);
    return mapping;
}

static inline const struct column_map *
default_columns(void)
{
    static struct column_map *map;

    if (!map)
        map = column_map_new(mapping_columns(default_mapping()));
    return map;
}

#endif
