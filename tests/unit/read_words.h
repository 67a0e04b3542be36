/* For tests of options: a command line of a few words, as a row of a table. */
#ifndef UNIT_READ_WORDS_H
#define UNIT_READ_WORDS_H

#include "settings/options.h"

enum { WORDS_MAX = 10 };

/* Words end at NULL or at WORDS_MAX. */
static inline size_t
count_words(const char *const *words)
{
    size_t n = 0;

    while (n < WORDS_MAX && words[n])
        n++;
    return n;
}

/* Into a job with all defaults. */
static inline int
read_options(struct settings *settings, unsigned command,
    const char *const *words, enum action *action, struct err *err)
{
    settings_defaults(settings);
    *err = (struct err){0};
    return options_read(settings, command, (char *const *)words,
        count_words(words), action, err);
}

#endif
