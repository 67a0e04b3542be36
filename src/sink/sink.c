#include "sink/sink.h"

#include <string.h>

#include "sink/check.h"
#include "sink/null.h"
#include "sink/set.h"
#include "sink/wire.h"

static const struct sink_type *const types[] = {
    &sink_set,
    &sink_multi,
    &sink_noreply,
    &sink_null,
    &sink_check,
};

const struct sink_type *
sink_find(const char *name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}

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
