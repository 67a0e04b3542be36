/*
 * The settings of a verification as a whole; for job_finish() alone.
 */
#ifndef SETTINGS_VERIFICATION_H
#define SETTINGS_VERIFICATION_H

#include "base/err.h"
#include "settings/settings.h"

/*
 * Checks them against the rest, chooses a seed where none is given, and takes
 * out of a job that only verifies what has to do with storing. -1, ERR_USAGE.
 */
int job_finish_verification(struct job *job, struct err *err);

#endif
