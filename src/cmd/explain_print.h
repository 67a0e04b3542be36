/*
 * Prints what a line contains and what a load would make of it.
 *
 * The caller owns all structs; spans point into the line. Pure functions, any
 * thread; memory that runs out ends the process.
 */
#ifndef CMD_EXPLAIN_PRINT_H
#define CMD_EXPLAIN_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "memc/shard_map.h"
#include "record/column_map.h"
#include "record/record.h"
#include "settings/settings.h"

struct explained {
    uint64_t line; /* in its file, from 1 */
    struct span text;
    const struct column_map *map;
    const struct span *columns;
    size_t n_columns; /* 0: quotes are wrong, or it was not split */
    bool is_blank;
    enum reason reason;
    const char *detail;
    const char *culprit; /* the name of the column at fault, or NULL */
    struct text wants;   /* what that should have held, when it is known */
    struct text key;     /* empty when there is none */
    struct span route;   /* the name of its shard; at NULL: the only one */
    const char *shard;   /* NULL: none, and no server */
    const struct server *server; /* by the pool's hash */
    struct record_warnings warnings;
    uint8_t *value; /* NULL when the line is rejected */
    size_t value_bytes;
};

/* Of a file. Zero-initialised, explain_counts_release() frees it. */
struct explain_counts {
    uint64_t lines, blank, rejected;
    uint64_t *keys; /* hashes of the keys that would be stored */
    size_t n_keys, room;
};

/* Adds it, in lines of at most so many columns. */
void explain_print(struct text *out, const struct settings *settings,
    const struct explained *explained, size_t room);

void explain_count(struct explain_counts *counts,
    const struct explained *explained);
void explain_counts_release(struct explain_counts *counts);
/* Adds "10 lines: 9 would be stored, 1 rejected, 0 blank", and how many of
 * them would overwrite others. */
void explain_total(struct text *out, const struct explain_counts *counts);

#endif
