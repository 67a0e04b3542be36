/*
 * A mapping: what the columns of a table mean (the mapping file's sections
 * input, record, key and route), compiled.
 *
 * Made once, before anything is forked, and frozen; any thread and every
 * worker may read it. mapping_free() takes all that hangs on it. What is wrong
 * with the file is ERR_USAGE and says FILE:LINE:COLUMN and what to do.
 */
#ifndef RECORD_MAPPING_H
#define RECORD_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "record/column_map.h"

struct mapping;

struct yaml_file;

struct mapping_choice {
    const char *path;             /* of the file; NULL: the built-in record */
    const struct yaml_file *file; /* as it was read; outlives the mapping.
                                     NULL: it is yet to be read */
    const char *const *columns; /* --columns: instead of the file's, or none */
    size_t n_columns;
    bool skip_header; /* --skip-header */
};

struct mapping *mapping_open(const struct mapping_choice *choice,
    struct err *err);
void mapping_free(struct mapping *mapping);

/* "built-in", or the file's path. */
const char *mapping_name(const struct mapping *mapping);
const struct line_format *mapping_line_format(const struct mapping *mapping);
/* Is the first line of each file not a record? */
bool mapping_has_header(const struct mapping *mapping);
uint32_t mapping_flags(const struct mapping *mapping);
/* Is one shard of addresses all there is (route: {hash: key})? */
bool mapping_routes_by_hash(const struct mapping *mapping);

/* The column that names the shard; NULL: none does. */
const char *mapping_route_column(const struct mapping *mapping);

/* The key's template. */
const char *mapping_key_text(const struct mapping *mapping);

enum key_route {
    KEY_OF_SHARD, /* *shard is its name, as it is in the key */
    KEY_OF_ANY,   /* the key does not say */
    KEY_OF_NONE,  /* no line has such a key */
};
enum key_route mapping_route_of_key(const struct mapping *mapping,
    const char *key, size_t n_bytes, struct span *shard);

/*
 * An item's key and value take at most line_bytes and text_factor times the
 * bytes of its line, before it is packed and after.
 */
struct mapping_room {
    size_t line_bytes;
    size_t text_factor;
};
struct mapping_room mapping_room(const struct mapping *mapping);

/* Its columns, and which of them it needs; for column_map_new(). */
const struct column_spec *mapping_columns(const struct mapping *mapping);

#endif
