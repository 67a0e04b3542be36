/*
 * A line -> what its item needs, step by step: the one place that knows the
 * order of the steps, and so which reason a bad line has.
 *
 * Columns, then the shard by the route, then the values; the key, and packing
 * the value, are the caller's (record/record.h), who knows where to put them.
 * What was found before a step failed is there, for `explain`. Belongs to the
 * thread of its record; nothing here fails but lines.
 */
#ifndef LOAD_LINE_ITEM_H
#define LOAD_LINE_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#include "memc/shard_map.h"
#include "record/record.h"

struct line_item {
    const char *detail; /* of the reason; lives as long as the mapping, or "" */
    bool is_split;      /* columns and key are good; else nothing below holds */
    int shard;          /* -1: there is none of the name that the line says */
    struct record_warnings warnings; /* when there is no reason */
};

/*
 * Fills *out with what the line, which is not blank, becomes. REASON_NONE: the
 * record is ready for record_key() and record_pack(). NULL for shards: where
 * the line goes is not asked.
 */
enum reason line_item_read(struct record *record, const struct shards *shards,
    bool strict, const char *text, size_t n_bytes, struct line_item *out);

#endif
