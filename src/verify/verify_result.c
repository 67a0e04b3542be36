#include "verify/verify_result.h"

#include <stdlib.h>

#include "base/mem.h"
#include "verify/interval.h"

void
verify_result_init(struct verify_result *result, size_t n_shards)
{
    *result = (struct verify_result){
        .confidence = 0.99,
        .min_success = -1,
        .shard = mem_zero(n_shards ? n_shards : 1, sizeof(*result->shard)),
        .n_shards = n_shards,
    };
}

void
verify_result_copy(struct verify_result *to, const struct verify_result *from)
{
    struct verify_row *rows;

    verify_result_init(to, from->n_shards);
    rows = to->shard;
    *to = *from;
    to->shard = rows;
    for (size_t i = 0; i < from->n_shards; i++)
        rows[i] = from->shard[i];
}

void
verify_result_release(struct verify_result *result)
{
    free(result->shard);
    *result = (struct verify_result){0};
}

const char *
verify_state_word(enum verify_state state)
{
    static const char *const words[N_VERIFY_STATES] = {
#define X(name, word) [VERIFY_##name] = #word,
        VERIFY_STATES(X)
#undef X
    };

    must(state < N_VERIFY_STATES);
    return words[state];
}

uint64_t
verify_count_of(const struct verify_counts *counts, enum verify_state state)
{
    const uint64_t of[N_VERIFY_STATES] = {
#define X(name, word) [VERIFY_##name] = counts->word,
        VERIFY_STATES(X)
#undef X
    };

    must(state < N_VERIFY_STATES);
    return of[state];
}

void
verify_count(struct verify_counts *counts, enum verify_state state, uint64_t n)
{
    counts->sampled += n;
    switch (state) {
#define X(name, word)      \
    case VERIFY_##name:    \
        counts->word += n; \
        return;
        VERIFY_STATES(X)
#undef X
    case N_VERIFY_STATES:
        break;
    }
    die("an item has the impossible state %d", (int)state);
}

static void
sum_up(struct verify_counts *to, const struct verify_counts *from)
{
#define X(name, word) verify_count(to, VERIFY_##name, from->word);
    VERIFY_STATES(X)
#undef X
}

bool
verify_is_blind(const struct verify_result *result)
{
    return result->total.counts.sampled == 0 && result->rejected > 0;
}

/* What the row's counts prove. */
static void
prove(struct verify_row *row, const struct verify_result *result)
{
    uint64_t n = row->counts.sampled, k = row->counts.matched;
    struct interval interval;

    row->estimate = n ? (double)k / (double)n : 1;
    if (result->is_of_all && !verify_is_blind(result)) {
        row->low = row->high = row->estimate;
        return;
    }
    interval = interval_of(k, n, result->confidence);
    row->low = interval.low;
    row->high = interval.high;
}

void
verify_result_finish(struct verify_result *result)
{
    result->total.counts = (struct verify_counts){0};
    for (size_t i = 0; i < result->n_shards; i++) {
        const struct verify_counts *counts = &result->shard[i].counts;

        must(counts->sampled == counts->matched + counts->missing +
                                    counts->different + counts->unreadable);
        sum_up(&result->total.counts, counts);
    }
    for (size_t i = 0; i < result->n_shards; i++)
        prove(&result->shard[i], result);
    prove(&result->total, result);
}

bool
verify_is_success(const struct verify_result *result)
{
    const struct verify_row *total = &result->total;

    if (verify_is_blind(result) || result->n_unread)
        return false;
    if (result->min_success >= 0)
        return total->low >= result->min_success;
    return total->counts.matched == total->counts.sampled;
}
