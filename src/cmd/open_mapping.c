#include "record/mapping.h"

#include <stdlib.h>

#include "base/yaml.h"
#include "cmd/cmd.h"

int
open_mapping(struct settings *settings, struct err *err)
{
    struct mapping_choice choice = {
        .path = settings->input.mapping_path,
        .file = settings->input.mapping_file,
        .columns = (const char *const *)settings->input.columns.items,
        .n_columns = settings->input.columns.n,
        .skip_header = settings->input.skip_header,
    };
    struct mapping *mapping = mapping_open(&choice, err);
    char *place;

    settings->input.mapping = mapping;
    if (!mapping)
        return -1;
    settings->input.flags = mapping_flags(mapping);
    if (!mapping_routes_by_hash(mapping) ||
        !settings_check_one_shard(settings, err))
        return 0;
    place = yaml_place(settings->input.mapping_file,
        yaml_find(yaml_root(settings->input.mapping_file), "route"));
    err_wrap(err, "%s", place);
    free(place);
    return -1;
}

void
close_mapping(struct settings *settings)
{
    mapping_free((struct mapping *)(uintptr_t)settings->input.mapping);
    settings->input.mapping = NULL;
}
