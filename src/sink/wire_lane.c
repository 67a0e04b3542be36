#include "sink/wire_lane.h"

enum form
wire_form(const struct wire *wire, const struct window *window)
{
    /* a window sent for its refusals alone wants replies, in any mode */
    if (!(wire->sink.type->caps & SINK_CONFIRMS))
        return window->is_loud ? FORM_SET : FORM_NOREPLY;
    if (!wire->link.has_meta)
        return FORM_SET;
    return window->is_loud ? FORM_META : FORM_QUIET;
}

void
wire_done(struct wire *wire, struct item *first, size_t n, enum outcome outcome)
{
    wire->sink.pending -= n;
    wire->sink.config.done(wire->sink.config.ctx, first, n, outcome);
}
