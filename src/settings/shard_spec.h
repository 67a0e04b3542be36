/*
 * A shard as options and files name it: a named part of the key space, served
 * by one address or by a pool of them.
 *
 * The caller owns a spec and zero-initialises it; the name comes first, then
 * the addresses. Errors are ERR_USAGE and leave the spec as it was. One thread.
 */
#ifndef SETTINGS_SHARD_SPEC_H
#define SETTINGS_SHARD_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/err.h"

/* As many as a pool can hash (POOL_MAX_SERVERS in memc/shard_map.h). */
enum { SHARD_MAX_ADDRESSES = 100 };

struct shard_spec {
    char *name;
    struct address *addresses;
    size_t n_addresses;
};

/* is_default_record: the name must fit before the ':' of its keys, too. */
int shard_spec_set_name(struct shard_spec *spec, bool is_default_record,
    const char *at, size_t n_bytes, struct err *err);

/* No address may be given twice. */
int shard_spec_add_address(struct shard_spec *spec, const char *at,
    size_t n_bytes, struct err *err);

/* "NAME=ADDR[,ADDR]..." into an empty spec, which is empty after an error. */
int shard_spec_parse(struct shard_spec *spec, bool is_default_record,
    const char *text, struct err *err);

void shard_spec_release(struct shard_spec *spec);

/* Releases n of them, and frees the array. */
void shard_specs_free(struct shard_spec *specs, size_t n);

#endif
