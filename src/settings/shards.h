/*
 * The shards of the settings: those that options name, those of a section
 * `servers:`, and which of the two hold.
 *
 * Named shards are settings->servers.shards. The default ones, those of
 * `servers:` or of the built-in record, join them at settings_finish(), and
 * only while every shard named is one of them. The settings own all of it.
 * Errors are ERR_USAGE. One thread.
 */
#ifndef SETTINGS_SHARDS_H
#define SETTINGS_SHARDS_H

#include "base/yaml.h"
#include "settings/settings.h"

/* Takes a value of `servers:` as the default shards, instead of those before;
 * an error names its place in the file. */
int settings_read_servers(struct settings *settings,
    const struct yaml_file *file, const struct yaml_node *servers,
    struct err *err);

/* Adds the default shards that were not named, unless another one was. -1 when
 * there is no shard at all. For settings_finish(). */
int settings_add_default_shards(struct settings *settings, struct err *err);

#endif
