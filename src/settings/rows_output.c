/* Options: what people see, and those that stand for a command. */
#include "settings/option_rows.h"

/* Of --rejects and --no-rejects, too, the last one holds. */
static void
keep_rejects(struct settings *settings)
{
    settings->input.rejects = true;
}

/* Of -v and -q the last one holds, as with any option given twice. */
static void
drop_quiet(struct settings *settings)
{
    if (settings->output.verbose)
        settings->output.quiet = false;
}

static void
drop_verbose(struct settings *settings)
{
    if (settings->output.quiet)
        settings->output.verbose = false;
}

static const struct option_word whens[] = {
    [PROGRESS_AUTO] = {.word = "auto"},
    [PROGRESS_ALWAYS] = {.word = "always"},
    [PROGRESS_NEVER] = {.word = "never"},
    {.word = NULL},
};

static const struct option output_rows[] = {
    {.name = "rejects",
        .arg = "DIR",
        .commands = FOR_LOAD,
        .type = OPTION_PATH,
        FIELD(input.rejects_dir),
        .noun = "directory name",
        .then = keep_rejects,
        .fallback = "beside the input",
        .help = "where rejected and failed lines go: NAME.rejects.tsv (.csv) "
                "to mend and load again, NAME.rejects.jsonl with the reasons"},
    {.name = "no-rejects",
        .commands = FOR_LOAD,
        .type = OPTION_CLEARS,
        FIELD(input.rejects),
        .help = "write no such files"},
    {.name = "log",
        .letter = 'l',
        .arg = "FILE",
        .commands = FOR_LOAD | FOR_VERIFY,
        .type = OPTION_PATH,
        FIELD(output.log_path),
        .noun = "file name",
        .help = "write the log there instead of standard error"},
    {.name = "verbose",
        .letter = 'v',
        .commands = FOR_LOAD | FOR_VERIFY,
        .type = OPTION_FLAG,
        FIELD(output.verbose),
        .then = drop_quiet,
        .help = "log every batch, too"},
    {.name = "quiet",
        .letter = 'q',
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY,
        .type = OPTION_FLAG,
        FIELD(output.quiet),
        .then = drop_verbose,
        .help = "log only warnings and errors; no progress, no report"},
    {.name = "progress",
        .arg = "auto|always|never",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY,
        .type = OPTION_CHOICE,
        FIELD(output.progress),
        .words = whens,
        .preset = "auto",
        .help = "auto: bars on a terminal, a line every few seconds elsewhere; "
                "always: bars"},
    {.name = "summary",
        .arg = "FILE",
        .commands = FOR_LOAD | FOR_VERIFY,
        .type = OPTION_PATH,
        FIELD(output.summary_path),
        .noun = "file name",
        .help = "write the result there as a JSON object; - is standard "
                "output, the report goes to standard error then"},
    {.name = NULL},
};

const struct option_group output_options = {
    .heading = "Output",
    .rows = output_rows,
};

static const struct option other_rows[] = {
    {.name = "config",
        .arg = "FILE",
        .commands = FOR_MAPPED,
        .is_cli_only = true,
        .type = OPTION_PATH,
        FIELD(output.config_path),
        .noun = "file name",
        .help = "YAML; under \"load:\" the keys are the long options' names. "
                "The command line wins"},
    {.name = "test",
        .letter = 't',
        .commands = FOR_ALL,
        .is_cli_only = true,
        .type = OPTION_ACTION,
        .action = ACTION_TEST,
        .help = "pack and unpack known records, then exit"},
    {.name = "help",
        .letter = 'h',
        .commands = FOR_ALL,
        .is_cli_only = true,
        .type = OPTION_ACTION,
        .action = ACTION_HELP,
        .help = "print this and exit"},
    {.name = "version",
        .commands = FOR_ALL,
        .is_cli_only = true,
        .type = OPTION_ACTION,
        .action = ACTION_VERSION,
        .help = "print the version and those of the libraries, then exit"},
    {.name = NULL},
};

const struct option_group other_options = {
    .heading = "Other",
    .rows = other_rows,
};
