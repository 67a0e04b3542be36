/*
 * The options: one table for everything. The command line, --help, the config
 * file and the tests that hold man page and completion against it all read
 * the same rows.
 *
 * options_read() does the whole of a command line: config file first, then
 * the options, so that the command line wins wherever --config stands. Errors
 * are the user's words (ERR_USAGE), told with option, value and range. One
 * thread; called once, before anything else.
 */
#ifndef SETTINGS_OPTIONS_H
#define SETTINGS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "settings/settings.h"

/* Which commands take an option. */
enum command_flags {
    FOR_LOAD = 1 << 0,
    FOR_GET = 1 << 1,
    FOR_VERIFY = 1 << 2,
    FOR_BENCH = 1 << 3,
    FOR_EXPLAIN = 1 << 4,
    FOR_INIT = 1 << 5,
    FOR_SERVED = FOR_LOAD | FOR_GET | FOR_VERIFY | FOR_BENCH, /* by memcached */
    FOR_MAPPED = FOR_SERVED | FOR_EXPLAIN, /* that know a record */
    FOR_ALL = FOR_MAPPED | FOR_INIT,
};

/* What a command line asks for. */
enum action { ACTION_RUN, ACTION_HELP, ACTION_VERSION, ACTION_TEST };

struct option {
    const char *name;     /* long, without its dashes */
    char letter;          /* 0 = none */
    const char *arg;      /* the word for its value; NULL = a flag */
    const char *group;    /* heading in --help; rows of one stand together */
    unsigned commands;    /* enum command_flags */
    bool repeats;         /* adds up, and may be a list in the config file */
    bool is_cli_only;     /* makes no sense in a config file */
    const char *fallback; /* the default as people write it; NULL = none */
    const char *help;     /* one paragraph; --help breaks its lines */
    enum action action;   /* not ACTION_RUN: `set` is NULL */
    int (*set)(struct settings *settings, const char *value, struct err *err);
};

/* All rows, ended by one without a name. */
extern const struct option options[];

/*
 * By long name (n_bytes of it) or letter; NULL when there is none. A name may
 * mean one thing to one command and another to the next, in rows of their own:
 * it is the row of these commands (enum command_flags), else any.
 */
const struct option *option_find(unsigned commands, const char *name,
    size_t n_bytes);
const struct option *option_find_letter(char letter);

/* A value given to an option, here or there; owns its texts. */
struct option_value {
    const struct option *option;
    char *value; /* "true" or "false" for a flag */
    char *where; /* "FILE:LINE:COLUMN"; NULL = on the command line */
};
struct option_values {
    struct option_value *items;
    size_t n;
};
/* where: taken over, or NULL. */
void option_values_add(struct option_values *values,
    const struct option *option, const char *value, char *where);
void option_values_release(struct option_values *values);

/* Calls its option's set(); an error is told with option and place. */
int option_value_apply(const struct option_value *value_given,
    struct settings *settings, struct err *err);

/*
 * Reads the words behind the command's name into a job fresh from
 * settings_defaults(). *action_out is the first of --help, --version and --test
 * given; the job is not to be used then.
 */
int options_read(struct settings *settings, unsigned command,
    char *const *words, size_t n_words, enum action *action_out,
    struct err *err);

#endif
