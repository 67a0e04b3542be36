/*
 * The part of a load in a full verification (verify/verify_log.h): when a batch
 * is home, what became of its items goes into the verify log. In a load that a
 * verification follows these are the lines that failed, which it leaves out;
 * where everything is read back (sink/check.h) it is the result of each check.
 *
 * Any thread; the verify log has its own locks. When it cannot be written a
 * stop is asked for, and the supervisor learns of it by
 * verify_log_has_failed().
 */
#ifndef LOAD_CHECK_LOG_H
#define LOAD_CHECK_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "verify/verify_log.h"

struct batch;

/* What is needed for that. All of it outlives the load. */
struct check_log {
    struct verify_log *verify_log; /* NULL: nothing is noted */
    uint32_t file;                 /* its number in the verify log */
    const unsigned *generations;   /* by server, at hand (run/baseline.h) */
};

/* The batch is home, its items still there. */
void check_log_note(const struct check_log *check_log,
    const struct batch *batch, const size_t *server_of_lane, int stop_fd);

#endif
