/*
 * Limits and defaults that the options' rows and settings_finish() share.
 * Constants only.
 */
#ifndef SETTINGS_LIMITS_H
#define SETTINGS_LIMITS_H

#include <stdint.h>

/* Of --processes, and of its default: nobody has so many cores to spare. */
enum { PROCESSES_MAX = 1024 };

/* What is loaded where neither FILE nor --pattern is given. */
#define DEFAULT_PATTERN "/data/appsinstalled/*.tsv.gz"

/* Of --seed. In the summary it is a number of JSON, which has a sign. */
#define SEED_MOST INT64_MAX

#endif
