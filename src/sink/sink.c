#include "sink/sink.h"

struct sink *
sink_new(const struct sink_type *type, const struct sink_config *config)
{
    return type->new (type, config);
}

void
sink_free(struct sink *sink)
{
    if (sink)
        sink->type->free(sink);
}

void
sink_put(struct sink *sink, struct item *first, struct item *last, size_t n,
    size_t n_bytes)
{
    if (n == 0)
        return;
    sink->pending += n;
    sink->type->put(sink, first, last, n, n_bytes);
}
