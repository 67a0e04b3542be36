/*
 * Lines that went wrong, in the log: "FILE:LINE: REASON: detail: row".
 *
 * Of each reason the first few lines are logged, then one message says that the
 * rest are only counted; with -v all are logged. Shared by all threads of a
 * load; nothing here fails.
 */
#ifndef LOAD_LINE_LOG_H
#define LOAD_LINE_LOG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reason.h"
#include "memc/item.h"
#include "source/lines.h"

/* Zero-initialised but for the name, nothing was logged yet. */
struct line_log {
    const char *file_name;
    /* lines that went wrong, logged or not */
    _Atomic uint32_t rejects[N_REASONS];
    _Atomic uint32_t outcomes[N_OUTCOMES];
};

/* Line `i` of the block was rejected. */
void line_log_reject(struct line_log *log, const struct line_block *block,
    size_t i, enum reason reason, const char *detail);

/* The item of line `i` was not stored: too_large, out_of_memory, refused. */
void line_log_failed(struct line_log *log, const struct line_block *block,
    size_t i, enum outcome outcome);

#endif
