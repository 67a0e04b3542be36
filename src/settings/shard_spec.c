#include "settings/shard_spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SHARD_NAME_MAX_BYTES = 64 };

void
shard_spec_release(struct shard_spec *spec)
{
    for (size_t i = 0; i < spec->n_addresses; i++)
        address_release(&spec->addresses[i]);
    free(spec->addresses);
    free(spec->name);
    *spec = (struct shard_spec){0};
}

void
shard_specs_free(struct shard_spec *specs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        shard_spec_release(&specs[i]);
    free(specs);
}

/* A name is what a column holds, so it must be able to be in one. */
int
shard_spec_set_name(struct shard_spec *spec, bool is_default_record,
    const char *at, size_t n_bytes, struct err *err)
{
    if (n_bytes == 0 || n_bytes > SHARD_NAME_MAX_BYTES) {
        err_set(err, ERR_USAGE,
            "\"%.*s\" is not a shard name: it has %zu bytes (1 to %d)",
            n_bytes > 80 ? 80 : (int)n_bytes, at, n_bytes,
            SHARD_NAME_MAX_BYTES);
        return -1;
    }
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned char c = (unsigned char)at[i];

        if (c <= 0x20 || c == 0x7f || (c == ':' && is_default_record)) {
            err_set(err, ERR_USAGE,
                "\"%.*s\" is not a shard name: byte 0x%02x cannot be in %s",
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
            err_set(err, ERR_USAGE, "shard \"%s\" has address %s twice",
                spec->name, address.text);
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

int
shard_spec_parse(struct shard_spec *spec, bool is_default_record,
    const char *text, struct err *err)
{
    const char *equals = strchr(text, '=');

    if (!equals) {
        err_set(err, ERR_USAGE, "\"%s\" is not a shard: NAME=ADDR[,ADDR]...",
            text);
        return -1;
    }
    if (shard_spec_set_name(spec, is_default_record, text,
            (size_t)(equals - text), err) == 0 &&
        parse_addresses(spec, equals + 1, err) == 0)
        return 0;
    shard_spec_release(spec);
    return -1;
}
