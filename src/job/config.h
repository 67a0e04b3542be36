/*
 * The config file: YAML, whose section `load:` holds options under their long
 * names.
 *
 *     load:
 *       mode: noreply
 *       shard: [idfa=10.0.0.1:11211, gaid=10.0.0.2:11211]
 *       degraded: true
 *
 * Read whole, at most CONFIG_MAX_BYTES and CONFIG_MAX_DEPTH levels; one
 * document. Every error is ERR_USAGE and says FILE:LINE:COLUMN, both from 1.
 * Values are only taken down here; their options' set() judges them later
 * (setting_apply()), with the same place in front. One thread.
 */
#ifndef JOB_CONFIG_H
#define JOB_CONFIG_H

#include "base/err.h"
#include "job/options.h"

enum { CONFIG_MAX_BYTES = 1 << 20, CONFIG_MAX_DEPTH = 64 };

/* Adds the file's settings in its order; the caller releases them, also after
 * an error. */
int config_read(const char *path, struct settings *settings, struct err *err);

#endif
