/*
 * The pipelined sinks, "multi" and "noreply": see sink.h for the interface
 * and DESIGN A.3 and A.4 for what they promise.
 */
#ifndef SINK_WIRE_H
#define SINK_WIRE_H

#include "sink/sink.h"

extern const struct sink_type sink_multi, sink_noreply;

#endif
