#include "bench/check_settings.h"

#include <stdint.h>
#include <string.h>

#include "settings/options.h"

enum { MAX_SETTINGS = 1000 };

bool
bench_names_servers(const struct settings *settings)
{
    static const char *const names[] = {
        "shard", "idfa", "gaid", "adid", "dvid"};

    for (size_t i = 0; i < settings->n_given; i++)
        for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
            if (strcmp(settings->given[i].option->name, names[j]) == 0)
                return true;
    return false;
}

static int
check_servers(const struct settings *settings, struct err *err)
{
    if (!bench_names_servers(settings) || settings->bench.may_fill)
        return 0;
    err_set(err, ERR_USAGE,
        "bench fills servers with test data, many times over, and %s (shard "
        "%s) was named: leave the addresses out, and bench starts four "
        "memcached of its own; or give --yes if these may be filled",
        settings->servers.shards[0].addresses[0].text,
        settings->servers.shards[0].name);
    return -1;
}

int
bench_check_settings(const struct settings *settings, struct err *err)
{
    size_t n_settings = 1;

    if (settings->input.files.n == 0 && settings->input.mapping_path) {
        err_set(err, ERR_USAGE,
            "only lines of the built-in record can be generated: name a FILE "
            "that the mapping %s is for",
            settings->input.mapping_path);
        return -1;
    }
    if (settings->input.files.n && settings->bench.generate_lines) {
        err_set(err, ERR_USAGE,
            "--generate makes data when no FILE is named: give one or the "
            "other");
        return -1;
    }
    for (size_t i = 0; i < settings->bench.n_sweeps; i++)
        if (__builtin_mul_overflow(n_settings,
                settings->bench.sweeps[i].values.n, &n_settings))
            n_settings = SIZE_MAX;
    if (n_settings > MAX_SETTINGS) {
        err_set(err, ERR_USAGE,
            "the sweeps have %zu combinations, more than %d: sweep fewer "
            "options at a time",
            n_settings, MAX_SETTINGS);
        return -1;
    }
    return check_servers(settings, err);
}
