/*
 * The sink that stores nothing: it looks whether the server has the item, and
 * has the same value.
 *
 * Each item that comes out of it has a `check` (memc/item.h); the outcome is
 * always `sent`. A server that stays away for max_outage_ms is given up: its
 * items are CHECK_UNREADABLE. See sink.h for the rest.
 */
#ifndef SINK_CHECK_H
#define SINK_CHECK_H

#include "sink/sink.h"

extern const struct sink_type sink_check;

#endif
