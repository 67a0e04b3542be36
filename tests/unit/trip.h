/* A line's way through the record room, for tests: split, then parsed. */
#ifndef UNIT_TRIP_H
#define UNIT_TRIP_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/record.h"

/* The line is an exact copy, so that a sanitizer sees overreads. */
struct trip {
    char *line;
    struct columns columns;
    struct app_list apps;
    struct record record;
    enum reason reason;
    const char *detail;
};

static inline void
travel(struct trip *trip, const char *line, size_t n_bytes, bool strict)
{
    *trip = (struct trip){.line = mem_new(n_bytes)};
    memcpy(trip->line, line, n_bytes);
    trip->reason =
        record_split(trip->line, n_bytes, &trip->columns, &trip->detail);
    if (trip->reason == REASON_NONE)
        trip->reason = record_parse(&trip->columns, strict, &trip->apps,
            &trip->record, &trip->detail);
}

static inline void
arrive(struct trip *trip)
{
    app_list_release(&trip->apps);
    free(trip->line);
}

#endif
