/*
 * The table of sinks: where a new one goes.
 *
 * A sink is a struct sink_type in a file of its own (null.c is the smallest)
 * and a row in sink_types.c; tests/server/test_sink.c then runs on it by name.
 * Pure; any thread.
 */
#ifndef SINK_SINK_TYPES_H
#define SINK_SINK_TYPES_H

#include "sink/sink.h"

/* "set", "multi", "noreply", "null", "check"; NULL for any other name. */
const struct sink_type *sink_find(const char *name);

#endif
