/*
 * What is wrong with the settings of a benchmark, before anything is measured.
 * Pure functions, any thread.
 */
#ifndef BENCH_CHECK_SETTINGS_H
#define BENCH_CHECK_SETTINGS_H

#include <stdbool.h>

#include "base/err.h"
#include "settings/settings.h"

/* Were servers named, on the command line or in a config file? */
bool bench_names_servers(const struct settings *settings);

/*
 * Of settings that are not finished: named servers need --yes, FILEs exclude
 * --generate, a mapping needs FILEs, and the combinations of the sweeps must be
 * few enough. -1 with ERR_USAGE.
 */
int bench_check_settings(const struct settings *settings, struct err *err);

#endif
