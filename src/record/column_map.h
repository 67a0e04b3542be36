/*
 * Where a mapping's columns are in a file.
 *
 * Those of a mapping that names them by position are known from the start;
 * else the file's first line says: column_map_read(), once, before any line is
 * read by it. Owned by whoever reads the file; frozen after that, any thread
 * may look.
 */
#ifndef RECORD_COLUMN_MAP_H
#define RECORD_COLUMN_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "record/split.h"

struct column_spec {
    struct line_format format;
    /* by position; "_" names none. NULL: they are in the file's first line */
    const char *const *names;
    size_t n_names;
    bool skips_first; /* the first line is not a record, although names are
                         given */
    const char *const *needed; /* each once, all of them among names if given */
    size_t n_needed;
    const char *const *uses; /* who needs each of them first: "the key
                                (trips.yml:9)"; NULL: that is not known */
};

struct column_map;

/* The spec outlives it. */
struct column_map *column_map_new(const struct column_spec *spec);
void column_map_free(struct column_map *map);

/* Is the file's first line no record, but for column_map_read()? */
bool column_map_wants_line(const struct column_map *map);

/*
 * The file's first line, when it is wanted. -1, ERR_USAGE, without the file's
 * name: a column that is needed is missing or occurs twice, or quotes
 * are wrong. A line that only has to be skipped is always fine.
 */
int column_map_read(struct column_map *map, const char *line, size_t n_bytes,
    struct err *err);

/* Columns that each line must have. */
size_t column_map_n(const struct column_map *map);
/* The place of needed[i], from 0. */
size_t column_map_at(const struct column_map *map, size_t i);
/* The name of the file's column i, from 0; "" if it has none. */
const char *column_map_name(const struct column_map *map, size_t i);

#endif
