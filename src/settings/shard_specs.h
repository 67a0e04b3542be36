/*
 * The shards of a job, as named by options: for settings.c alone; everyone else
 * uses settings.h. The job owns what stands in it. Errors are ERR_USAGE. One
 * thread.
 */
#ifndef SETTINGS_SHARD_SPECS_H
#define SETTINGS_SHARD_SPECS_H

#include "base/yaml.h"
#include "settings/settings.h"

/* Adds the defaults that were not named, unless another shard was. -1 when
 * there is no shard at all. */
int settings_add_default_shards(struct settings *settings, struct err *err);

/* A value of `servers:` for the defaults, in place of those before; what is
 * wrong is told with its place. */
int settings_read_servers(struct settings *settings,
    const struct yaml_file *file, const struct yaml_node *servers,
    struct err *err);

/* Those of the default record. */
void settings_read_builtin_servers(struct settings *settings);

/* -1, and the spec is as before. Which names there may be, the job's mapping
 * decides. */
int shard_spec_set_name(struct shard_spec *spec,
    const struct settings *settings, const char *at, size_t n_bytes,
    struct err *err);
int shard_spec_add_address(struct shard_spec *spec, const char *at,
    size_t n_bytes, struct err *err);

void shard_specs_release(struct shard_spec *specs, size_t n);

#endif
