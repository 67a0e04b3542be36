/*
 * The settings of a verification as a whole; for settings_finish() alone.
 */
#ifndef SETTINGS_VERIFICATION_H
#define SETTINGS_VERIFICATION_H

#include "base/err.h"
#include "settings/settings.h"

/*
 * Checks them against the rest, chooses a seed where none is given, and takes
 * out of a job that only verifies what has to do with storing. -1, ERR_USAGE.
 */
int settings_finish_verification(struct settings *settings, struct err *err);

#endif
