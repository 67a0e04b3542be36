#include "source/source_state.h"

#include <stddef.h>

#include "base/mem.h"

const char *
source_state_reason(enum source_state state)
{
    switch (state) {
    case SOURCE_MORE:
    case SOURCE_END:
    case SOURCE_STOPPED:
        return NULL;
    case SOURCE_NOT_GZIP:
        return "not_gzip";
    case SOURCE_TRUNCATED:
        return "truncated";
    case SOURCE_CORRUPT:
        return "corrupt";
    case SOURCE_TRAILING:
        return "trailing";
    case SOURCE_UNREADABLE:
        return "unreadable";
    }
    die("source: state %d", (int)state);
}
