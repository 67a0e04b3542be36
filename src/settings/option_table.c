#include "settings/option_table.h"

#include <string.h>

#include "settings/option_rows.h"

const struct option_group *const option_groups[] = {
    &bench_options,
    &input_options,
    &server_options,
    &tuning_options,
    &failure_options,
    &verification_options,
    &explain_options,
    &init_options,
    &output_options,
    &other_options,
    NULL,
};

static const struct option *
last_of(const struct option_group *group)
{
    const struct option *row = group->rows;

    while (row[1].name)
        row++;
    return row;
}

const struct option *
option_next(const struct option *option)
{
    const struct option_group *const *group = option_groups;

    if (!option)
        return (*group)->rows;
    if (option[1].name)
        return option + 1;
    while (last_of(*group) != option)
        group++;
    return group[1] ? group[1]->rows : NULL;
}

const struct option *
option_find(unsigned commands, const char *name, size_t n_bytes)
{
    const struct option *other = NULL;

    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        if (strlen(option->name) != n_bytes ||
            memcmp(option->name, name, n_bytes) != 0)
            continue;
        if (option->commands & commands)
            return option;
        other = option;
    }
    return other;
}

const struct option *
option_find_letter(char letter)
{
    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        if (option->letter && option->letter == letter)
            return option;
    }
    return NULL;
}
