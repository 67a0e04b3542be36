#include "settings/settings.h"

#include <sched.h>
#include <unistd.h>

#include "base/mem.h"

/* memcached takes anything above this for a time since 1970. */
enum { RELATIVE_MAX_S = 30 * 24 * 3600 };

void
settings_set_mapping(struct settings *settings, const struct mapping *mapping,
    uint32_t flags)
{
    settings->input.mapping = mapping;
    settings->input.flags = flags;
}

void
settings_set_sample(struct settings *settings, uint64_t n)
{
    must(settings->verification.margin > 0);
    settings->verification.n = n;
}

void
settings_note(struct settings *settings, const struct option *option,
    const char *value)
{
    settings->given = mem_grow(settings->given, settings->n_given + 1,
        sizeof(*settings->given));
    settings->given[settings->n_given++] =
        (struct given){.option = option, .value = mem_text(value)};
}

uint32_t
settings_exptime(const struct settings *settings, int64_t now_s)
{
    uint64_t at = settings->servers.ttl_s;

    if (at > RELATIVE_MAX_S)
        at += (uint64_t)now_s;
    return at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
}

unsigned
settings_cores(void)
{
    cpu_set_t sets[8]; /* 8,192 cores; one set is too few for some kernels */
    int n;

    if (sched_getaffinity(0, sizeof(sets), sets))
        n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    else
        n = CPU_COUNT_S(sizeof(sets), sets);
    return n > 0 ? (unsigned)n : 1;
}

const char *
settings_mode_word(const struct settings *settings, enum purpose purpose)
{
    const char *word = purpose_type(purpose)->mode;

    return word ? word : mode_name(settings->tuning.mode);
}

const char *
mode_name(enum mode mode)
{
    switch (mode) {
    case MODE_SET:
        return "set";
    case MODE_MULTI:
        return "multi";
    case MODE_NOREPLY:
        return "noreply";
    }
    die("no such mode: %d", (int)mode);
}
