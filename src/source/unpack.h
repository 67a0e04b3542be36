/*
 * What the unpackers share: how far a step came, and what is said of data that
 * are bad, with the offset (ERR_DATA). what: "gzip", "zstd". Any thread.
 */
#ifndef SOURCE_UNPACK_H
#define SOURCE_UNPACK_H

#include <stdint.h>

#include "base/err.h"

enum unpack_step {
    STEP_DONE, /* go on with what is the part now */
    STEP_DRY,  /* wants input */
    STEP_CORRUPT,
    STEP_TRAILING,
    STEP_REFUSED, /* good data that we do not unpack */
};

/* STEP_CORRUPT: the data at that byte cannot be right; the rest says why. */
enum unpack_step unpack_corrupt(struct err *err, const char *what,
    uint64_t at_byte, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* STEP_TRAILING: the data is over, and that byte begins something else. */
enum unpack_step unpack_trailing(struct err *err, const char *what,
    uint64_t at_byte);

/* The input ends there, inside a part of a unit ("member 3"): numbers count
 * from 1. */
void unpack_truncated(struct err *err, const char *what, uint64_t at_byte,
    const char *part, const char *unit, uint64_t number);

#endif
