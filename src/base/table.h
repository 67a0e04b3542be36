/*
 * A small table of texts, printed with aligned columns.
 *
 * Columns are named first, then cells are added row by row. The caller owns
 * the struct (zero-initialised is empty) and calls table_release(); texts are
 * copied. One thread. Memory that runs out ends the process.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { TABLE_MAX_COLUMNS = 20 };

enum table_flags {
    TABLE_RIGHT = 1 << 0, /* numbers; else the left edges meet */
    TABLE_QUIET = 1 << 1, /* left out when every cell is "0", "-" or "" */
    TABLE_SPARE = 1 << 2, /* left out when there is no room, from the last */
    TABLE_NAME = 1 << 3,  /* loses its middle when there is no room */
};

struct table {
    struct {
        const char *title; /* static */
        unsigned flags;
    } column[TABLE_MAX_COLUMNS];
    size_t n_columns;
    char **cells; /* row by row */
    size_t n_cells;
};

void table_column(struct table *table, const char *title, unsigned flags);

/* The next cell; the row is full when every column has one. */
void table_cell(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* 1234567 as "1,234,567". */
void table_count(struct table *table, uint64_t n);

/*
 * Adds the titles and all rows, in `room` columns where that can be; nothing
 * when there are no rows. For want of room names first become no longer than a
 * name that is easily read, then columns are left out, then names become still
 * shorter.
 */
void table_print(const struct table *table, size_t room, struct text *out);
void table_release(struct table *table);

#endif
