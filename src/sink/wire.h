/*
 * The pipelined sinks, "multi" and "noreply": see sink.h for the interface
 * and docs/contract.md 3 and 4 for what they promise.
 */
#ifndef SINK_WIRE_H
#define SINK_WIRE_H

#include "sink/sink.h"

extern const struct sink_type sink_multi, sink_noreply;

#endif
