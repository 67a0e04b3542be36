/*
 * A job's mapping and its servers, written as YAML again: for the loads of a
 * benchmark, and for --write-config.
 *
 * What was read is written, without comments; the paths in `record:`, which
 * are relative to the file they stand in, become absolute ones, so that the
 * text may lie elsewhere. One thread.
 */
#ifndef BENCH_MAPPING_YAML_H
#define BENCH_MAPPING_YAML_H

#include "base/err.h"
#include "base/text.h"
#include "settings/settings.h"

/* The sections input, record, key and route; nothing for the default record.
 * -1 when it cannot be written so. */
int mapping_yaml_add(struct text *out, const struct settings *settings,
    struct err *err);

/* `servers:` with the job's shards; nothing where no file has that section. */
int servers_yaml_add(struct text *out, const struct settings *settings,
    struct err *err);

#endif
