#include "sink/acks.h"

#include "base/log.h"

static enum outcome
good_outcome(const struct wire *wire)
{
    return wire->sink.type->caps & SINK_CONFIRMS ? OUTCOME_STORED
                                                 : OUTCOME_SENT;
}

/* A window with all its answers: its items' outcomes, run by run. */
static void
finish(struct wire *wire)
{
    struct window window = *windows_at(&wire->windows, 0);
    enum outcome good = good_outcome(wire), outcome;
    struct item *item = window.first, *run = item, *next;
    size_t n = 0;

    windows_pop(&wire->windows);
    if (!window.refusals) {
        wire_done(wire, window.first, window.n, good);
        return;
    }
    for (size_t left = window.n; left; left--, item = next) {
        next = item->next;
        outcome = item->outcome ? (enum outcome)item->outcome : good;
        n++;
        if (left > 1 && next->outcome == item->outcome)
            continue;
        wire_done(wire, run, n, outcome);
        run = next;
        n = 0;
    }
}

/* Every fence under way was seen: the refused window goes out by itself. */
static void
settle(struct wire *wire)
{
    struct window *window = windows_at(&wire->windows, 0);

    wire->sink.stats.retried += windows_rewind(&wire->windows);
    window->is_loud = true;
    wire->stage = ALONE;
}

/* The first refusal of the lane is logged. */
static void
log_refusal(struct wire *wire)
{
    if (wire->has_logged_refusal)
        return;
    wire->has_logged_refusal = true;
    log_warn("shard %s (%s): the server refuses items: %s",
        wire->sink.config.shard, wire->sink.config.address->text,
        wire->link.parser.line);
}

/* May the refused, loud window be tried once more? Then after a pause. */
static bool
may_retry(struct wire *wire, struct window *window, int64_t now)
{
    const struct sink_config *config = &wire->sink.config;

    if (!window->retryable || window->retries >= config->retries)
        return false;
    window->retries++;
    wire->paused_until = now + retry_delay_ms(config->retry_delay_ms,
                                   window->retries, &wire->link.outage.rng);
    return true;
}

/* The fence of window n_fenced. False: it cannot be. */
static bool
take_fence(struct wire *wire, int64_t now)
{
    struct windows *windows = &wire->windows;
    struct window *window;
    bool is_loud;

    if (windows->n_fenced == windows->n_sent)
        return false;
    window = windows_at(windows, windows->n_fenced);
    is_loud = form_is_loud(wire_form(wire, window));
    if (is_loud && window->replies != window->n)
        return false;
    link_alive(&wire->link, now);
    if (wire->stage == SETTLING) {
        windows->n_fenced++;
    } else if (!window->refusals) {
        finish(wire);
        wire->stage = FLOWING;
    } else if (is_loud && !may_retry(wire, window, now)) {
        finish(wire);
        wire->stage = FLOWING;
    } else {
        wire->stage = SETTLING;
        windows->n_fenced++;
    }
    if (wire->stage == SETTLING && windows->n_fenced == windows->n_sent &&
        !windows_is_midway(windows))
        settle(wire);
    return true;
}

/* A reply to an item. False: it cannot be. */
static bool
take_answer(struct wire *wire, enum trouble trouble, bool is_refusal)
{
    struct windows *windows = &wire->windows;
    struct window *window;
    struct remedy remedy = retry_remedy(trouble);

    if (windows->n_fenced == windows->n)
        return false;
    window = windows_at(windows, windows->n_fenced);
    window->refusals += is_refusal;
    window->retryable += is_refusal && remedy.retry;
    if (is_refusal)
        log_refusal(wire);
    if (!form_is_loud(wire_form(wire, window)))
        return is_refusal && window->refusals <= window->n;
    if (window->replies == window->n)
        return false;
    window->replies++;
    /* what was named once is named again, should this pass be cut short */
    window->is_loud |= is_refusal;
    window->replier->outcome =
        (uint8_t)(is_refusal ? remedy.final : OUTCOME_NONE);
    window->replier = window->replier->next;
    return true;
}

bool
acks_take(struct wire *wire, enum reply reply, int64_t now)
{
    switch (reply) {
    case REPLY_MN:
    case REPLY_VERSION:
        /* the reply of another kind of fence: the stream lost step */
        return (reply == REPLY_MN) == wire->link.has_meta &&
               take_fence(wire, now);
    case REPLY_STORED:
        return take_answer(wire, TROUBLE_REFUSED, false);
    case REPLY_NO_MEMORY:
        return take_answer(wire, TROUBLE_NO_MEMORY, true);
    case REPLY_TOO_LARGE:
        return take_answer(wire, TROUBLE_TOO_LARGE, true);
    case REPLY_REFUSED:
        return take_answer(wire, TROUBLE_REFUSED, true);
    case REPLY_NONE:
    case REPLY_UNKNOWN:
    case REPLY_BAD:
        break;
    }
    return false;
}
