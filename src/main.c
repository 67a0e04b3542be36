#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/suggest.h"
#include "cmd/cmd.h"
#include "settings/exit.h"
#include "settings/options.h"

const struct command commands[] = {
    {.name = "load",
        .flag = FOR_LOAD,
        .operands = "[FILE]...",
        .about = "Loads tables (TSV or CSV; gzip, zstd or plain) into sharded "
                 "memcached.\nFILE - is standard input.",
        .run = cmd_load},
    {.name = "get",
        .flag = FOR_GET,
        .operands = "KEY...",
        .about = "Prints the items stored under the keys, decoded. A KEY is "
                 "dev_type:dev_id for\nthe built-in record, else what the "
                 "mapping's key makes.",
        .needs_operand = true,
        .run = cmd_get},
    {.name = "doctor",
        .flag = FOR_LOAD, /* so that it can be asked of any load */
        .operands = "[FILE]...",
        .about = "Holds what loading the files would need against what the "
                 "servers have. Stores\nnothing, changes no file.",
        .run = cmd_doctor},
    {.name = "verify",
        .flag = FOR_VERIFY,
        .operands = "[FILE]...",
        .about = "Reads back what the files should have stored, all of it or "
                 "a random sample, and\ncompares. Files that were loaded are "
                 "found by their dot names. Stores nothing,\nrenames nothing.",
        .run = cmd_verify},
    {.name = "bench",
        .flag = FOR_BENCH,
        .operands = "[FILE]...",
        .about =
            "Measures which settings load fastest on this machine, on "
            "four memcached of its\nown, with the FILEs or with lines made "
            "up, and recommends some.",
        .check = cmd_bench_check,
        .run = cmd_bench},
    {.name = "explain",
        .flag = FOR_EXPLAIN,
        .operands = "FILE...",
        .about = "Shows what would be stored of the first lines of the files: "
                 "columns, key, shard,\nvalue; or why a line would be "
                 "rejected. Asks no server.",
        .needs_operand = true,
        .run = cmd_explain},
    {.name = "init",
        .flag = FOR_INIT,
        .operands = "FILE",
        .about =
            "Guesses what the columns of a table are, from its first 10,000 "
            "lines, and writes\na mapping and a .proto that load it. "
            "Overwrites nothing.",
        .needs_operand = true,
        .run = cmd_init},
    {.name = NULL},
};

/* Only the first word can be a command: a file may have the same name. */
static const struct command *
pick_command(int argc, char **argv, int *n_taken)
{
    *n_taken = 1;
    for (const struct command *each = commands; argc > 1 && each->name;
         each++) {
        if (strcmp(argv[1], each->name) == 0) {
            *n_taken = 2;
            return each;
        }
    }
    return commands;
}

static int
refuse(const struct command *command, const struct err *err)
{
    complain("%s", err->text);
    fprintf(stderr, "Try 'memc_load %s%s--help'.\n",
        command == commands ? "" : command->name,
        command == commands ? "" : " ");
    return EXIT_USAGE;
}

/*
 * "memc_load -v get KEY" would be a load of the files get and KEY, and
 * "memc_load verfy FILE" would load FILE before verfy is missed.
 */
static int
check_first(const struct settings *settings, struct err *err)
{
    const char *first =
        settings->input.files.n ? settings->input.files.items[0] : "";
    struct suggestion near = {.word = first, .n_bytes = strlen(first)};

    if (access(first, F_OK) == 0)
        return 0;
    if (strcmp(first, "help") == 0 || strcmp(first, "version") == 0) {
        err_set(err, ERR_USAGE, "\"%s\" is not a command; use memc_load --%s",
            first, first);
        return -1;
    }
    for (const struct command *each = commands; each->name; each++) {
        suggestion_offer(&near, each->name);
        if (strcmp(first, each->name) != 0)
            continue;
        err_set(err, ERR_USAGE,
            "\"%s\" is a command: it must come first, as in \"memc_load %s "
            "%s\" (a file of that name is ./%s)",
            first, first, each->operands, first);
        return -1;
    }
    /* most names of files have a dot or a slash, and no command has */
    if (!near.best || strpbrk(first, "./"))
        return 0;
    err_set(err, ERR_USAGE,
        "\"%s\" is neither a file nor a command; did you mean \"%s\"?", first,
        near.best);
    return -1;
}

/* An empty name is what "$FILE" is when the variable was never set. */
static int
check_names(const struct settings *settings, struct err *err)
{
    for (size_t i = 0; i < settings->input.files.n; i++) {
        if (*settings->input.files.items[i])
            continue;
        err_set(err, ERR_USAGE,
            "a FILE's name is empty: \"\" (a variable that is not set?)");
        return -1;
    }
    return 0;
}

static int
run(const struct command *command, bool is_named, struct settings *settings,
    struct mapping **mapping, char **words, size_t n_words)
{
    enum action action;
    struct err err;

    if (options_read(settings, command->flag, words, n_words, &action, &err))
        return refuse(command, &err);
    switch (action) {
    case ACTION_HELP:
        return cmd_help(command);
    case ACTION_VERSION:
        return cmd_version();
    case ACTION_TEST:
        return cmd_selftest();
    case ACTION_RUN:
        break;
    }
    if (!is_named && check_first(settings, &err))
        return refuse(command, &err);
    if (command->flag != FOR_GET && check_names(settings, &err))
        return refuse(command, &err);
    if (command->needs_operand && settings->input.files.n == 0) {
        err_set(&err, ERR_USAGE, "%s needs %s", command->name,
            command->operands);
        return refuse(command, &err);
    }
    if (command->check && command->check(settings, &err))
        return refuse(command, &err);
    if (settings_finish(settings, &err) ||
        complete_settings(settings, mapping, &err))
        return refuse(command, &err);
    return command->run(settings);
}

/* Or the first file opened would be taken for one of them. */
static void
open_standard_fds(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int
main(int argc, char **argv)
{
    int n_taken, status;
    const struct command *command = pick_command(argc, argv, &n_taken);
    struct settings settings;
    struct mapping *mapping = NULL;

    if (argc < 1)
        return EXIT_USAGE;
    open_standard_fds();
    settings_defaults(&settings);
    status = run(command, n_taken > 1, &settings, &mapping, argv + n_taken,
        (size_t)(argc - n_taken));
    release_mapping(mapping);
    settings_release(&settings);
    return status;
}
