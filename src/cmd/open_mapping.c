#include "record/mapping.h"

#include <stdlib.h>

#include "base/yaml.h"
#include "cmd/cmd.h"

int
open_mapping(struct job *job, struct err *err)
{
    struct mapping_choice choice = {
        .path = job->mapping_path,
        .file = job->mapping_file,
        .columns = (const char *const *)job->columns.items,
        .n_columns = job->columns.n,
        .skip_header = job->skip_header,
    };
    struct mapping *mapping = mapping_open(&choice, err);
    char *place;

    job->mapping = mapping;
    if (!mapping)
        return -1;
    job->flags = mapping_flags(mapping);
    if (!mapping_routes_by_hash(mapping) || !job_check_one_shard(job, err))
        return 0;
    place = yaml_place(job->mapping_file,
        yaml_find(yaml_root(job->mapping_file), "route"));
    err_wrap(err, "%s", place);
    free(place);
    return -1;
}

void
close_mapping(struct job *job)
{
    mapping_free((struct mapping *)(uintptr_t)job->mapping);
    job->mapping = NULL;
}
