/*
 * Telling keys that are not as they should be, in the log:
 * "FILE:LINE: missing: KEY (ADDRESS)".
 *
 * Of each state the first few are told, then one line says that the rest are
 * only counted; with -v all are. One thread; zero-initialised is none told.
 */
#ifndef VERIFY_MISMATCHES_H
#define VERIFY_MISMATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "verify/verify_result.h"

struct mismatch_log {
    size_t told[N_VERIFY_STATES];
};

struct mismatch_line {
    enum verify_state state;
    const char *file; /* what messages call it */
    uint64_t line;
    const char *key;
    size_t key_bytes;
    const char *address; /* of its server */
    const char *why;     /* when UNREADABLE */
};

void mismatch_log_add(struct mismatch_log *mismatches,
    const struct mismatch_line *mismatch);

#endif
