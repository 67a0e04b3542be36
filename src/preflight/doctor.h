/*
 * What `memc_load doctor` does and shows: all that preflight finds, and the
 * memcached command lines that would suit the load. It stores nothing and
 * changes no file; it tries whether one can be made in --rejects, as a load
 * does. One thread; blocks as preflight does.
 */
#ifndef PREFLIGHT_DOCTOR_H
#define PREFLIGHT_DOCTOR_H

#include <stdio.h>

#include "base/err.h"
#include "preflight/preflight.h"

/*
 * Looks at the servers and the files; the run is fresh from run_init(). Returns
 * the exit status: the one that a load with --require-capacity is bound to end
 * with, by all that was found. The caller releases both.
 */
int doctor_examine(struct run *run, struct preflight *preflight);

/* All of it, as aligned tables. */
void doctor_print(FILE *to, const struct run *run,
    const struct preflight *preflight, int exit_code);

/* The same as one JSON object, written as summary_write() does. */
int doctor_summary_write(const char *path, const struct run *run,
    const struct preflight *preflight, int exit_code, struct err *err);

#endif
