/*
 * The shard map of a load: that of its settings' servers, none asked yet. The
 * names and addresses stay the settings', which outlive the map;
 * shards_release() frees the rest. Any thread.
 */
#ifndef LOAD_LOAD_SHARDS_H
#define LOAD_LOAD_SHARDS_H

#include "memc/shard_map.h"
#include "settings/settings.h"

void load_shards(struct shards *shards, const struct settings *settings);

#endif
