/*
 * --sweep: options of a load and the values that bench tries of them.
 *
 * Only the words are read here, "OPTION=VALUE[,VALUE]..."; options_read() asks
 * each option whether it would take the value. One thread.
 */
#ifndef SETTINGS_SWEEPS_H
#define SETTINGS_SWEEPS_H

#include "settings/option.h"

/* A setter of option.h. The settings own the sweep. */
int set_sweep(const struct option *option, struct settings *settings,
    const char *value, struct err *err);

#endif
