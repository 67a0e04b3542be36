/*
 * The answers of a pipelined connection: which window they belong to, and what
 * follows. Part of a lane (wire_lane.h), of its one thread; wire.c calls it.
 */
#ifndef SINK_ACKS_H
#define SINK_ACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/wire_lane.h"

/* One reply of the server. False: it cannot be, the stream lost step. */
bool acks_take(struct wire *wire, enum reply reply, int64_t now_ms);

#endif
