/*
 * The sink that connects to nothing: every item is `sent` at once. For --dry
 * and for measuring what the rest costs. See sink.h.
 */
#ifndef SINK_NULL_H
#define SINK_NULL_H

#include "sink/sink.h"

extern const struct sink_type sink_null;

#endif
