#include "run/baseline.h"

#include "base/clock.h"

void
book_open(struct book *book, const struct server_facts *facts)
{
    *book = (struct book){
        .is_watched = facts->is_known,
        .base = *facts,
        .now = *facts,
        .silent_since_ms = CLOCK_NEVER,
    };
}

static uint64_t
grown(uint64_t from, uint64_t to)
{
    return to > from ? to - from : 0;
}

static void
begin_epoch(struct book *book, const struct server_facts *now)
{
    book->base = *now;
    book->acked = 0;
    book->sets = 0;
    book->epoch++;
}

/* Counters that only a reset makes smaller. */
static bool
is_reset(const struct server_facts *then, const struct server_facts *now)
{
    return now->cmd_set < then->cmd_set || now->evictions < then->evictions ||
           now->cmd_flush < then->cmd_flush ||
           now->total_connections < then->total_connections;
}

enum book_verdict
book_take(struct book *book, const struct server_facts *now, uint64_t acked,
    uint64_t *missing)
{
    struct server_facts then = book->now;
    uint64_t sets;

    *missing = 0;
    book->now = *now;
    if (server_restarted(&then, now)) {
        book->evicted_before += grown(book->base.evictions, then.evictions);
        book->restarts++;
        book->life++;
        begin_epoch(book, now);
        /* what it evicted since its start is part of the load, too */
        if (now->pid != then.pid)
            book->base.evictions = 0;
        return BOOK_RESTARTED;
    }
    if (is_reset(&then, now)) {
        book->evicted_before += grown(book->base.evictions, then.evictions);
        begin_epoch(book, now);
        return BOOK_RESET;
    }
    if (!book->base.has_counters || !now->has_counters)
        return BOOK_BALANCED;
    sets = grown(book->base.cmd_set, now->cmd_set);
    if (sets < acked) {
        *missing = acked - sets;
        book->evicted_before += grown(book->base.evictions, now->evictions);
        begin_epoch(book, now);
        return BOOK_SHORT;
    }
    book->sets = sets;
    return BOOK_BALANCED;
}

void
book_lose(struct book *book)
{
    book->is_lost = true;
    book->life++;
}

uint64_t
book_evictions(const struct book *book)
{
    return book->evicted_before +
           grown(book->base.evictions, book->now.evictions);
}
