/*
 * Would a mapping load a file? Its first lines read by it, counted.
 * One thread; asks no server, stores nothing.
 */
#ifndef CMD_TRY_MAPPING_H
#define CMD_TRY_MAPPING_H

#include <stdint.h>

#include "base/err.h"
#include "settings/settings.h"
#include "record/reason.h"

struct tried {
    uint64_t lines, rejected; /* lines: without blank ones and the header */
    uint64_t first_line;      /* the first that is rejected, */
    enum reason reason;       /* and why */
    char detail[80];
};

/* -1 when the mapping cannot be used (ERR_USAGE), or the file not be read. */
int try_mapping(const struct settings *settings, const char *mapping_path,
    const char *data_path, uint64_t n_lines, struct tried *out,
    struct err *err);

#endif
