#include "load/settle.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/units.h"
#include "memc/fetch.h"
#include "sink/retry.h"

enum {
    /* What a lost connection still holds arrives within that, as a rule; it is
     * counted from the loss, so hardly any load waits for it. */
    LATE_MS = 200,
    ROUNDS_MOST = 4, /* each connection's bytes come late once */
};

enum verdict { SETTLED, TO_STORE, UNKNOWN };

struct round {
    bool is_first;
    struct suspects *suspects;
    enum verdict *verdicts; /* of each suspect */
    size_t *of_key;         /* the suspect of each key that is asked for */
};

/*
 * A value that is neither the last line's nor one that was in flight is another
 * client's, which is left alone. One that is missing may have been dropped with
 * a late set that was refused.
 */
static void
got(void *ctx, const struct fetched *fetched)
{
    struct round *round = ctx;
    size_t i = round->of_key[fetched->key];
    const struct suspect *of = &round->suspects->items[i];
    enum verdict *verdict = &round->verdicts[i];

    switch (fetched->state) {
    case FETCH_UNREADABLE:
        *verdict = UNKNOWN;
        break;
    case FETCH_MISSING:
        /* a second time it was evicted, or deleted */
        *verdict = round->is_first ? TO_STORE : SETTLED;
        break;
    case FETCH_FOUND:
        *verdict = SETTLED;
        if (fetched->value_bytes == of->item->value_bytes &&
            memcmp(fetched->value, item_value(of->item),
                fetched->value_bytes) == 0)
            break;
        if (suspect_is_stale(of, fetched->value, fetched->value_bytes))
            *verdict = TO_STORE;
    }
}

static void
read_back(struct suspects *suspects, const struct settle_input *input,
    bool is_first, enum verdict *verdicts)
{
    size_t shard = input->shards->server[input->server].shard, n = 0;
    struct fetch_key *keys = mem_new(suspects->n * sizeof(*keys));
    struct round round = {is_first, suspects, verdicts,
        mem_new(suspects->n * sizeof(*round.of_key))};
    struct fetcher *fetcher =
        fetcher_new(input->shards, input->config->timeout_ms, FETCH_TRIES);

    for (size_t i = 0; i < suspects->n; i++) {
        const struct item *item = suspects->items[i].item;

        verdicts[i] = suspects->items[i].is_dropped ? SETTLED : UNKNOWN;
        if (verdicts[i] == SETTLED)
            continue; /* nothing is expected to be there */
        round.of_key[n] = i;
        keys[n++] = (struct fetch_key){item_key(item), item->key_bytes, shard};
    }
    fetch(fetcher, keys, n, got, &round);
    fetcher_free(fetcher);
    free(round.of_key);
    free(keys);
}

/* Those that are to be stored again; false: not all could be. */
static bool
store_again(struct suspects *suspects, const struct settle_input *input,
    const enum verdict *verdicts, uint64_t *n_out)
{
    struct item *first = NULL, *last = NULL, *item;
    size_t n = 0, n_bytes = 0;

    for (size_t i = 0; i < suspects->n; i++) {
        if (verdicts[i] != TO_STORE)
            continue;
        item = suspects->items[i].item;
        item->next = NULL;
        item->outcome = OUTCOME_NONE;
        if (last)
            last->next = item;
        else
            first = item;
        last = item;
        n++;
        n_bytes += (size_t)item->key_bytes + item->value_bytes;
    }
    *n_out = n;
    return n == 0 || input->store(input->ctx, first, last, n, n_bytes);
}

static uint64_t
count_unknown(const struct suspects *suspects, const enum verdict *verdicts)
{
    uint64_t n = 0;

    for (size_t i = 0; i < suspects->n; i++)
        n += verdicts[i] == UNKNOWN;
    return n;
}

/* Tries again and again where the server does not answer. */
static void
read_all_back(struct suspects *suspects, const struct settle_input *input,
    bool is_first, enum verdict *verdicts)
{
    const struct sink_config *config = input->config;
    struct pollfd stop = {.fd = config->stop_fd, .events = POLLIN};
    int64_t end_at = clock_ms() + config->max_outage_ms;
    struct rng rng;

    rng_init_random(&rng);
    for (unsigned i = 1;; i++) {
        int64_t pause_ms = retry_delay_ms(config->retry_delay_ms, i, &rng);

        read_back(suspects, input, is_first, verdicts);
        if (!count_unknown(suspects, verdicts) ||
            clock_ms() + pause_ms >= end_at)
            return;
        if (poll(&stop, 1, (int)pause_ms) > 0) {
            end_at = clock_ms() + config->timeout_ms;
            stop.fd = -1;
        }
    }
}

static void
tell(const struct settle_input *input, uint64_t stored, uint64_t unsettled)
{
    const struct server *server = &input->shards->server[input->server];
    const char *shard = input->shards->shard[server->shard].name;
    char n[UNITS_TEXT_BYTES];

    if (stored)
        log_warn("shard %s (%s): bytes of a lost connection came late: %s "
                 "stored again, with the value of its last line",
            shard, server->address->text, units_of(stored, "record", n));
    if (unsettled)
        log_error("shard %s (%s): bytes of a lost connection may have come "
                  "late: %s may hold values of earlier lines, and failed",
            shard, server->address->text, units_of(unsettled, "record", n));
}

uint64_t
settle(struct suspects *suspects, const struct settle_input *input)
{
    enum verdict *verdicts = mem_zero(suspects->n, sizeof(*verdicts));
    int64_t early_ms = input->lost_at_ms + LATE_MS - clock_ms();
    uint64_t again = 0, stored = 0, unsettled;

    if (early_ms > 0)
        poll(NULL, 0, (int)early_ms);
    for (unsigned i = 0; i < ROUNDS_MOST; i++) {
        read_all_back(suspects, input, i == 0, verdicts);
        if (!store_again(suspects, input, verdicts, &again) || !again)
            break;
        stored += again;
    }
    /* of the last round nobody knows what came of it */
    unsettled = suspects->forgotten + again + count_unknown(suspects, verdicts);
    tell(input, stored, unsettled);
    free(verdicts);
    return unsettled;
}
