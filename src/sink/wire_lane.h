/*
 * A lane over a pipelined connection: what the two halves of it share. wire.c
 * sends, acks.c takes the answers; nobody else includes this. Belongs to one
 * thread.
 */
#ifndef SINK_WIRE_LANE_H
#define SINK_WIRE_LANE_H

#include "sink/link.h"
#include "memc/patience.h"
#include "sink/sink.h"
#include "sink/windows.h"

enum stage {
    FLOWING,  /* sending as fast as it goes */
    SETTLING, /* a refusal was seen: awaiting the fences under way */
    ALONE,    /* sending the refused window by itself, with replies */
};

struct wire {
    struct sink sink; /* first: a struct sink * is a struct wire * */
    struct link link;
    struct windows windows;
    enum stage stage;
    bool wants_flush;        /* form the last, unfilled window too */
    bool is_asking;          /* after an idle time, see wire.c; for a fence */
    bool is_blocked;         /* the socket took less than it was given */
    bool has_logged_refusal; /* once a lane, not once a window */
    struct patience patience;
    int64_t paused_until; /* before a retry; 0 = not paused */
};

/* The form in which this window goes out on the connection at hand. */
enum form wire_form(const struct wire *wire, const struct window *window);

/* n items from first on are done, all with this outcome. */
void wire_done(struct wire *wire, struct item *first, size_t n,
    enum outcome outcome);

#endif
