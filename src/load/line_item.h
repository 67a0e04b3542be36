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

/* Of the line that was split. */
static inline int
line_item_shard(const struct record *record, const struct shards *shards)
{
    struct span name = record_route(record);

    return name.at ? shards_find(shards, name.at, name.n_bytes) : 0;
}

/*
 * Fills *out with what the line, which is not blank, becomes. REASON_NONE: the
 * record is ready for record_key() and record_pack(). NULL for shards: where
 * the line goes is not asked. Inline, since packers call it for every line.
 */
static inline enum reason
line_item_read(struct record *record, const struct shards *shards, bool strict,
    const char *text, size_t n_bytes, struct line_item *out)
{
    enum reason reason;

    out->detail = "";
    out->is_split = false;
    reason = record_split(record, text, n_bytes, &out->detail);
    if (reason)
        return reason;
    out->is_split = true;
    out->shard = shards ? line_item_shard(record, shards) : 0;
    if (out->shard < 0)
        return REASON_UNKNOWN_TYPE;
    return record_parse(record, strict, &out->warnings, &out->detail);
}

#endif
