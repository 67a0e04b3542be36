/*
 * The one table of options: the command line, --help, the config file and the
 * tests that hold man page and completion against it all read the same rows.
 *
 * It is made of the groups of rows_*.c, in the order of --help. Const; any
 * thread.
 */
#ifndef SETTINGS_OPTION_TABLE_H
#define SETTINGS_OPTION_TABLE_H

#include "settings/option.h"

/* All groups, each of at least one row, ended by NULL. Two in a row may have
 * the same heading. */
extern const struct option_group *const option_groups[];

/* The row after this one of the table, the first for NULL, NULL after the
 * last. */
const struct option *option_next(const struct option *option);

/*
 * By long name (n_bytes of it) or letter; NULL when there is none. A name may
 * mean one thing to one command and another to the next, in rows of their own:
 * it is the row of these commands (enum command_flags), else any.
 */
const struct option *option_find(unsigned commands, const char *name,
    size_t n_bytes);
const struct option *option_find_letter(char letter);

#endif
