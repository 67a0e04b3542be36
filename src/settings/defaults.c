/* The beginning and the end of the settings: most of it is in the options'
 * rows, so that a new option needs no line here. */
#include <stdlib.h>

#include "base/yaml.h"
#include "settings/option_table.h"

void
settings_defaults(struct settings *settings)
{
    /* what no value of an option means */
    *settings = (struct settings){
        .failure.max_evictions = UINT64_MAX,
        .verification.min_success = -1,
    };
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option))
        option_set_default(option, settings);
}

void
settings_release(struct settings *settings)
{
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option))
        option_release(option, settings);
    for (size_t i = 0; i < settings->bench.n_sweeps; i++)
        words_release(&settings->bench.sweeps[i].values);
    for (size_t i = 0; i < settings->n_given; i++)
        free(settings->given[i].value);
    free(settings->given);
    words_release(&settings->input.files);
    yaml_close(settings->input.mapping_file);
    shard_specs_free(settings->servers.shards, settings->servers.n_shards);
    shard_specs_free(settings->servers.default_shards,
        settings->servers.n_default_shards);
    *settings = (struct settings){0};
}
