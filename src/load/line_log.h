/*
 * Telling lines that went wrong, in the log: "FILE:LINE: REASON: detail: row".
 *
 * Of each reason the first few are told, then one line says that the rest are
 * only counted; with -v all are told. Shared by all threads of a worker.
 */
#ifndef LOAD_LINE_LOG_H
#define LOAD_LINE_LOG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reason.h"
#include "memc/item.h"
#include "source/lines.h"

/* How many were told so far; zero-initialised is none. */
struct told {
    const char *file_name;
    _Atomic uint32_t rejects[N_REASONS];
    _Atomic uint32_t outcomes[N_OUTCOMES];
};

/* Line `i` of the block was rejected. */
void tell_reject(struct told *told, const struct line_block *block, size_t i,
    enum reason reason, const char *detail);

/* The item of line `i` was not stored: too_large, out_of_memory, refused. */
void tell_failed(struct told *told, const struct line_block *block, size_t i,
    enum outcome outcome);

#endif
