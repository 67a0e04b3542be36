#include "sink/sink_types.h"

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
