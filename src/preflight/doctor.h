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
 * Looks at the job's servers and files; fills the run, but for its job, which
 * the caller has set, and returns the exit status: the one that a load with
 * --require-capacity is bound to end with, by all that was found. The caller
 * releases both.
 */
int doctor_examine(struct run *run, struct preflight *preflight);

/* All of it, as aligned tables. */
void doctor_print(FILE *to, const struct run *run,
    const struct preflight *preflight);

/* The same as one JSON object, written as summary_write() does. */
int doctor_summary_write(const char *path, const struct run *run,
    const struct preflight *preflight, struct err *err);

#endif
