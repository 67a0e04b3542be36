/* What finished settings lack, since it is made by rooms above theirs: the
 * compiled mapping, the size of the sample. */
#include <stdlib.h>

#include "base/yaml.h"
#include "cmd/cmd.h"
#include "record/mapping.h"
#include "verify/interval.h"

/* Keys can be spread by hash over one shard alone: an error names the place. */
static int
check_route(const struct settings *settings, const struct mapping *mapping,
    struct err *err)
{
    char *place;

    if (!mapping_routes_by_hash(mapping) ||
        !settings_check_one_shard(settings, err))
        return 0;
    place = yaml_place(settings->input.mapping_file,
        yaml_find(yaml_root(settings->input.mapping_file), "route"));
    err_wrap(err, "%s", place);
    free(place);
    return -1;
}

int
complete_settings(struct settings *settings, struct mapping **mapping,
    struct err *err)
{
    const struct input_settings *input = &settings->input;
    const struct verification_settings *verification = &settings->verification;
    struct mapping_choice choice = {
        .path = input->mapping_path,
        .file = input->mapping_file,
        .columns = (const char *const *)input->columns.items,
        .n_columns = input->columns.n,
        .skip_header = input->skip_header,
    };

    *mapping = mapping_open(&choice, err);
    if (!*mapping || check_route(settings, *mapping, err))
        return -1;
    settings_set_mapping(settings, *mapping, mapping_flags(*mapping));
    if (verification->margin > 0)
        settings_set_sample(settings,
            sample_size(verification->margin, verification->confidence));
    return 0;
}

void
release_mapping(struct mapping *mapping)
{
    mapping_free(mapping);
}
