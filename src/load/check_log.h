/*
 * A worker's part in a full verification (verify/verify_log.h): when a batch is
 * home, what became of its items goes into the verify log. Of a load that is
 * followed by one these are the lines that failed, which do not count; where
 * all is read back (sink/check.h) it is the verdict on each.
 *
 * Any thread; the verify log has its own locks. When it cannot be kept a stop
 * is asked for, and the supervisor finds out by verify_log_has_failed().
 */
#ifndef LOAD_CHECK_LOG_H
#define LOAD_CHECK_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "verify/verify_log.h"

struct batch;

/* What a worker gives its pipeline. All outlives the run. */
struct check_log {
    struct verify_log *verify_log; /* NULL: no census */
    uint32_t file;                 /* its number in the verify log */
    const unsigned *generations;   /* by server, at hand (run/baseline.h) */
};

/* The batch is home, its items still there. */
void check_log_note(const struct check_log *check_log,
    const struct batch *batch, const size_t *server_of_lane, int stop_fd);

#endif
