/*
 * Tries a mapping on the first lines of a file, and counts those that a load
 * would reject. Asks no server, stores nothing. One thread.
 */
#ifndef CMD_TRY_MAPPING_H
#define CMD_TRY_MAPPING_H

#include <stdint.h>

#include "base/err.h"
#include "record/reason.h"
#include "settings/settings.h"

struct tried {
    uint64_t lines, rejected; /* lines: without blank ones and the header */
    uint64_t first_line;      /* the first one rejected, and why: */
    enum reason reason;
    char detail[80];
};

/* -1 when the mapping cannot be used (ERR_USAGE) or the file cannot be read. */
int try_mapping(const struct settings *settings, const char *mapping_path,
    const char *data_path, uint64_t n_lines, struct tried *out,
    struct err *err);

#endif
