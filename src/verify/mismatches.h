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

struct strays {
    size_t told[N_VERIFY_STATES];
};

struct stray {
    enum verify_state state;
    const char *file; /* what messages call it */
    uint64_t line;
    const char *key;
    size_t key_bytes;
    const char *address; /* of its server */
    const char *why;     /* when UNREADABLE */
};

void strays_tell(struct strays *strays, const struct stray *stray);

#endif
