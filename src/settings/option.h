/*
 * An option is one row: its name, its type, the field of struct settings that
 * it fills, the values it may have, and what --help says. The rows stand in
 * rows_*.c, a group a file; option_table.h goes over all of them.
 *
 *     {.name = "timeout",
 *         .arg = "MS",
 *         .commands = FOR_SERVED,
 *         .type = OPTION_DURATION,
 *         .unit_ms = 1,
 *         FIELD(failure.timeout_ms),
 *         .least = 1,
 *         .most = HOUR_MS,
 *         .preset = "5000",
 *         .help = "a connection on which nothing moves for so long is lost"},
 *
 * Nothing more is needed for most options: settings_defaults() sets the preset,
 * settings_release() frees what the field holds. Only an option that no type
 * describes has a function of its own (OPTION_OWN).
 *
 * Rows are const; any thread may read them. Setting is for one thread.
 */
#ifndef SETTINGS_OPTION_H
#define SETTINGS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* How a value is written, and what else the row says of it. */
enum option_type {
    OPTION_ACTION,   /* sets nothing: `action` */
    OPTION_FLAG,     /* true or false; given without a value: true */
    OPTION_CLEARS,   /* a flag "no-x" whose field says x; true by default */
    OPTION_COUNT,    /* a whole number, `least` to `most` */
    OPTION_SIZE,     /* bytes, as 64K or 1MiB, `least` to `most` of them */
    OPTION_DURATION, /* so many `unit_ms`, `least` to `most` of them */
    OPTION_RATE,     /* a decimal number, `low` to `high` */
    OPTION_BETWEEN,  /* a decimal number above `low` and below `high` */
    OPTION_CHOICE,   /* one of `words` */
    OPTION_TEXT,     /* any text but the empty one, which is a `noun` */
    OPTION_PATH,     /* the same, the name of a file or directory */
    OPTION_LIST,     /* a text that is added to those before it */
    OPTION_OWN,      /* `set` */
};

/* What a field is in C. FIELD() asks the compiler, so no row can be wrong. */
enum option_field {
    FIELD_NONE,
    FIELD_BOOL,
    FIELD_UNSIGNED, /* enums without negative values are unsigned, too */
    FIELD_U64,
    FIELD_I64,
    FIELD_DOUBLE,
    FIELD_TEXT,  /* owned; NULL = not given */
    FIELD_WORD,  /* one of `words` itself, static */
    FIELD_WORDS, /* struct words */
};

#define FIELD(member) \
    .offset = offsetof(struct settings, member),                  \
    .field = _Generic(((struct settings *)NULL)->member,          \
        bool: FIELD_BOOL,                                         \
        unsigned: FIELD_UNSIGNED,                                 \
        uint64_t: FIELD_U64,                                      \
        int64_t: FIELD_I64,                                       \
        double: FIELD_DOUBLE,                                     \
        char *: FIELD_TEXT,                                       \
        const char *: FIELD_WORD,                                 \
        struct words: FIELD_WORDS)

/* A word of an OPTION_CHOICE. Its index is what the field becomes. */
struct option_word {
    const char *word;    /* NULL ends the list */
    const char *refusal; /* why this build does not have it; NULL = it has */
};

struct option {
    const char *name;     /* long, without its dashes */
    char letter;          /* 0 = none */
    const char *arg;      /* the word for its value; NULL = a flag */
    unsigned commands;    /* enum command_flags */
    bool repeats;         /* adds up, and may be a list in the config file */
    bool is_cli_only;     /* makes no sense in a config file */
    const char *preset;   /* the default, as a user would write it */
    const char *fallback; /* or the default in words, when no value means it */
    const char *help;     /* one paragraph; --help breaks its lines */

    enum option_type type;
    enum option_field field; /* both by FIELD() */
    size_t offset;

    /* as the type has them */
    uint64_t least, most;
    double low, high;
    unsigned unit_ms;
    const struct option_word *words;
    const char *noun;
    enum action action;
    int (*set)(const struct option *option, struct settings *settings,
        const char *value, struct err *err);

    /* called when a value was set, for what follows from it; or NULL */
    void (*then)(struct settings *settings);
};

/* Rows under one heading of --help. */
struct option_group {
    const char *heading;
    const struct option *rows; /* ended by one without a name */
};

/*
 * Reads the value and puts it into the option's field; "true" or "false" for a
 * flag. -1 with ERR_USAGE, and the settings are as before, when the value is
 * wrong: the text names value and range, the caller adds the option and the
 * place. Not for an OPTION_ACTION. The settings copy what they keep.
 */
int option_set(const struct option *option, struct settings *settings,
    const char *value, struct err *err);

/* Sets the row's default: its preset, or true for an OPTION_CLEARS. */
void option_set_default(const struct option *option, struct settings *settings);

/* Frees what the option's field holds. */
void option_release(const struct option *option, struct settings *settings);

/* The default as --help shows it; NULL = none. */
const char *option_default(const struct option *option);

#endif
