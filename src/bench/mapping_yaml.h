/*
 * Writes the mapping and the servers of the settings as YAML: for the loads of
 * a benchmark, and for --write-config.
 *
 * All that was read is written, without comments. The paths in `record:`, which
 * are relative to the directory of their file, become absolute, so that the
 * text can be a file elsewhere. One thread. Errors are ERR_USAGE.
 */
#ifndef BENCH_MAPPING_YAML_H
#define BENCH_MAPPING_YAML_H

#include "base/err.h"
#include "base/text.h"
#include "settings/settings.h"

/* The sections input, record, key and route; nothing for the built-in record.
 * -1 when the aliases stand for too much. */
int mapping_yaml_add(struct text *out, const struct settings *settings,
    struct err *err);

/* `servers:` with the shards; nothing where no file has that section. -1 when a
 * name is not UTF-8. */
int servers_yaml_add(struct text *out, const struct settings *settings,
    struct err *err);

#endif
