#include "load/line_item.h"

/* Of the line that was split. */
static int
find_shard(const struct record *record, const struct shards *shards)
{
    struct span name = record_route(record);

    return name.at ? shards_find(shards, name.at, name.n_bytes) : 0;
}

enum reason
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
    out->shard = shards ? find_shard(record, shards) : 0;
    if (out->shard < 0)
        return REASON_UNKNOWN_TYPE;
    return record_parse(record, strict, &out->warnings, &out->detail);
}
