/*
 * A mapping file as it was read: its sections checked for their form, every
 * word with its place, nothing looked up yet. Of this room alone.
 *
 * Points into its YAML file, which outlives it. One thread.
 */
#ifndef RECORD_MAPPING_SPEC_H
#define RECORD_MAPPING_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/yaml.h"
#include "record/plan.h"

/* What may be said of a field. */
enum field_key {
    FIELD_COLUMN,
    FIELD_CONSTANT,
    FIELD_SPLIT,
    FIELD_PAIR,
    FIELD_TRIM,
    FIELD_EMPTY,
    FIELD_ENCODING,
    FIELD_RANGE,
    FIELD_OUTSIDE,
    FIELD_BAD_ITEM,
    FIELD_TIME,
    FIELD_UNIT,
    FIELD_TYPE,
    N_FIELD_KEYS
};

struct field_spec {
    const struct yaml_node *path; /* "geo.lat" */
    const struct yaml_node *given[N_FIELD_KEYS];
};

struct mapping_spec {
    const struct yaml_file *file;
    struct line_format lines;
    const struct yaml_node *columns; /* a list of names, or NULL */
    const struct yaml_node *input;   /* for what is said of all of it */
    const struct yaml_node *record;
    bool has_header, skips_first;
    enum value_format format;
    const struct yaml_node *proto, *descriptor; /* at most one */
    const struct yaml_node *imports;            /* a list, or NULL */
    const struct yaml_node *message;
    const struct yaml_node *raw_column;
    uint32_t flags;
    struct field_spec *fields;
    size_t n_fields;
    const struct yaml_node *key;
    const struct yaml_node *route_column; /* NULL: by the key's hash */
};

/* -1, ERR_USAGE, with the place; the spec is empty then. */
int mapping_read(const struct yaml_file *file, struct mapping_spec *spec,
    struct err *err);
void mapping_spec_release(struct mapping_spec *spec);

/* Of a text node that says one of the words: its index; else -1, err with
 * what there is and what was meant. */
int spec_word(const struct yaml_file *file, const struct yaml_node *node,
    const char *name, const char *const *words, size_t n, struct err *err);
/* "column", "constant", ... */
const char *field_key_word(enum field_key key);

#endif
