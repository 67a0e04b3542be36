/*
 * What --config and --mapping name: YAML files whose section `load:` holds
 * options under their long names and whose section `servers:` names the default
 * shards.
 *
 *     load:
 *       mode: noreply
 *       shard: [idfa=10.0.0.1:11211, gaid=10.0.0.2:11211]
 *       degraded: true
 *
 * The sections input, record, key and route say what the columns mean: they
 * are read in the record room, and here only known by name. Limits and errors
 * are those of base/yaml.h. Values of options are only collected here, and
 * judged when they are applied (option_value_apply()), with the same place in
 * front.
 * One thread.
 */
#ifndef SETTINGS_CONFIG_H
#define SETTINGS_CONFIG_H

#include "base/err.h"
#include "base/yaml.h"
#include "settings/option_values.h"

enum config_section {
    SECTION_INPUT,
    SECTION_RECORD,
    SECTION_KEY,
    SECTION_ROUTE,
    SECTION_SERVERS,
    SECTION_LOAD,
    N_SECTIONS,
};

/* A file and the sections it has; NULL where it has none. */
struct config {
    struct yaml_file *file;
    const struct yaml_node *keys[N_SECTIONS];
    const struct yaml_node *values[N_SECTIONS];
};

/* `what` says what it is to people: "config", "mapping". The caller releases
 * it, also after an error. */
int config_read(struct config *config, const char *path, const char *what,
    struct err *err);
void config_release(struct config *config);

/* Does it say what the columns mean: has it any of those four sections? */
bool config_has_mapping(const struct config *config);

/* -1 when one section stands in both, or the four are spread over both. */
int config_check_both(const struct config *config, const struct config *mapping,
    struct err *err);

/* Adds the settings of `load:` in their order; the caller releases them, also
 * after an error. */
int config_values(const struct config *config, struct option_values *values,
    struct err *err);

/* Takes `servers:`, where it has them, for the settings' default shards. */
int config_servers(const struct config *config, struct settings *settings,
    struct err *err);

#endif
