/*
 * How a mapping file is read: for the files that do it (mapping_read.c: input,
 * key, route, and the whole; mapping_fields.c: record; spec_words.c: what they
 * share). One thread. Functions return -1, ERR_USAGE, with the place.
 */
#ifndef RECORD_MAPPING_READ_H
#define RECORD_MAPPING_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "record/mapping_spec.h"

/* One reading of one file. */
struct spec_reader {
    const struct yaml_file *file;
    struct mapping_spec *spec;
    struct err *err;
};

/* A key of a section and who takes its value; NULL: nobody. */
struct spec_key {
    const char *name;
    int (*take)(struct spec_reader *reader, const struct yaml_node *value);
};

int spec_section(struct spec_reader *reader, const struct yaml_node *map,
    const char *section, const struct spec_key *keys, size_t n);
int spec_refuse_key(struct spec_reader *reader, const struct yaml_node *key,
    const char *section, const struct spec_key *keys, size_t n);

/* Is it a text that says something? */
int spec_text(struct spec_reader *reader, const struct yaml_node *node,
    const char *name, const char *what);
/* A list of them? */
int spec_list(struct spec_reader *reader, const struct yaml_node *node,
    const char *name, const char *example);
int spec_bool(struct spec_reader *reader, const struct yaml_node *node,
    const char *name, bool *out);

/* The section `record:`. */
int spec_take_record(struct spec_reader *reader, const struct yaml_node *value);

#endif
