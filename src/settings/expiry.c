#include "settings/settings.h"

/* memcached takes anything above this for a time since 1970. */
enum { RELATIVE_MAX_S = 30 * 24 * 3600 };

uint32_t
settings_exptime(const struct settings *settings, int64_t now_s)
{
    uint64_t at = settings->servers.ttl_s;

    if (at > RELATIVE_MAX_S)
        at += (uint64_t)now_s;
    return at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
}
