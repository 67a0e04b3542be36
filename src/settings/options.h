/*
 * Command lines: from words to settings.
 *
 * options_read() does the whole of a command line: config file first, then
 * the options, so that the command line wins wherever --config stands. Errors
 * are the user's words (ERR_USAGE), told with option, value and range. One
 * thread; called once, before anything else.
 */
#ifndef SETTINGS_OPTIONS_H
#define SETTINGS_OPTIONS_H

#include "base/err.h"
#include "settings/option_table.h"
#include "settings/settings.h"

/*
 * Reads the words behind the command's name into settings fresh from
 * settings_defaults(). *action_out is the first of --help, --version and --test
 * given; the settings are not to be used then.
 */
int options_read(struct settings *settings, unsigned command,
    char *const *words, size_t n_words, enum action *action_out,
    struct err *err);

#endif
