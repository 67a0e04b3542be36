/*
 * The reference sink, "set": one libmemcached set, one reply, per item. It
 * blocks (SINK_BLOCKS), so each one wants a thread. See sink.h.
 */
#ifndef SINK_SET_H
#define SINK_SET_H

#include "sink/sink.h"

extern const struct sink_type sink_set;

#endif
