#include "job/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/shards.h"

enum { SHARD_NAME_MAX_BYTES = 64 };

static const struct {
    const char *name, *address;
} default_shards[] = {
    {"idfa", "127.0.0.1:33013"},
    {"gaid", "127.0.0.1:33014"},
    {"adid", "127.0.0.1:33015"},
    {"dvid", "127.0.0.1:33016"},
};
enum { N_DEFAULTS = sizeof(default_shards) / sizeof(default_shards[0]) };

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

/* A name stands before the ':' of a key, so it must be able to. */
static int
parse_name(struct shard_spec *spec, const char *at, size_t n_bytes,
    struct err *err)
{
    if (n_bytes == 0 || n_bytes > SHARD_NAME_MAX_BYTES) {
        err_set(err, ERR_USAGE,
            "\"%.*s\" is no shard name: it has %zu bytes (1 to %d)",
            n_bytes > 80 ? 80 : (int)n_bytes, at, n_bytes,
            SHARD_NAME_MAX_BYTES);
        return -1;
    }
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned char c = (unsigned char)at[i];

        if (c <= 0x20 || c == 0x7f || c == ':') {
            err_set(err, ERR_USAGE,
                "\"%.*s\" is no shard name: byte 0x%02x cannot stand in the "
                "first column of a line that is loaded",
                (int)n_bytes, at, c);
            return -1;
        }
    }
    spec->name = mem_format("%.*s", (int)n_bytes, at);
    return 0;
}

static int
add_address(struct shard_spec *spec, const char *at, size_t n_bytes,
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

        if (add_address(spec, at, n_bytes, err))
            return -1;
        at += n_bytes;
        if (!*at)
            return 0;
        at++;
    }
}

static struct shard_spec *
find(const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->n_shards; i++) {
        if (strcmp(job->shards[i].name, name) == 0)
            return &job->shards[i];
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
job_set_shard(struct job *job, const char *spec, struct err *err)
{
    const char *equals = strchr(spec, '=');
    struct shard_spec shard = {0}, *old;

    if (!equals) {
        err_set(err, ERR_USAGE, "\"%s\" is no shard: NAME=ADDR[,ADDR]...",
            spec);
        return -1;
    }
    if (parse_name(&shard, spec, (size_t)(equals - spec), err) ||
        parse_addresses(&shard, equals + 1, err)) {
        shard_spec_release(&shard);
        return -1;
    }
    old = find(job, shard.name);
    if (old) {
        shard_spec_release(old);
        *old = shard;
    } else {
        append(&job->shards, &job->n_shards, shard);
    }
    return 0;
}

static bool
is_default(const char *name)
{
    for (size_t i = 0; i < N_DEFAULTS; i++) {
        if (strcmp(default_shards[i].name, name) == 0)
            return true;
    }
    return false;
}

static struct shard_spec
default_shard(size_t i)
{
    const char *text = default_shards[i].address;
    struct shard_spec spec = {.name = mem_text(default_shards[i].name)};
    struct err err;

    if (add_address(&spec, text, strlen(text), &err))
        die("default shard: %s", err.text);
    return spec;
}

void
job_add_default_shards(struct job *job)
{
    struct shard_spec *specs = NULL;
    size_t n = 0;

    for (size_t i = 0; i < job->n_shards; i++) {
        if (!is_default(job->shards[i].name))
            return;
    }
    /* in the order of the defaults, whatever was named first */
    for (size_t i = 0; i < N_DEFAULTS; i++) {
        struct shard_spec *named = find(job, default_shards[i].name);

        append(&specs, &n, named ? *named : default_shard(i));
    }
    free(job->shards); /* what it held has moved */
    job->shards = specs;
    job->n_shards = n;
}
