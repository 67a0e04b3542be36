/*
 * Values given to options, on the command line or in a file, before they are
 * applied to the settings. Owns its texts. Errors are ERR_USAGE, told with
 * option and place. One thread.
 */
#ifndef SETTINGS_OPTION_VALUES_H
#define SETTINGS_OPTION_VALUES_H

#include "settings/option.h"

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

/* As option_set(), but an error says which option it is of, and where. */
int option_value_apply(const struct option_value *value_given,
    struct settings *settings, struct err *err);

#endif
