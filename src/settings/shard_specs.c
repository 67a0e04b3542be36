#include "settings/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "settings/shard_specs.h"

enum { SHARD_NAME_MAX_BYTES = 64 };

static void
shard_spec_release(struct shard_spec *spec)
{
    for (size_t i = 0; i < spec->n_addresses; i++)
        address_release(&spec->addresses[i]);
    free(spec->addresses);
    free(spec->name);
    *spec = (struct shard_spec){0};
}

void
shard_specs_release(struct shard_spec *specs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        shard_spec_release(&specs[i]);
    free(specs);
}

/*
 * A name is what stands in a column, so it must be able to. In a key of the
 * default record it stands before the ':', too.
 */
int
shard_spec_set_name(struct shard_spec *spec, const struct settings *settings,
    const char *at, size_t n_bytes, struct err *err)
{
    bool is_default_record = !settings->input.mapping_path;

    if (n_bytes == 0 || n_bytes > SHARD_NAME_MAX_BYTES) {
        err_set(err, ERR_USAGE,
            "\"%.*s\" is no shard name: it has %zu bytes (1 to %d)",
            n_bytes > 80 ? 80 : (int)n_bytes, at, n_bytes,
            SHARD_NAME_MAX_BYTES);
        return -1;
    }
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned char c = (unsigned char)at[i];

        if (c <= 0x20 || c == 0x7f || (c == ':' && is_default_record)) {
            err_set(err, ERR_USAGE,
                "\"%.*s\" is no shard name: byte 0x%02x cannot stand in %s",
                (int)n_bytes, at, c,
                is_default_record ? "the first column of a line that is loaded"
                                  : "one");
            return -1;
        }
    }
    free(spec->name);
    spec->name = mem_format("%.*s", (int)n_bytes, at);
    return 0;
}

int
shard_spec_add_address(struct shard_spec *spec, const char *at, size_t n_bytes,
    struct err *err)
{
    struct address address;

    if (spec->n_addresses == SHARD_MAX_ADDRESSES) {
        err_set(err, ERR_USAGE, "shard \"%s\" has more than %d addresses",
            spec->name, SHARD_MAX_ADDRESSES);
        return -1;
    }
    if (address_parse(&address, at, n_bytes, err))
        return -1;
    for (size_t i = 0; i < spec->n_addresses; i++) {
        if (strcmp(spec->addresses[i].text, address.text) == 0) {
            err_set(err, ERR_USAGE, "address %s stands twice in shard \"%s\"",
                address.text, spec->name);
            address_release(&address);
            return -1;
        }
    }
    spec->addresses = mem_grow(spec->addresses, spec->n_addresses + 1,
        sizeof(*spec->addresses));
    spec->addresses[spec->n_addresses++] = address;
    return 0;
}

static int
parse_addresses(struct shard_spec *spec, const char *at, struct err *err)
{
    for (;;) {
        size_t n_bytes = strcspn(at, ",");

        if (shard_spec_add_address(spec, at, n_bytes, err))
            return -1;
        at += n_bytes;
        if (!*at)
            return 0;
        at++;
    }
}

static struct shard_spec *
find(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        if (strcmp(settings->servers.shards[i].name, name) == 0)
            return &settings->servers.shards[i];
    }
    return NULL;
}

static void
append(struct shard_spec **specs, size_t *n, struct shard_spec spec)
{
    *specs = mem_grow(*specs, *n + 1, sizeof(**specs));
    (*specs)[(*n)++] = spec;
}

int
settings_set_shard(struct settings *settings, const char *spec, struct err *err)
{
    const char *equals = strchr(spec, '=');
    struct shard_spec shard = {0}, *old;

    if (!equals) {
        err_set(err, ERR_USAGE, "\"%s\" is no shard: NAME=ADDR[,ADDR]...",
            spec);
        return -1;
    }
    if (shard_spec_set_name(&shard, settings, spec, (size_t)(equals - spec),
            err) ||
        parse_addresses(&shard, equals + 1, err)) {
        shard_spec_release(&shard);
        return -1;
    }
    old = find(settings, shard.name);
    if (old) {
        shard_spec_release(old);
        *old = shard;
    } else {
        append(&settings->servers.shards, &settings->servers.n_shards, shard);
    }
    return 0;
}

static bool
is_default(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->servers.n_default_shards; i++) {
        if (strcmp(settings->servers.default_shards[i].name, name) == 0)
            return true;
    }
    return false;
}

static int
check_shards(const struct settings *settings, struct err *err)
{
    if (settings->servers.n_shards > 0)
        return 0;
    err_set(err, ERR_USAGE,
        "%s names no servers: add a section \"servers: {NAME: HOST:PORT}\" or "
        "give --shard NAME=HOST:PORT",
        settings->input.mapping_path);
    return -1;
}

int
settings_add_default_shards(struct settings *settings, struct err *err)
{
    struct shard_spec *specs = NULL;
    size_t n = 0;

    if (settings->servers.n_default_shards == 0 &&
        !settings->input.mapping_path)
        settings_read_builtin_servers(settings);
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        if (!is_default(settings, settings->servers.shards[i].name))
            return 0;
    }
    /* in the order of the defaults, whatever was named first */
    for (size_t i = 0; i < settings->servers.n_default_shards; i++) {
        struct shard_spec *named =
            find(settings, settings->servers.default_shards[i].name);

        append(&specs, &n,
            named ? *named : settings->servers.default_shards[i]);
        if (!named)
            settings->servers.default_shards[i] = (struct shard_spec){0};
    }
    shard_specs_release(settings->servers.default_shards,
        settings->servers.n_default_shards);
    settings->servers.default_shards = NULL;
    settings->servers.n_default_shards = 0;
    free(settings->servers.shards); /* what it held has moved */
    settings->servers.shards = specs;
    settings->servers.n_shards = n;
    return check_shards(settings, err);
}

int
settings_check_one_shard(const struct settings *settings, struct err *err)
{
    struct text names = {0};

    if (settings->servers.n_shards == 1)
        return 0;
    for (size_t i = 0; i < settings->servers.n_shards; i++)
        text_format(&names, "%s%s", i ? ", " : "",
            settings->servers.shards[i].name);
    err_set(err, ERR_USAGE,
        "route: {hash: key} spreads keys over the addresses of one shard, but "
        "there are %zu: %s; put all addresses into one: \"servers: {NAME: "
        "[HOST:PORT, HOST:PORT]}\" or --shard NAME=HOST:PORT,HOST:PORT",
        settings->servers.n_shards, names.data);
    text_release(&names);
    return -1;
}
