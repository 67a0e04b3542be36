/* A line's way through the record room, for tests: split, parsed, packed. */
#ifndef UNIT_TRIP_H
#define UNIT_TRIP_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "appsinstalled.pb-c.h"
#include "base/mem.h"
#include "default_mapping.h"
#include "record/record.h"

/* The line is an exact copy, so that a sanitizer sees overreads; so is the
 * value, which has the room that it was said to need. */
struct trip {
    char *line;
    struct record *record;
    struct record_warnings warnings;
    enum reason reason;
    const char *detail;
    uint8_t *value; /* of a good line */
    size_t n_bytes;
    UserApps *message; /* as protobuf-c reads it */
};

static inline void
pack_trip(struct trip *trip)
{
    size_t room = record_pack_room(trip->record);

    trip->value = mem_new(room);
    trip->n_bytes = record_pack(trip->record, trip->value);
    must(trip->n_bytes <= room);
    trip->message = user_apps__unpack(NULL, trip->n_bytes, trip->value);
    must(trip->message);
}

static inline void
travel(struct trip *trip, const char *line, size_t n_bytes, bool strict)
{
    *trip = (struct trip){.line = mem_new(n_bytes),
        .record = record_new(default_mapping(), default_columns())};
    memcpy(trip->line, line, n_bytes);
    trip->reason =
        record_split(trip->record, trip->line, n_bytes, &trip->detail);
    if (trip->reason == REASON_NONE)
        trip->reason =
            record_parse(trip->record, strict, &trip->warnings, &trip->detail);
    if (trip->reason == REASON_NONE)
        pack_trip(trip);
}

static inline void
arrive(struct trip *trip)
{
    if (trip->message)
        user_apps__free_unpacked(trip->message, NULL);
    free(trip->value);
    record_free(trip->record);
    free(trip->line);
}

#endif
