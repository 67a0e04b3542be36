/*
 * Logs the keys that do not match: "FILE:LINE: missing: KEY (ADDRESS)".
 *
 * Of each state the first few are logged, then one line says that the others
 * are only counted; with -v all are logged. One thread; zero-initialised: none
 * was logged yet.
 */
#ifndef VERIFY_MISMATCHES_H
#define VERIFY_MISMATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "verify/verify_result.h"

struct mismatch_log {
    size_t logged[N_VERIFY_STATES];
};

struct mismatch_line {
    enum verify_state state;
    const char *file; /* as messages name it */
    uint64_t line;
    const char *key;
    size_t key_bytes;
    const char *address; /* of its server */
    const char *why;     /* when UNREADABLE */
};

void mismatch_log_add(struct mismatch_log *mismatches,
    const struct mismatch_line *mismatch);

#endif
