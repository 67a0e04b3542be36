#include "memc/server_facts.h"

#include "memc/canary.h"

const char *
eviction_counter(enum eviction_way way)
{
    static const char *const counters[] = {
#define X(way, counter) [EVICTION_##way] = counter,
        EVICTION_WAYS(X)
#undef X
    };

    return counters[way];
}

static bool
was_restarted(const struct server_facts *then, const struct server_facts *now)
{
    /* time and uptime are read apart: a second is no restart */
    return then->pid != now->pid || now->started_at > then->started_at + 1;
}

/*
 * `flush_all` is counted when it is said, and takes place at once or after the
 * delay that was said with it. A later one takes the place of one that is
 * still to come. `oldest` is what remains when the counters were reset.
 */
static bool
was_flushed(const struct server_facts *then, const struct server_facts *now)
{
    uint64_t said =
        now->cmd_flush > then->cmd_flush ? now->cmd_flush - then->cmd_flush : 0;

    if (then->flush_due_s && now->uptime_s >= then->uptime_s &&
        now->uptime_s - then->uptime_s >= then->flush_due_s)
        return true;
    if (now->flush_due_s) /* said before it: one that took place, maybe */
        return said > 1 && now->canary != CANARY_THERE;
    return said ||
           (then->has_oldest && now->has_oldest && then->oldest != now->oldest);
}

/* May a canary that was there be gone, and the rest not? */
static bool
may_have_gone_alone(const struct server_facts *then,
    const struct server_facts *now)
{
    if (now->canary == CANARY_EVICTED)
        return true;
    /* by its clock, but for another server's, which may have any */
    if (now->uptime_s >= then->uptime_s + CANARY_TTL_S &&
        now->told_at_ms - then->told_at_ms >= CANARY_TTL_S * 1000 * 9 / 10)
        return true;
    for (enum eviction_way way = 0; way < N_EVICTION_WAYS; way++)
        if (now->evictions_by[way] > then->evictions_by[way])
            return true;
    return false;
}

/*
 * A flush takes with it all that is stored in its own second, a canary that was
 * set anew as well: it is judged, once, when that second is over. (The canary
 * is asked for after the settings, so it may be the next second then.)
 */
static bool
is_being_flushed(const struct server_facts *now)
{
    return now->flush_due_s == 1 || now->flush_due_s == 2;
}

enum server_loss
server_loss(const struct server_facts *then, const struct server_facts *now)
{
    if (was_restarted(then, now))
        return SERVER_RESTARTED;
    if (was_flushed(then, now))
        return SERVER_FLUSHED;
    if ((now->canary != CANARY_GONE && now->canary != CANARY_EVICTED) ||
        is_being_flushed(now))
        return SERVER_KEPT;
    return may_have_gone_alone(then, now) ? SERVER_UNSURE : SERVER_REPLACED;
}

const char *
server_loss_text(enum server_loss loss)
{
    static const char *const texts[] = {
        [SERVER_KEPT] = "it lost nothing",
        [SERVER_RESTARTED] = "it was restarted",
        [SERVER_FLUSHED] = "it was flushed",
        [SERVER_REPLACED] =
            "it does not have the item any more by which we know it (see "
            "--no-canary): it was emptied, or another server answers in its "
            "place",
        [SERVER_UNSURE] =
            "it does not have the item any more by which we know it (see "
            "--no-canary), which may have been evicted: had it been emptied "
            "meanwhile, we would not know",
    };

    return texts[loss];
}
