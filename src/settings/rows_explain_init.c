/* Options: those that explain or init alone has. */
#include "settings/option_rows.h"

static const struct option explain_rows[] = {
    {.name = "lines",
        .arg = "N",
        .commands = FOR_EXPLAIN,
        .is_cli_only = true,
        .type = OPTION_COUNT,
        FIELD(explain.lines),
        .least = 1,
        .most = 1000000,
        .preset = "10",
        .help = "explain the first N lines of each file"},
    {.name = NULL},
};

const struct option_group explain_options = {
    .heading = "Output",
    .rows = explain_rows,
};

static const struct option init_rows[] = {
    {.name = "output",
        .arg = "NAME",
        .commands = FOR_INIT,
        .is_cli_only = true,
        .type = OPTION_PATH,
        FIELD(init.output_name),
        .noun = "name",
        .fallback = "the file's, without its endings",
        .help = "write NAME.yml and NAME.proto"},
    {.name = NULL},
};

const struct option_group init_options = {
    .heading = "Output",
    .rows = init_rows,
};
