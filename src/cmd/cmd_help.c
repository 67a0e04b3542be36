#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "settings/exit.h"
#include "settings/option_table.h"
#include "source/inflater.h"
#include "source/zstd.h"

/*
 * What these libraries say of themselves at run time. Declared here, because
 * their headers stay in the rooms that use them.
 */
const char *memcached_lib_version(void);
const char *protobuf_c_version(void);

/* The help texts begin at TEXT_COLUMN and end before END_COLUMN. */
enum { TEXT_COLUMN = 27, END_COLUMN = 80 };

/* A piece that is not broken, on a new line if need be; returns the column. */
static int
print_piece(const char *piece, int n_bytes, int at)
{
    if (at == TEXT_COLUMN)
        return at + printf("%.*s", n_bytes, piece);
    if (at + 1 + n_bytes <= END_COLUMN)
        return at + printf(" %.*s", n_bytes, piece);
    return printf("\n%*s%.*s", TEXT_COLUMN, "", n_bytes, piece) - 1;
}

static void
print_text(const struct option *option)
{
    const char *word = option->help;
    int at = TEXT_COLUMN;

    while (*word) {
        int n_bytes = (int)strcspn(word, " ");

        at = print_piece(word, n_bytes, at);
        word += n_bytes + (word[n_bytes] == ' ');
    }
    if (option_default(option)) {
        char *piece = mem_format("(default: %s)", option_default(option));

        print_piece(piece, (int)strlen(piece), at);
        free(piece);
    }
    putchar('\n');
}

static void
print_option(const struct option *option)
{
    int at = 0;

    if (option->letter)
        at = printf("  -%c, --%s", option->letter, option->name);
    else
        at = printf("      --%s", option->name);
    if (option->arg)
        at += printf(" %s", option->arg);
    if (at + 2 > TEXT_COLUMN) {
        putchar('\n');
        at = 0;
    }
    printf("%*s", TEXT_COLUMN - at, "");
    print_text(option);
}

static void
print_usage(const struct command *command)
{
    const char *lead = "Usage:";

    for (const struct command *each = commands; each->name; each++) {
        if (command != commands && each != command)
            continue;
        printf(each == commands ? "%s memc_load [%s] [OPTION]... %s\n"
                                : "%s memc_load %s [OPTION]... %s\n",
            lead, each->name, each->operands);
        lead = "      ";
    }
}

/* Under its heading, unless that is the one that was printed last. */
static void
print_group(const struct option_group *group, unsigned command,
    const char **heading)
{
    for (const struct option *option = group->rows; option->name; option++) {
        if (!(option->commands & command))
            continue;
        if (!*heading || strcmp(*heading, group->heading) != 0)
            printf("\n%s:\n", group->heading);
        *heading = group->heading;
        print_option(option);
    }
}

int
cmd_help(const struct command *command)
{
    const char *heading = NULL;

    print_usage(command);
    printf("\n%s\n", command->about);
    for (const struct option_group *const *group = option_groups; *group;
         group++)
        print_group(*group, command->flag, &heading);
    printf("\nOptions and operands come in any order; -- ends the options. "
           "The rest:\nman memc_load.\n");
    return finish_output();
}

int
cmd_version(void)
{
    printf("memc_load %s\n", MEMC_LOAD_VERSION);
    for (const struct inflater_type *const *type = inflaters(); *type; type++)
        printf("%s\n", (*type)->version());
    printf("%s\n", zstd_version());
    printf("libmemcached %s\n", memcached_lib_version());
    printf("protobuf-c %s\n", protobuf_c_version());
    return finish_output();
}
